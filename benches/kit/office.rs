//! Practices to measure with, made by the use cases that the API calls; and what their clients are going to ask for.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveTime, Utc};
use frontdesk::auth::secret::Secret;
use frontdesk::auth::token::Tokens;
use frontdesk::domain::hours::{Modality, Weekday, WeeklyHours, Window};
use frontdesk::domain::ids::{ClientId, ClinicianId, MemberId, PracticeId, ServiceId};
use frontdesk::domain::many::Many;
use frontdesk::domain::rollout::Opening;
use frontdesk::domain::settings::{Audience, Confirmation};
use frontdesk::domain::viewer::Viewer;
use frontdesk::usecases::{
    Change, Desk, NewClient, NewClinician, NewPractice, NewService, SetClinicianSelfScheduling, SetOfferedServices,
    SetWeeklyHours, StartOfCare,
};
use futures_util::StreamExt;

use super::SECRET;

/// How many practices are made at once.
const AT_ONCE: usize = 64;
/// A new practice lets so many requests of one client wait.
const ASKS_A_CLIENT: usize = 3;
/// Past a day's notice, and short of the two months that a new practice books ahead.
const DAYS: std::ops::Range<usize> = 2..58;
const STARTS_A_DAY: usize = 24;

/// How much is to be made: of each practice alike.
#[derive(Clone, Copy)]
pub struct Plan {
    pub practices: usize,
    pub clinicians: usize,
    /// For all practices together.
    pub asks: usize,
}

/// A practice with every gate open.
pub struct Practice {
    /// Each clinician's token.
    pub clinicians: Vec<String>,
    asks: Vec<Ask>,
}

/// A free time that a client is going to ask for, once.
#[derive(Clone)]
pub struct Ask {
    pub practice_id: PracticeId,
    pub clinician_id: ClinicianId,
    /// The clinician's place among all of the plan.
    pub clinician: usize,
    pub service_id: ServiceId,
    pub client_id: ClientId,
    pub member_id: MemberId,
    pub token: String,
    pub starts_at: DateTime<Utc>,
}

/// A practice whose clinicians' calendars are to be filled by hand.
pub struct Calendars {
    pub practice_id: PracticeId,
    pub service_id: ServiceId,
    pub admin: Viewer,
    pub admin_token: String,
    /// A client in the first clinician's care.
    pub client: Viewer,
    pub client_token: String,
    pub clinicians: Vec<ClinicianId>,
    /// One for each clinician.
    pub clients: Vec<ClientId>,
}

/// One practice in New York with so many clinicians, open from Monday to Friday, 9 to 17 o'clock.
pub async fn calendars(desk: &Desk, clinicians: usize) -> Calendars {
    let (practice_id, admin, service_id) = begin(desk, "America/New_York").await;
    let staff = add_clinicians(desk, &admin, clinicians).await;
    let mut clients = Vec::new();
    for (number, (clinician, _)) in staff.iter().enumerate() {
        offer(desk, &admin, *clinician, service_id, &Weekday::ALL[..5], (9 * 60, 17 * 60)).await;
        clients.push(add_client(desk, &admin, *clinician, number).await);
    }
    let clinicians: Vec<_> = staff.into_iter().map(|(clinician, _)| clinician).collect();
    for some in clinicians.chunks(1_000) {
        opt_in(desk, &admin, some.to_vec()).await;
    }
    desk.set_practice_self_scheduling(&admin, Opening::ON, &Change::default()).await.expect("the switch is on");
    let client = desk.viewer(practice_id, clients[0].1).await.expect("it reads").expect("the client");
    let (admin_token, client_token) = (token(practice_id, admin.member_id), token(practice_id, client.member_id));
    let clients = clients.into_iter().map(|(client, _)| client).collect();
    Calendars { practice_id, service_id, admin, admin_token, client, client_token, clinicians, clients }
}

/// All practices of a plan, and what is going to be asked, in an order in which neighbours have little in common.
pub async fn fill(desk: &Desk, plan: Plan) -> (Vec<Practice>, Vec<Ask>) {
    let each = plan.asks.div_ceil(plan.practices);
    let make = |number| practice(desk, number, plan.clinicians, each);
    let made: Vec<_> = futures_util::stream::iter(0..plan.practices).map(make).buffered(AT_ONCE).collect().await;
    let asks = (0..each).flat_map(|place| made.iter().map(move |practice| practice.asks[place].clone()));
    let asks = asks.take(plan.asks).collect();
    (made, asks)
}

/// A practice with an admin and a service of an hour.
pub async fn begin(desk: &Desk, zone: &str) -> (PracticeId, Viewer, ServiceId) {
    let new = NewPractice {
        name: "Riverbend".to_owned(),
        time_zone: zone.to_owned(),
        admin_name: "Avery".to_owned(),
        admin_email: "admin@bench.test".to_owned(),
    };
    let (id, member) = desk.create_practice(new).await.expect("a new practice");
    let admin = desk.viewer(id, member).await.expect("it reads").expect("the admin");
    let service = NewService {
        name: "Session".to_owned(),
        duration_minutes: 60,
        modality: Modality::InPerson,
        confirmation: Confirmation::ClinicianConfirms,
        idempotency_key: None,
    };
    let (_, service_id) = desk.create_service(&admin, service).await.expect("a new service");
    (id, admin, service_id)
}

async fn practice(desk: &Desk, number: usize, clinicians: usize, asks: usize) -> Practice {
    let (id, admin, service_id) = begin(desk, "UTC").await;
    let staff = add_clinicians(desk, &admin, clinicians).await;
    let clients = asks.div_ceil(ASKS_A_CLIENT);
    // The clients' clinicians stand evenly among all.
    let of = |client: usize| if clients < clinicians { client * clinicians / clients } else { client % clinicians };
    for clinician in (0..clients).map(of).collect::<BTreeSet<_>>() {
        open(desk, &admin, staff[clinician].0, service_id).await;
    }
    desk.set_practice_self_scheduling(&admin, Opening::ON, &Change::default()).await.expect("the switch is on");
    let mut taken = vec![0; clinicians];
    let mut free = Vec::new();
    for client in 0..clients {
        let place = of(client);
        let (client_id, member_id) = add_client(desk, &admin, staff[place].0, client).await;
        let token = token(id, member_id);
        for _ in 0..ASKS_A_CLIENT {
            let starts_at = start(taken[place]);
            taken[place] += 1;
            let (token, clinician_id, clinician) = (token.clone(), staff[place].0, number * clinicians + place);
            let practice_id = id;
            let ask = Ask { practice_id, clinician_id, clinician, service_id, client_id, member_id, token, starts_at };
            free.push(ask);
        }
    }
    // First everybody's first, then everybody's second.
    let asks = (0..asks).map(|ask| free[ask % clients * ASKS_A_CLIENT + ask / clients].clone()).collect();
    Practice { clinicians: staff.into_iter().map(|one| token(id, one.1)).collect(), asks }
}

async fn add_clinicians(desk: &Desk, admin: &Viewer, count: usize) -> Vec<(ClinicianId, MemberId)> {
    let mut all = Vec::new();
    for number in 0..count {
        let new = NewClinician {
            display_name: format!("Clinician {number}"),
            email: format!("clinician{number}@bench.test"),
            credentials: None,
            time_zone: None,
            idempotency_key: None,
        };
        let (settings, id) = desk.add_clinician(admin, new).await.expect("a new clinician");
        all.push((id, settings.clinicians[&id].member_id));
    }
    all
}

/// Opens a clinician's gates to everybody in their care, at any hour.
async fn open(desk: &Desk, admin: &Viewer, clinician: ClinicianId, service: ServiceId) {
    opt_in(desk, admin, vec![clinician]).await;
    offer(desk, admin, clinician, service, Weekday::ALL, (0, 24 * 60)).await;
}

async fn opt_in(desk: &Desk, admin: &Viewer, clinician_ids: Vec<ClinicianId>) {
    let clinicians = Many::named("clinicianIds", "clinicians", clinician_ids).expect("not too many");
    let opt_in =
        SetClinicianSelfScheduling { clinicians, opening: Opening::ON, audience: Some(Audience::AllMyClients) };
    desk.set_clinician_self_scheduling(admin, opt_in, &Change::default()).await.expect("opted in");
}

/// Offers a service on these days, from one minute of the day to another.
async fn offer(
    desk: &Desk,
    admin: &Viewer,
    clinician_id: ClinicianId,
    service: ServiceId,
    days: &[Weekday],
    (opens_minute, closes_minute): (i32, i32),
) {
    let change = Change::default();
    let offered = SetOfferedServices { clinician_id, service_ids: vec![service] };
    desk.set_offered_services(admin, offered, &change).await.expect("offered");
    let window = Window { opens_minute, closes_minute, service_ids: BTreeSet::new(), modality: None };
    let day = |weekday: &Weekday| WeeklyHours { weekday: *weekday, window: window.clone() };
    let windows = days.iter().map(day).collect();
    let hours = SetWeeklyHours { clinician_id, windows, named_services: Vec::new() };
    desk.set_weekly_hours(admin, hours, &change).await.expect("open");
}

async fn add_client(desk: &Desk, admin: &Viewer, clinician_id: ClinicianId, number: usize) -> (ClientId, MemberId) {
    let email = format!("client{number}@{}.test", admin.practice_id.0.simple());
    let new = NewClient { display_name: format!("Client {number}"), email: Some(email.clone()), idempotency_key: None };
    let client_id = desk.add_client(admin, new).await.expect("a new client");
    let start = StartOfCare { clinician_id, client_id, starts_on: None, idempotency_key: None };
    desk.start_care(admin, start, &Change::default()).await.expect("care starts");
    (client_id, desk.members_by_email(&email).await.expect("it reads")[0].member_id)
}

/// What the member signs in with.
pub fn token(practice: PracticeId, member: MemberId) -> String {
    let tokens = Tokens::new(Secret::given(SECRET).expect("long enough"));
    tokens.issue(practice, member, Utc::now(), Duration::days(1)).expect("signed")
}

/// A clinician's free times: every hour of every day.
fn start(number: usize) -> DateTime<Utc> {
    let day = DAYS.start + number / STARTS_A_DAY;
    assert!(day < DAYS.end, "a clinician has no time left: ask for less, or of more clinicians");
    let midnight = Utc::now().date_naive().and_time(NaiveTime::MIN).and_utc();
    midnight + Duration::days(day as i64) + Duration::hours((number % STARTS_A_DAY) as i64)
}
