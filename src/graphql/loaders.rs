//! Rows by id, gathered over one request: a list of a hundred requests loads its clients in one statement. A loader
//! belongs to one viewer's request and reads under their rights; it is never shared.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};

use super::error::top_level;
use super::gathering::{Gathering, Now};
use super::types::Settings;
use crate::domain::checklist::ChecklistItem;
use crate::domain::ids::{AppointmentId, ClientId, ClinicianId, MemberId, RequestId};
use crate::domain::requests::{Appointment, AppointmentRequest};
use crate::domain::settings::PracticeSettings;
use crate::domain::viewer::Viewer;
use crate::usecases::{CareRow, ClientRow, Desk, LinkRow, MemberRow, Refusal};

/// A refusal that several waiting fields share.
type Shared = std::sync::Arc<std::sync::Mutex<Option<Refusal>>>;

/// Reads rows under one viewer's rights.
pub struct Rows {
    desk: Desk,
    viewer: Viewer,
}

/// The loaders of one request.
pub struct Loaders(DataLoader<Rows>);

/// The care relationships of a client.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CareOf(pub ClientId);

/// The request that made an appointment.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestBehind(pub AppointmentId);

/// Whether a clinician can be booked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BookableOf(pub ClinicianId);

/// What is missing before a client sees a slot of a clinician's, under these settings: those that hold, or those that a dry
/// run would leave.
#[derive(Clone)]
pub struct ChecklistOf {
    clinician: ClinicianId,
    settings: Settings,
}

impl ChecklistOf {
    /// Of this clinician, under these settings.
    pub fn new(clinician: ClinicianId, settings: &Settings) -> Self {
        Self { clinician, settings: settings.clone() }
    }

    fn key(&self) -> (ClinicianId, *const PracticeSettings) {
        (self.clinician, Arc::as_ptr(&self.settings))
    }
}

impl PartialEq for ChecklistOf {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ChecklistOf {}

impl std::hash::Hash for ChecklistOf {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// The links of a member.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinksOf(pub MemberId);

impl Loaders {
    /// For one viewer's request, whose execution polls the loads.
    pub fn new(desk: Desk, viewer: Viewer, gathering: Gathering) -> Self {
        Self(DataLoader::new(Rows { desk, viewer }, gathering, Now))
    }

    /// The row with a key, if the viewer may see one.
    pub async fn one<K>(&self, key: K) -> async_graphql::Result<Option<<Rows as Loader<K>>::Value>>
    where
        K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
        Rows: Loader<K, Error = Shared>,
    {
        self.0.load_one(key).await.map_err(unshare)
    }

    /// The rows with these keys that the viewer may see.
    pub async fn many<K>(&self, keys: Vec<K>) -> async_graphql::Result<HashMap<K, <Rows as Loader<K>>::Value>>
    where
        K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
        Rows: Loader<K, Error = Shared>,
    {
        self.0.load_many(keys).await.map_err(unshare)
    }
}

fn share(refusal: impl Into<Refusal>) -> Shared {
    std::sync::Arc::new(std::sync::Mutex::new(Some(refusal.into())))
}

/// The first field that waited tells of the fault, with its cause in the log; the others say only that there was one.
fn unshare(shared: Shared) -> async_graphql::Error {
    let refusal = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    refusal.map_or_else(|| async_graphql::Error::new("This could not be loaded either."), top_level)
}

macro_rules! rows_by_id {
    ($($id:ty => $row:ty, $read:ident;)+) => {$(
        impl Loader<$id> for Rows {
            type Value = $row;
            type Error = Shared;

            async fn load(&self, keys: &[$id]) -> Result<HashMap<$id, $row>, Shared> {
                let rows = self.desk.$read(&self.viewer, keys).await.map_err(share)?;
                Ok(rows.into_iter().map(|row| (row.id, row)).collect())
            }
        }
    )+};
}

rows_by_id! {
    MemberId => MemberRow, members;
    ClientId => ClientRow, clients;
    RequestId => AppointmentRequest, requests;
    AppointmentId => Appointment, appointments;
}

impl Loader<CareOf> for Rows {
    type Value = Vec<CareRow>;
    type Error = Shared;

    async fn load(&self, keys: &[CareOf]) -> Result<HashMap<CareOf, Vec<CareRow>>, Shared> {
        let clients: Vec<_> = keys.iter().map(|key| key.0).collect();
        let mut care: HashMap<_, Vec<_>> = HashMap::new();
        for row in self.desk.care_of(&self.viewer, &clients).await.map_err(share)? {
            care.entry(CareOf(row.client_id)).or_default().push(row);
        }
        Ok(care)
    }
}

impl Loader<LinksOf> for Rows {
    type Value = Vec<LinkRow>;
    type Error = Shared;

    async fn load(&self, keys: &[LinksOf]) -> Result<HashMap<LinksOf, Vec<LinkRow>>, Shared> {
        let members: Vec<_> = keys.iter().map(|key| key.0).collect();
        let mut links: HashMap<_, Vec<_>> = HashMap::new();
        for row in self.desk.links_of(&self.viewer, &members).await.map_err(share)? {
            links.entry(LinksOf(row.member_id)).or_default().push(row);
        }
        Ok(links)
    }
}

impl Loader<RequestBehind> for Rows {
    type Value = AppointmentRequest;
    type Error = Shared;

    async fn load(&self, keys: &[RequestBehind]) -> Result<HashMap<RequestBehind, AppointmentRequest>, Shared> {
        let appointments: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = self.desk.requests_behind(&self.viewer, &appointments).await.map_err(share)?;
        let keyed = |request: AppointmentRequest| Some((RequestBehind(request.appointment_id?), request));
        Ok(found.into_iter().filter_map(keyed).collect())
    }
}

impl Loader<BookableOf> for Rows {
    type Value = bool;
    type Error = Shared;

    async fn load(&self, _keys: &[BookableOf]) -> Result<HashMap<BookableOf, bool>, Shared> {
        let settings = self.desk.settings(&self.viewer).await.map_err(share)?;
        let bookable = self.desk.bookable_clinicians(&self.viewer, &settings).await.map_err(share)?;
        Ok(bookable.into_iter().map(|(clinician, bookable)| (BookableOf(clinician), bookable)).collect())
    }
}

impl Loader<ChecklistOf> for Rows {
    type Value = Vec<ChecklistItem>;
    type Error = Shared;

    async fn load(&self, keys: &[ChecklistOf]) -> Result<HashMap<ChecklistOf, Vec<ChecklistItem>>, Shared> {
        let mut found = HashMap::with_capacity(keys.len());
        let mut left: Vec<_> = keys.iter().collect();
        // One round, but where an operation shows more than one state of the settings.
        while let Some(settings) = left.first().map(|key| key.settings.clone()) {
            let (these, others) = left.into_iter().partition(|key| Arc::ptr_eq(&key.settings, &settings));
            left = others;
            let these: Vec<&ChecklistOf> = these;
            let clinicians: Vec<_> = these.iter().map(|key| key.clinician).collect();
            let mut lists =
                self.desk.clinician_checklists(&self.viewer, &settings, &clinicians).await.map_err(share)?;
            found.extend(these.into_iter().filter_map(|key| Some((key.clone(), lists.remove(&key.clinician)?))));
        }
        Ok(found)
    }
}
