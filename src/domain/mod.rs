//! The rules: who may book whom, when, and what becomes of a request.
//!
//! Pure functions over plain values. Nothing here reads a clock, a store, a setting or the network, so each rule
//! can be called by whoever needs it and always says the same: slot lists, the booking write, the explanation
//! and the impact share one judgement.

pub mod audit;
pub mod checklist;
pub mod client_reads;
pub mod clock_changes;
pub mod events;
pub mod gates;
pub mod hours;
pub mod ids;
pub mod impact;
pub mod logged;
pub mod many;
pub mod members;
pub mod past;
pub mod ranges;
pub mod rejection;
pub mod remedies;
pub mod requests;
pub mod rollout;
pub mod rules;
pub mod settings;
pub mod slots;
pub mod soonest;
pub mod standings;
pub mod text;
pub mod time;
pub mod viewer;
pub mod words;

/// Gives a plain enum the spelling that the store and the API share, both ways.
macro_rules! spelled {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant,)+ }

        impl $name {
            /// Every value, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// How the store and the API spell it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value spelled so, if there is one.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use spelled;
