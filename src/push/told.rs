//! An event on its way to its readers, with what has been made of it for some of them already.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::events::LoggedEvent;
use crate::domain::requests::AppointmentRequest;
use crate::domain::settings::PracticeSettings;
use crate::domain::viewer::View;

/// How many different things are kept of one event: views times documents that are asked for at once. Whatever comes
/// beyond is made for each reader anew.
const KEPT_MAX: usize = 256;

/// One event, shared by all readers who have not handed it over yet.
pub struct Told {
    pub event: LoggedEvent,
    /// The request that it tells of, as it stood when the event was read. Whether a reader may see it is still to be asked.
    pub request: Option<AppointmentRequest>,
    /// The practice's settings, no older than the event.
    pub settings: Arc<PracticeSettings>,
    kept: Mutex<HashMap<Key, Arc<dyn Any + Send + Sync>>>,
}

/// Under which something is kept that was made of an event: who gives the same is given the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// For whom.
    pub view: View,
    /// What was made: a number of the maker's choice,
    pub of: u64,
    /// and with which values.
    pub with: Arc<str>,
}

impl Told {
    pub(super) fn new(
        (event, request): (LoggedEvent, Option<AppointmentRequest>),
        settings: &Arc<PracticeSettings>,
    ) -> Self {
        Self { event, request, settings: settings.clone(), kept: Mutex::default() }
    }

    /// The place where what is made of this event under `key` is kept for the next reader, while any has the event still.
    pub fn place<T: Default + Send + Sync + 'static>(&self, key: &Key) -> Arc<T> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.get(key) {
            return found.clone().downcast().unwrap_or_default();
        }
        let place = Arc::<T>::default();
        if kept.len() < KEPT_MAX {
            kept.insert(key.clone(), place.clone());
        }
        place
    }
}
