//! What the API shows, each under its reader's rights: an admin sees the practice, a clinician their own clients,
//! requests and appointments, a client their own.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::require_admin;
use super::find_slots::{checked_range, whole};
use super::{CareRow, ClientRow, Denied, Desk, LinkRow, Linked, MemberFound, MemberRow, Refusal, RequestFilter};
use crate::domain::client_reads::ClientReadKind;
use crate::domain::gates;
use crate::domain::ids::{AppointmentId, ClientId, ClinicianId, MemberId, PracticeId, RequestId};
use crate::domain::requests::{Appointment, AppointmentRequest};
use crate::domain::rollout::Moment;
use crate::domain::settings::PracticeSettings;
use crate::domain::time::Instant;
use crate::domain::viewer::{SignIn, Viewer};
use crate::store::{Pairs, StoreError};

/// The longest range of one list of appointments, in days: a year and a day.
const APPOINTMENTS_MAX_DAYS: i64 = 366;

/// The most appointments of one list.
const APPOINTMENTS_MAX: u64 = 2_000;

/// A page of clients, and how many there are in all.
pub struct ClientPage {
    pub clients: Vec<ClientRow>,
    pub total: i64,
}

/// A page of members, and how many there are in all.
pub struct MemberPage {
    pub members: Vec<MemberRow>,
    pub total: i64,
}

/// A page of requests, newest first, and how many there are in all.
pub struct RequestPage {
    pub requests: Vec<AppointmentRequest>,
    pub total: u64,
}

impl Desk {
    /// Who a token's member is now; none where they may no longer sign in.
    pub async fn viewer(&self, practice: PracticeId, sign_in: impl Into<SignIn>) -> Result<Option<Viewer>, Refusal> {
        Ok(self.store.read(practice).viewer(sign_in.into()).await?)
    }

    /// The same, with the revision of the practice's settings, for `settings_at`: one statement for both.
    pub async fn viewer_and_revision(
        &self,
        practice: PracticeId,
        sign_in: SignIn,
    ) -> Result<Option<(Viewer, i64)>, Refusal> {
        let found = self.store.read(practice).viewer_and_counters(sign_in).await?;
        Ok(found.and_then(|(viewer, counters)| Some((viewer?, counters.revision))))
    }

    /// The members with an address, for the operator who makes tokens.
    pub async fn members_by_email(&self, email: &str) -> Result<Vec<MemberFound>, Refusal> {
        Ok(self.store.members_by_email(email).await?)
    }

    /// Whom a subject of an issuer names; none where nobody is linked to it.
    pub async fn linked(&self, issuer: &str, subject: &str) -> Result<Option<Linked>, Refusal> {
        Ok(self.store.linked(issuer, subject).await?)
    }

    /// These members' links, oldest first. For admins.
    pub async fn links_of(&self, viewer: &Viewer, members: &[MemberId]) -> Result<Vec<LinkRow>, Refusal> {
        require_admin(viewer)?;
        Ok(self.store.read(viewer.practice_id).links_of(members).await?)
    }

    /// The same for the operator, of one member.
    pub async fn links_as_operator(&self, practice: PracticeId, member: MemberId) -> Result<Vec<LinkRow>, Refusal> {
        Ok(self.store.read(practice).links_of(&[member]).await?)
    }

    /// True while the database answers.
    pub async fn is_ready(&self) -> bool {
        self.store.is_reachable().await
    }

    /// The practice's settings as they stand.
    pub async fn settings(&self, viewer: &Viewer) -> Result<Arc<PracticeSettings>, Refusal> {
        Ok(self.store.settings(viewer.practice_id).await?)
    }

    /// The same for a query that has just read their revision: they are never older than that.
    pub async fn settings_at(&self, viewer: &Viewer, revision: i64) -> Result<Arc<PracticeSettings>, Refusal> {
        Ok(self.store.settings_at(viewer.practice_id, revision).await?)
    }

    /// Now, and today in the practice's zone: the day that care is judged by.
    pub fn moment(&self, settings: &PracticeSettings) -> Moment {
        Moment::in_zone(settings.zone, self.clock.now())
    }

    /// The persons with these ids. A client sees only themselves.
    pub async fn members(&self, viewer: &Viewer, ids: &[MemberId]) -> Result<Vec<MemberRow>, Refusal> {
        let visible: Vec<_> = ids.iter().copied().filter(|id| viewer.is_staff() || *id == viewer.member_id).collect();
        let members = self.store.read(viewer.practice_id).members(&visible).await?;
        self.note_reads(viewer, ClientReadKind::Profile, members.iter().filter_map(|member| member.roles.client_id));
        Ok(members)
    }

    /// Members by name, those after a place. For admins.
    pub async fn members_page(
        &self,
        viewer: &Viewer,
        search: Option<&str>,
        after: Option<&(String, MemberId)>,
        limit: u64,
    ) -> Result<MemberPage, Refusal> {
        require_admin(viewer)?;
        let search = search.map(str::trim).filter(|search| !search.is_empty());
        let scope = self.store.read(viewer.practice_id);
        let members = scope.members_page(search, after, limit).await?;
        let clients = shown(&members, limit).iter().filter_map(|member| member.roles.client_id);
        self.note_reads(viewer, ClientReadKind::Profile, clients);
        Ok(MemberPage { members, total: scope.members_count(search).await? })
    }

    /// The clients with these ids that the viewer may see.
    pub async fn clients(&self, viewer: &Viewer, ids: &[ClientId]) -> Result<Vec<ClientRow>, Refusal> {
        let clients = self.store.read(viewer.practice_id).clients(viewer.reach(), ids).await?;
        self.note_reads(viewer, ClientReadKind::Profile, clients.iter().map(|client| client.id));
        Ok(clients)
    }

    /// Clients by name, those after a place. An admin's are the practice's or one clinician's, a clinician's their own.
    pub async fn clients_page(
        &self,
        viewer: &Viewer,
        of_clinician: Option<ClinicianId>,
        search: Option<&str>,
        after: Option<&(String, ClientId)>,
        limit: u64,
    ) -> Result<ClientPage, Refusal> {
        let clinician = self.own_clinician(viewer, of_clinician)?;
        let search = search.map(str::trim).filter(|search| !search.is_empty());
        let scope = self.store.read(viewer.practice_id);
        let clients = scope.clients_page(clinician, search, after, limit).await?;
        let total = scope.clients_count(clinician, search).await?;
        self.note_reads(viewer, ClientReadKind::Profile, shown(&clients, limit).iter().map(|client| client.id));
        Ok(ClientPage { clients, total })
    }

    /// The care of these clients that the viewer may see.
    pub async fn care_of(&self, viewer: &Viewer, clients: &[ClientId]) -> Result<Vec<CareRow>, Refusal> {
        Ok(self.store.read(viewer.practice_id).care_of(viewer.reach(), clients).await?)
    }

    /// The requests with these ids that the viewer may see.
    pub async fn requests(&self, viewer: &Viewer, ids: &[RequestId]) -> Result<Vec<AppointmentRequest>, Refusal> {
        let requests = self.store.read(viewer.practice_id).requests(viewer.reach(), ids).await?;
        self.note_reads(viewer, ClientReadKind::Requests, requests.iter().map(|request| request.client_id));
        Ok(requests)
    }

    /// The requests that made these appointments and that the viewer may see.
    pub async fn requests_behind(
        &self,
        viewer: &Viewer,
        appointments: &[AppointmentId],
    ) -> Result<Vec<AppointmentRequest>, Refusal> {
        let requests = self.store.read(viewer.practice_id).requests_behind(viewer.reach(), appointments).await?;
        self.note_reads(viewer, ClientReadKind::Requests, requests.iter().map(|request| request.client_id));
        Ok(requests)
    }

    /// Requests that match and that the viewer may see, newest first.
    pub async fn requests_page(
        &self,
        viewer: &Viewer,
        mut filter: RequestFilter,
        before: Option<RequestId>,
        limit: u64,
    ) -> Result<RequestPage, Refusal> {
        let is_own_as_client = filter.client.is_some() && filter.client == viewer.client_id;
        if !is_own_as_client {
            filter.clinician = self.own_clinician(viewer, filter.clinician)?;
        }
        let (scope, now) = (self.store.read(viewer.practice_id), self.clock.now());
        let requests = scope.requests_page(&filter, before, limit, now).await?;
        let total = scope.requests_count(&filter, now).await?;
        // Where one client's are asked for, that there are none is read too.
        let clients = shown(&requests, limit).iter().map(|request| request.client_id).chain(filter.client);
        self.note_reads(viewer, ClientReadKind::Requests, clients);
        Ok(RequestPage { requests, total })
    }

    /// The appointments with these ids that the viewer may see.
    pub async fn appointments(&self, viewer: &Viewer, ids: &[AppointmentId]) -> Result<Vec<Appointment>, Refusal> {
        let meetings = self.store.read(viewer.practice_id).appointments(viewer.reach(), ids).await?;
        self.note_reads(viewer, ClientReadKind::Appointments, meetings.iter().map(|meeting| meeting.client_id));
        Ok(meetings)
    }

    /// Appointments that overlap a range, by start: a clinician's for themselves and admins, a client's own for them.
    pub async fn appointments_in(
        &self,
        viewer: &Viewer,
        clinician: Option<ClinicianId>,
        client: Option<ClientId>,
        from: Instant,
        to: Instant,
    ) -> Result<Vec<Appointment>, Refusal> {
        let range = checked_range(from, to, APPOINTMENTS_MAX_DAYS)?;
        let is_own_as_client = client.is_some() && client == viewer.client_id;
        let clinician = if is_own_as_client { clinician } else { self.own_clinician(viewer, clinician)? };
        let scope = self.store.read(viewer.practice_id);
        let meetings = scope.appointments_in(clinician, client, range, APPOINTMENTS_MAX + 1).await?;
        let meetings = whole(meetings, APPOINTMENTS_MAX, "appointments")?;
        let clients = meetings.iter().map(|meeting| meeting.client_id).chain(client);
        self.note_reads(viewer, ClientReadKind::Appointments, clients);
        Ok(meetings)
    }

    /// Which clinicians can be booked: by the viewer, where they are a client; else by some client with access. One
    /// statement for all of them.
    pub async fn bookable_clinicians(
        &self,
        viewer: &Viewer,
        settings: &PracticeSettings,
    ) -> Result<HashMap<ClinicianId, bool>, StoreError> {
        let moment = self.moment(settings);
        let own = viewer.client_id.into_iter().collect();
        let standings = self.store.read(viewer.practice_id).standings(&Pairs::OfClients(own), moment.today).await?;
        let bookable = settings.clinicians.values().map(|clinician| {
            let as_client = viewer.client_id.filter(|_| !viewer.acts_for(clinician.id));
            let facts = as_client.map(|client| standings.facts((clinician.id, client)));
            let is_open = |facts| gates::is_open_to(clinician, &facts, moment.today);
            let may = facts.is_none_or(|facts| facts.is_some_and(is_open));
            (clinician.id, may && gates::is_bookable(settings, clinician, moment))
        });
        Ok(bookable.collect())
    }

    /// The clinician whose rows a member of staff may list: for an admin the one asked for, or all; for a clinician
    /// themselves.
    fn own_clinician(&self, viewer: &Viewer, asked: Option<ClinicianId>) -> Result<Option<ClinicianId>, Denied> {
        match (viewer.is_admin, viewer.clinician_id, asked) {
            (true, _, asked) => Ok(asked),
            (false, Some(own), asked) if asked.is_none_or(|asked| asked == own) => Ok(Some(own)),
            _ => Err(Denied::Forbidden("A clinician sees their own clients, requests and appointments only.")),
        }
    }
}

/// The rows of a page that are shown: one more is read, to know whether there is a next page.
pub(super) fn shown<T>(rows: &[T], limit: u64) -> &[T] {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(1);
    &rows[..rows.len().min(wanted)]
}
