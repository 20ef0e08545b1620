//! The API's enums, each the twin of one in the domain: a value added there does not compile until it is added here.

use async_graphql::Enum;

macro_rules! twins {
    ($($(#[$meta:meta])* $name:ident = $remote:literal { $($(#[$vmeta:meta])* $variant:ident,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
        #[graphql(remote = $remote)]
        pub enum $name { $($(#[$vmeta])* $variant,)+ }
    )+};
}

twins! {
    /// What a member may be; a member can hold several roles at once.
    Role = "crate::domain::viewer::Role" {
        /// Runs the practice: every setting, every request, every person of it.
        Admin,
        /// Sees clients: their own settings, clients, requests and appointments.
        Clinician,
        /// Is cared for: their own requests and appointments.
        Client,
    }

    /// What of a client was looked at.
    ClientReadKind = "crate::domain::client_reads::ClientReadKind" {
        /// Their name and address, alone or in a list.
        Profile,
        /// Requests of theirs, alone, in a list or in a stream; also that there are none.
        Requests,
        /// Appointments of theirs, alone or in a list; also that there are none.
        Appointments,
        /// Which gates are open to them.
        Access,
        /// The practice as they see it.
        SeenAsClient,
    }

    /// How near a member must be to what they read or change.
    Within = "crate::domain::viewer::Within" {
        /// Anything of their practice that they can reach at all.
        OwnPractice,
        /// What is their own, or of a client who is or was in their care.
        OwnClient,
        /// What is their own: a clinician's settings, requests and appointments; a client's record, requests and
        /// appointments; a member's own person.
        #[graphql(name = "SELF")]
        Own,
    }

    /// Who may opt clinicians in and out.
    OptInControl = "crate::domain::settings::Control" {
        /// The clinician for themselves, or an admin for them.
        ClinicianOrAdmin,
        /// Admins alone.
        AdminOnly,
    }

    /// Who may allow and block clients for one clinician.
    ClientAccessControl = "crate::domain::settings::Control" {
        /// The clinician for their own clients, or an admin for them.
        ClinicianOrAdmin,
        /// Admins alone.
        AdminOnly,
    }

    /// Whom a clinician's opt-in is for. There is no default: it is chosen when opting in.
    Audience = "crate::domain::settings::Audience" {
        /// Every client in the clinician's care, but those who are blocked.
        AllMyClients,
        /// Only clients in the clinician's care who are allowed one by one.
        SelectedClients,
    }

    /// What answers a request for a service.
    Confirmation = "crate::domain::settings::Confirmation" {
        /// The clinician, or an admin for them.
        ClinicianConfirms,
        /// frontdesk itself, at once.
        Automatic,
    }

    /// How client and clinician meet.
    Modality = "crate::domain::hours::Modality" {
        /// In one room.
        InPerson,
        /// By video or telephone.
        Telehealth,
        /// Either way; where one must be chosen, choose one of the other two.
        Either,
    }

    /// A day of the week.
    Weekday = "crate::domain::hours::Weekday" {
        /// The first day, as ISO 8601 counts.
        Monday,
        /// The second day.
        Tuesday,
        /// The third day.
        Wednesday,
        /// The fourth day.
        Thursday,
        /// The fifth day.
        Friday,
        /// The sixth day.
        Saturday,
        /// The seventh day.
        Sunday,
    }

    /// What a change of the clock does to hours.
    ClockChangeKind = "crate::domain::clock_changes::ClockChangeKind" {
        /// The clock goes forward: part of the hours does not exist that day.
        Loses,
        /// The clock goes back: part of the hours comes twice, and is open both times.
        Repeats,
    }

    /// What must be open before a client can book. All gates are closed at first, all must be open, and a "no" wins over
    /// a "yes". Clients are shown a version that tells nothing private.
    Gate = "crate::domain::gates::Gate" {
        /// The practice's switch, moved by an admin. It opens nothing by itself.
        PracticeSwitch,
        /// The clinician's opt-in, for an audience.
        ClinicianOptIn,
        /// An admin's hold on the clinician. Shown to staff only.
        ClinicianLock,
        /// The clinician offers the service, and it is not archived.
        ServiceOffered,
        /// The clinician has hours open for the service; with a start, that start lies in them.
        HoursOpen,
        /// The client is in the clinician's care today, in the practice's zone.
        CareRelationship,
        /// The client is not blocked in the whole practice. Shown to staff only.
        ClientAccessPractice,
        /// The client is allowed for this clinician, or the audience includes them.
        ClientAccessClinician,
        /// Notice, horizon, caps and waiting requests; asked only with a service.
        BookingRules,
        /// Nobody holds the time; asked only with a service and a start.
        SlotFree,
    }

    /// Where an effective booking rule was set; the nearest wins.
    RuleSource = "crate::domain::rules::RuleSource" {
        /// The practice's default.
        Practice,
        /// The clinician's own value.
        Clinician,
        /// The service's own value.
        Service,
    }

    /// Where an appointment request stands. PENDING is the only status that can change.
    AppointmentRequestStatus = "crate::domain::requests::RequestStatus" {
        /// Waits for an answer until `respondBy`; its time is held against other clients.
        Pending,
        /// Confirmed: it made an appointment.
        Confirmed,
        /// Declined by the clinician or an admin.
        Declined,
        /// Taken back by the client.
        Withdrawn,
        /// Nobody answered in time.
        Expired,
        /// Staff took its time for something else.
        Superseded,
    }

    /// Where an appointment stands, in the words of FHIR R4 appointmentstatus.
    AppointmentStatus = "crate::domain::requests::AppointmentStatus" {
        /// To come.
        Booked,
        /// Called off.
        Cancelled,
        /// Took place.
        Fulfilled,
        /// The client did not come.
        NoShow,
    }

    /// Why a request was declined, as the client is told.
    DeclineReason = "crate::domain::requests::DeclineReason" {
        /// The clinician cannot at that time.
        TimeNotPossible,
        /// Another service is the right one.
        OtherServiceNeeded,
        /// The clinician takes no requests at present.
        NotTakingRequests,
        /// The client should contact the practice.
        ContactPractice,
        /// Something else; say it in the message.
        Other,
    }

    /// What somebody who makes a settings change would want to know.
    ImpactWarningCode = "crate::domain::impact::WarningCode" {
        /// The practice switch is on, and no clinician has opted in.
        NobodyCanBook,
        /// A clinician has opted in, and the practice switch is off.
        PracticeSwitchOff,
        /// A clinician has opted in, and an admin holds them off.
        ClinicianLocked,
        /// A clinician has opted in, and offers no service.
        ClinicianWithoutServices,
        /// A clinician has opted in, and has no hours for a service they offer.
        ClinicianWithoutHours,
        /// A clinician is ready, and no client may book.
        ClinicianWithoutClients,
        /// Booking rules leave no time for a service: its minimum notice reaches past its booking horizon.
        NoticeBeyondHorizon,
        /// The practice switch or an opt-in has a start to come, and opens nothing before.
        StartsLater,
        /// The practice, or a clinician who has opted in, has paused new requests, and did so before this change.
        NewRequestsPaused,
    }

    /// One step from "nothing is open" to "a client sees a slot", in the order in which they are done.
    SetupStep = "crate::domain::checklist::Step" {
        /// The practice switch is on.
        PracticeSwitchOn,
        /// The practice switch has no start that is still to come; `description` says when it has one.
        PracticeStarted,
        /// The practice has not paused new requests.
        PracticeNotPaused,
        /// The practice has a service.
        ServiceExists,
        /// There is a clinician, who has not left.
        ClinicianActive,
        /// A clinician has opted in.
        ClinicianOptedIn,
        /// The opt-in has no start that is still to come; `description` says when it has one.
        ClinicianStarted,
        /// New requests to the clinician are not paused.
        ClinicianNotPaused,
        /// No admin holds the clinician off.
        NotLocked,
        /// The clinician offers a service.
        ServicesOffered,
        /// The clinician has weekly hours, or hours of a date to come, for a service that they offer.
        HoursOpened,
        /// A client is in the clinician's care today.
        ClientInCare,
        /// Such a client is allowed, one by one or by the audience, and not blocked.
        ClientAllowed,
        /// The hours hold a start that the booking rules allow: long enough for a service, and between notice and horizon.
        TimeOffered,
        /// Such a start is free, for a client who may ask for one more.
        TimeFree,
    }

    /// What an entry of the audit trail tells of. Kinds may be added.
    AuditKind = "crate::domain::events::EventKind" {
        /// The practice was created, by the operator.
        PracticeCreated,
        /// The practice switch was moved.
        PracticeSelfSchedulingSet,
        /// It was decided who may opt clinicians in, and who may allow clients.
        PracticePolicyUpdated,
        /// New requests to the whole practice were paused.
        PracticePaused,
        /// The practice's pause was lifted.
        PracticeResumed,
        /// A service was added.
        ServiceCreated,
        /// A service's name, duration, way of meeting or confirmation was changed.
        ServiceUpdated,
        /// A service was archived.
        ServiceArchived,
        /// A clinician was added.
        ClinicianAdded,
        /// What is shown of a clinician, or the zone of their wall clock, was changed.
        ClinicianUpdated,
        /// A client was added.
        ClientAdded,
        /// A client's name, or the address they sign in with, was changed.
        ClientUpdated,
        /// An issuer's subject was linked to a member.
        MemberLinked,
        /// An issuer's subject was taken from a member.
        MemberUnlinked,
        /// A member was invited as an admin.
        MemberInvited,
        /// The admin's role was given or taken.
        MemberRolesUpdated,
        /// A member left: every role was taken from them.
        MemberDeactivated,
        /// A member came back.
        MemberReactivated,
        /// The clinician's role was taken from a member.
        ClinicianDeactivated,
        /// The clinician's role was given back.
        ClinicianReactivated,
        /// The client's role was taken from a member.
        ClientDeactivated,
        /// The client's role was given back.
        ClientReactivated,
        /// A client came into a clinician's care.
        CareStarted,
        /// Care was given an end, or its end was moved.
        CareEnded,
        /// A clinician was opted in or out, or the audience changed.
        ClinicianSelfSchedulingSet,
        /// An admin held a clinician off; see `reason`.
        ClinicianLocked,
        /// An admin's hold was lifted.
        ClinicianUnlocked,
        /// New requests to a clinician were paused, by them or by an admin.
        ClinicianPaused,
        /// A clinician's pause was lifted.
        ClinicianResumed,
        /// The services that a clinician offers were set.
        OfferedServicesSet,
        /// The weekly hours of a clinician were set.
        WeeklyHoursSet,
        /// Booking rules of the practice, a clinician or a service were set.
        BookingRulesSet,
        /// A date was closed for a clinician, or opened at other hours.
        DateExceptionSet,
        /// The week's hours hold again on a clinician's date.
        DateExceptionRemoved,
        /// A clinician's time was blocked.
        TimeBlocked,
        /// A clinician's blocked time was freed.
        TimeUnblocked,
        /// A client was allowed or blocked, for a clinician or in the whole practice.
        ClientAccessSet,
        /// A client asked for a time.
        AppointmentRequested,
        /// A request was confirmed, and an appointment exists.
        AppointmentRequestConfirmed,
        /// A request was declined; see `reason`.
        AppointmentRequestDeclined,
        /// The client took a request back.
        AppointmentRequestWithdrawn,
        /// Nobody answered a request in time.
        AppointmentRequestExpired,
        /// Staff took a request's time for something else.
        AppointmentRequestSuperseded,
        /// An admin handed a request to the clinician whom this entry is about.
        AppointmentRequestReassigned,
        /// An admin took a request from the clinician whom this entry is about.
        AppointmentRequestHandedOver,
    }

    /// Why a stream starts over.
    StreamResetReason = "crate::push::ResetReason" {
        /// The cursor is beyond the log's end: the database has been restored to an earlier state since.
        CursorUnknown,
        /// The cursor is older than what streams replay, 30 days unless the operator chose otherwise.
        CursorExpired,
        /// The reader took events in more slowly than they came, and is more than 1,000 of them behind.
        FellBehind,
    }
}

/// A client's entry at one clinician, or in the whole practice.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAccess {
    /// May book, as far as this gate goes.
    Allowed,
    /// May not book, whatever the audience.
    Blocked,
    /// No entry: the clinician's audience decides. Not for the whole practice.
    ByAudience,
}

/// What happened to a request.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppointmentRequestEventType {
    /// A client asked.
    Requested,
    /// It was confirmed, and an appointment exists.
    Confirmed,
    /// It was declined.
    Declined,
    /// The client took it back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
    /// Staff took its time for something else.
    Superseded,
    /// An admin handed it from another clinician to this one.
    Reassigned,
}
