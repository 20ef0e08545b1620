//! Who is asking.

use super::ids::{ClientId, ClinicianId, LinkId, MemberId, PracticeId};
use super::spelled;

spelled! {
    /// What a member may be, at once or one by one.
    pub enum Role {
        Admin = "ADMIN",
        Clinician = "CLINICIAN",
        Client = "CLIENT",
    }
}

spelled! {
    /// How near a member must be to what they read or change, in one of their roles.
    pub enum Within {
        /// Anything of their practice that they can reach at all.
        OwnPractice = "OWN_PRACTICE",
        /// What is their own, or of a client who is or was in their care.
        OwnClient = "OWN_CLIENT",
        /// What is their own: a clinician's settings, requests and appointments; a client's record, requests and
        /// appointments; a member's own person.
        Own = "SELF",
    }
}

/// Whose something is; nobody's, where it is the practice's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whose {
    pub clinician_id: Option<ClinicianId>,
    pub client_id: Option<ClientId>,
    pub member_id: Option<MemberId>,
}

impl Whose {
    /// A clinician's.
    pub fn clinician(id: ClinicianId) -> Self {
        Self { clinician_id: Some(id), ..Self::default() }
    }

    /// A client's.
    pub fn client(id: ClientId) -> Self {
        Self { client_id: Some(id), ..Self::default() }
    }

    /// A clinician's and a client's.
    pub fn between(clinician: ClinicianId, client: ClientId) -> Self {
        Self { client_id: Some(client), ..Self::clinician(clinician) }
    }

    /// A person's.
    pub fn member(id: MemberId) -> Self {
        Self { member_id: Some(id), ..Self::default() }
    }
}

/// How somebody is signed in: as a member, and where a token of an issuer says so, by a link. Without the link
/// they are no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignIn {
    pub member_id: MemberId,
    /// None where the token is one of ours.
    pub link_id: Option<LinkId>,
}

impl From<MemberId> for SignIn {
    fn from(member_id: MemberId) -> Self {
        Self { member_id, link_id: None }
    }
}

/// A signed-in member as their row says now, not as their token said then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub practice_id: PracticeId,
    pub member_id: MemberId,
    /// The link that they are signed in by; none where their token is one of ours.
    pub link_id: Option<LinkId>,
    pub is_admin: bool,
    /// Set while the member is an active clinician.
    pub clinician_id: Option<ClinicianId>,
    /// Set while the member is an active client.
    pub client_id: Option<ClientId>,
}

/// All members of one practice who may see the same: that depends on their roles, and on whose clinician or client they
/// are, and on nothing else of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct View {
    is_admin: bool,
    clinician_id: Option<ClinicianId>,
    client_id: Option<ClientId>,
}

/// Whose rows somebody reaches: an admin the practice's, a clinician their own clients' with them, a client their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every row of the practice: for admins, and for what the program does by itself.
    Practice,
    /// Rows of this clinician, and of this client.
    Own { clinician: Option<ClinicianId>, client: Option<ClientId> },
}

impl Reach {
    /// What only this clinician reaches.
    pub fn of_clinician(clinician: ClinicianId) -> Self {
        Self::Own { clinician: Some(clinician), client: None }
    }

    /// True where a row between the two is within it.
    pub fn holds(self, of_clinician: ClinicianId, of_client: ClientId) -> bool {
        match self {
            Self::Practice => true,
            Self::Own { clinician, client } => clinician == Some(of_clinician) || client == Some(of_client),
        }
    }
}

impl Viewer {
    /// Whose rows they reach.
    pub fn reach(&self) -> Reach {
        match self.is_admin {
            true => Reach::Practice,
            false => Reach::Own { clinician: self.clinician_id, client: self.client_id },
        }
    }

    /// Whose rows they reach in their work: without what is theirs as a client.
    pub fn reach_as_staff(&self) -> Reach {
        match self.reach() {
            Reach::Practice => Reach::Practice,
            Reach::Own { clinician, .. } => Reach::Own { clinician, client: None },
        }
    }

    /// How they are signed in.
    pub fn sign_in(&self) -> SignIn {
        SignIn { member_id: self.member_id, link_id: self.link_id }
    }

    /// Those who may see the same.
    pub fn view(&self) -> View {
        let Self { practice_id: _, member_id: _, link_id: _, is_admin, clinician_id, client_id } = *self;
        View { is_admin, clinician_id, client_id }
    }

    /// True where the member still holds every role that they held before, as the same clinician and client.
    pub fn is_still(&self, before: &Self) -> bool {
        self.member_id == before.member_id
            && self.is_admin >= before.is_admin
            && (before.clinician_id.is_none() || self.clinician_id == before.clinician_id)
            && (before.client_id.is_none() || self.client_id == before.client_id)
    }

    /// True where the member holds the role.
    pub fn has(&self, role: Role) -> bool {
        match role {
            Role::Admin => self.is_admin,
            Role::Clinician => self.clinician_id.is_some(),
            Role::Client => self.client_id.is_some(),
        }
    }

    /// The member's roles, in the order of `Role`.
    pub fn roles(&self) -> Vec<Role> {
        Role::ALL.iter().copied().filter(|role| self.has(*role)).collect()
    }

    /// True where the member stands so near, in that role, to what is somebody's.
    pub fn is_within(&self, role: Role, within: Within, whose: Whose) -> bool {
        let is_own = whose.member_id == Some(self.member_id)
            || match role {
                Role::Admin => false,
                Role::Clinician => whose.clinician_id.is_some() && whose.clinician_id == self.clinician_id,
                Role::Client => whose.client_id.is_some() && whose.client_id == self.client_id,
            };
        // The store gives a clinician no client but their own ones, and themselves where they are a client besides.
        let is_own_clients = role == Role::Clinician && whose.client_id.is_some() && whose.client_id != self.client_id;
        self.has(role)
            && match within {
                Within::OwnPractice => true,
                Within::OwnClient => is_own || is_own_clients,
                Within::Own => is_own,
            }
    }

    /// Admins and clinicians.
    pub fn is_staff(&self) -> bool {
        self.is_admin || self.clinician_id.is_some()
    }

    /// True for an admin, and for the clinician themselves.
    pub fn acts_for(&self, clinician: ClinicianId) -> bool {
        self.is_admin || self.clinician_id == Some(clinician)
    }
}
