//! The mutation root: one file each, with its input, its payload and its refusals.

mod add_client;
mod add_clinician;
mod archive_service;
mod block_time;
mod confirm_appointment_request;
mod create_service;
mod deactivate_client;
mod deactivate_clinician;
mod deactivate_member;
mod decline_appointment_request;
mod end_care;
mod invite_member;
mod link_member;
mod lock_clinician_self_scheduling;
mod pause_new_requests;
mod reactivate_client;
mod reactivate_clinician;
mod reactivate_member;
mod reassign_appointment_request;
mod remove_date_exception;
mod request_appointment;
mod set_booking_rules;
mod set_client_access;
mod set_clinician_self_scheduling;
mod set_date_exception;
mod set_offered_services;
mod set_practice_self_scheduling;
mod set_weekly_hours;
mod start_care;
mod unblock_time;
mod undo_settings_change;
mod unlink_member;
mod update_client;
mod update_clinician;
mod update_member_roles;
mod update_practice_policy;
mod update_service;
mod withdraw_appointment_request;

use async_graphql::MergedObject;

/// Where every change begins: verb first, one input, one payload. What a rule refuses comes in the payload's `errors`;
/// missing rights, what is not there and faults come at the top. Nothing is saved where anything is refused.
#[derive(MergedObject, Default)]
pub struct Mutation(
    set_practice_self_scheduling::SetPracticeSelfScheduling,
    update_practice_policy::UpdatePracticePolicy,
    set_clinician_self_scheduling::SetClinicianSelfScheduling,
    lock_clinician_self_scheduling::LockClinicianSelfScheduling,
    pause_new_requests::PauseNewRequests,
    set_offered_services::SetOfferedServices,
    set_weekly_hours::SetWeeklyHours,
    set_booking_rules::SetBookingRules,
    set_date_exception::SetDateException,
    remove_date_exception::RemoveDateException,
    set_client_access::SetClientAccess,
    block_time::BlockTime,
    unblock_time::UnblockTime,
    undo_settings_change::UndoSettingsChange,
    request_appointment::RequestAppointment,
    withdraw_appointment_request::WithdrawAppointmentRequest,
    confirm_appointment_request::ConfirmAppointmentRequest,
    decline_appointment_request::DeclineAppointmentRequest,
    create_service::CreateService,
    update_service::UpdateService,
    archive_service::ArchiveService,
    add_clinician::AddClinician,
    update_clinician::UpdateClinician,
    add_client::AddClient,
    update_client::UpdateClient,
    start_care::StartCare,
    end_care::EndCare,
    link_member::LinkMember,
    unlink_member::UnlinkMember,
    invite_member::InviteMember,
    update_member_roles::UpdateMemberRoles,
    deactivate_member::DeactivateMember,
    reactivate_member::ReactivateMember,
    deactivate_clinician::DeactivateClinician,
    reactivate_clinician::ReactivateClinician,
    deactivate_client::DeactivateClient,
    reactivate_client::ReactivateClient,
    reassign_appointment_request::ReassignAppointmentRequest,
);
