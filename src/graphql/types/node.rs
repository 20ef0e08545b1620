//! Relay's Node.

use async_graphql::{ID, Interface};

use super::appointment::Appointment;
use super::client::Client;
use super::clinician::Clinician;
use super::practice::Practice;
use super::request::AppointmentRequest;
use super::service::Service;

/// Whatever has an id of its own.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Opaque and typed: the kind, an underscore, 32 hexadecimal digits. Unique in the whole of frontdesk."
))]
pub enum Node {
    Practice(Practice),
    Clinician(Clinician),
    Client(Client),
    Service(Service),
    AppointmentRequest(AppointmentRequest),
    Appointment(Appointment),
}
