//! What is open of somebody who leaves, as their payloads list it.

use super::Settings;
use super::appointment::Appointment;
use super::request::AppointmentRequest;
use crate::usecases::Open;

/// The two lists as the API shows them.
pub fn shown(open: Open, settings: &Settings) -> (Vec<AppointmentRequest>, Vec<Appointment>) {
    let request = |request| AppointmentRequest { request, settings: settings.clone() };
    let appointment = |appointment| Appointment { appointment, settings: settings.clone() };
    (open.requests.into_iter().map(request).collect(), open.appointments.into_iter().map(appointment).collect())
}
