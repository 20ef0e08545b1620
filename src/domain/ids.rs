//! One type for each kind of id, so that a client's cannot stand in for a clinician's.
//!
//! As text an id is its kind and 32 hexadecimal digits, `clinician_0199c3…`. Ids are UUID version 7: those made
//! later sort later, so an id is also the place of a row in the order of creation.

use std::fmt;

use uuid::Uuid;

/// An id's text was not of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongId {
    pub expected: &'static str,
}

impl fmt::Display for WrongId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "This is not the id of a {0}. Such an id looks like {0}_… and is taken from an answer.",
            self.expected
        )
    }
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The word before the underscore in the id's text.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, later in order than those made before it.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Reads the text form.
            pub fn parse(text: &str) -> Result<Self, WrongId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|digits| digits.len() == 32)
                    .and_then(|digits| Uuid::try_parse(digits).ok())
                    .map(Self)
                    .ok_or(WrongId { expected: $prefix })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, out)
            }
        }
    )+};
}

ids! {
    /// A practice.
    PracticeId = "practice";
    /// A person who signs in.
    MemberId = "member";
    /// A member who sees clients.
    ClinicianId = "clinician";
    /// A member who is cared for.
    ClientId = "client";
    /// What is booked.
    ServiceId = "service";
    /// A client in a clinician's care.
    CareId = "care";
    /// What a client asked for.
    RequestId = "request";
    /// A booked time.
    AppointmentId = "appointment";
    /// A member by whom an issuer's subject signs in.
    LinkId = "link";
    /// Time that a clinician keeps free of meetings.
    BlockId = "block";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = ClinicianId::generate();
        assert_eq!(ClinicianId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused_by_name() {
        let client = ClientId::generate().to_string();
        assert_eq!(ClinicianId::parse(&client), Err(WrongId { expected: "clinician" }));
    }

    #[test]
    fn an_id_has_one_spelling_only() {
        let uuid = Uuid::now_v7();
        assert!(ClientId::parse(&format!("client_{uuid}")).is_err(), "hyphens");
        assert!(ClientId::parse(&uuid.simple().to_string()).is_err(), "no kind");
        assert!(ClientId::parse("client_").is_err(), "nothing behind the kind");
    }
}
