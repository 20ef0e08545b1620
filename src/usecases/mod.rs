//! What people do with frontdesk, one file an intent: load the facts, let the domain decide, save what it decided and
//! append the event, in one transaction. After the commit the readers of the log are woken.

mod add_client;
mod add_clinician;
mod archive_service;
mod audit_log;
mod block_time;
mod booking_facts;
mod client_reads;
mod create_practice;
mod create_service;
mod deactivate_client;
mod deactivate_clinician;
mod deactivate_member;
mod decide_request;
mod end_care;
mod error;
mod expire_requests;
mod explain_access;
mod find_slots;
mod first_slots;
mod follow_requests;
mod idempotency;
mod invite_member;
mod link_member;
mod lock_clinician;
mod members;
mod pause_new_requests;
mod reactivate_client;
mod reactivate_clinician;
mod reactivate_member;
mod reads;
mod reassign_request;
mod request_appointment;
mod retrying;
mod rights;
mod see_as_client;
mod set_booking_rules;
mod set_client_access;
mod set_clinician_self_scheduling;
mod set_date_exception;
mod set_offered_services;
mod set_practice_self_scheduling;
mod set_weekly_hours;
mod settings_as_of;
mod settings_change;
mod setup_checklist;
mod soonest_slots;
mod start_care;
mod undo_settings_change;
mod unlink_member;
mod update_client;
mod update_clinician;
mod update_member_roles;
mod update_practice_policy;
mod update_service;

use self::client_reads::ReadLog;
use crate::clock::Clock;
use crate::domain::ids::PracticeId;
use crate::metrics::Metrics;
use crate::push::{self, Bus, Carrier, Hub};
use crate::store::{Store, StoreError, Write};

pub use add_client::NewClient;
pub use add_clinician::NewClinician;
pub use audit_log::{AUDIT_COUNTED_MAX, AuditPage};
pub use block_time::{BlockTime, Blocked, FirstOf};
pub use booking_facts::Slot;
pub use client_reads::ClientReadPage;
pub use create_practice::NewPractice;
pub use create_service::NewService;
pub use deactivate_member::Left;
pub use decide_request::Decided;
pub use end_care::EndOfCare;
pub use error::{Denied, Fault, FaultKind, Refusal};
pub use explain_access::{Access, AccessQuestion};
pub use find_slots::{SlotQuery, SlotsFound};
pub use first_slots::FirstSlot;
pub use follow_requests::RequestStream;
pub use invite_member::NewMember;
pub use link_member::NewLink;
pub use lock_clinician::LockClinician;
pub use members::Open;
pub use pause_new_requests::PauseNewRequests;
pub use reads::{ClientPage, MemberPage, RequestPage};
pub use request_appointment::{RequestAppointment, Requested};
pub use see_as_client::ClientsEyes;
pub use set_booking_rules::{RulesOf, SetBookingRules};
pub use set_client_access::SetClientAccess;
pub use set_clinician_self_scheduling::SetClinicianSelfScheduling;
pub use set_date_exception::SetDateException;
pub use set_offered_services::SetOfferedServices;
pub use set_weekly_hours::SetWeeklyHours;
pub use settings_as_of::{AsOf, PastQuestion};
pub use settings_change::{Change, Changed};
pub use soonest_slots::{SoonestFound, SoonestQuery};
pub use start_care::StartOfCare;
pub use unlink_member::EndOfLink;
pub use update_client::UpdateClient;
pub use update_clinician::UpdateClinician;
pub use update_practice_policy::UpdatePracticePolicy;
pub use update_service::UpdateService;

// What the API shows of a stored person or relationship, for those who may not name the store.
pub use crate::store::{
    BlockRow, CareRow, ClientReadRow, ClientRow, LinkRow, Linked, MemberFound, MemberRow, RequestFilter,
};

/// Everything a use case needs: where the facts are, who is to be woken, and what time it is.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    bus: Bus,
    hub: Hub,
    clock: Clock,
    metrics: Metrics,
    read_log: ReadLog,
}

impl Desk {
    /// Puts the parts together; `app` chooses them.
    pub fn new(store: Store, bus: Bus, clock: Clock, push_retention: chrono::Duration) -> Self {
        let metrics = Metrics::default();
        let hub = Hub::new(store.clone(), bus.clone(), clock.clone(), metrics.clone(), push_retention);
        Self { store, bus, hub, clock, metrics, read_log: ReadLog::default() }
    }

    /// Saves what is still to be saved, and ends every connection to the database. SQLite then has all in its one file.
    pub async fn close(self) {
        if let Err(error) = self.save_reads().await {
            tracing::error!(cause = %error, "the last reads could not be logged");
        }
        if let Err(error) = self.store.close().await {
            tracing::warn!(cause = %error, "the database was not closed in order");
        }
    }

    /// Wakes the other servers through `carrier`, and looks for wake-ups that did not come. Never ends.
    pub async fn keep_pushing(self, carrier: Option<Carrier>) {
        let recheck = push::recheck(self.store.clone(), self.bus.clone(), self.metrics.clone());
        match carrier {
            Some(carrier) => {
                let carry = push::carry(self.store, self.bus, carrier, self.metrics);
                tokio::join!(recheck, carry);
            }
            None => recheck.await,
        }
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The page that Prometheus reads.
    pub fn render_metrics(&self) -> Result<String, std::fmt::Error> {
        self.metrics.render(self.store.pool_use())
    }

    /// The clock that all rules are judged by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How many statements have run since the start.
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// Makes a write hold, then wakes whoever follows the practice's log. On a task of its own: a caller who goes away
    /// at this moment takes neither half with them.
    async fn commit(&self, practice: PracticeId, write: Write) -> Result<(), StoreError> {
        let bus = self.bus.clone();
        let committed = tokio::spawn(async move {
            let last_event = write.commit().await?;
            if let Some(last_event) = last_event {
                bus.wake(practice, last_event);
            }
            Ok(())
        });
        committed.await.unwrap_or_else(|error| Err(StoreError::Interrupted(error.to_string())))
    }
}
