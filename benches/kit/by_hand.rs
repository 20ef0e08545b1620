//! Slots by hand, to be measured beside the program: the least loop that computes them, the appointments that it reads, and
//! the least server that answers them. It knows one clinician's hours by heart, and no gates, rules or GraphQL.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Datelike, Duration, NaiveTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::America::New_York;
use frontdesk::auth::secret::Secret;
use frontdesk::auth::token::Tokens;
use frontdesk::domain::ids::ClinicianId;
use sea_orm::sqlx;
use uuid::Uuid;

use super::SECRET;
use super::bare::Bare;
use super::office::Calendars;

pub const HOUR: i64 = 60 * 60 * 1_000;
const HALF_HOUR: i64 = HOUR / 2;

/// The starts of an hour that are free from Monday to Friday, 9 to 17 o'clock in New York, on a grid of half hours; `busy`
/// is in order. In milliseconds, as all here.
pub fn starts(busy: &[(i64, i64)], from: i64, to: i64, not_before: i64) -> Vec<i64> {
    let date = |at: i64| DateTime::from_timestamp_millis(at).expect("an instant").with_timezone(&New_York).date_naive();
    let clock = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
    let (mut starts, mut next_busy) = (Vec::new(), 0);
    for day in date(from).iter_days().take_while(|day| *day <= date(to)) {
        if day.weekday().num_days_from_monday() > 4 {
            continue;
        }
        let at =
            |hour| New_York.from_local_datetime(&day.and_time(clock(hour))).single().map(|at| at.timestamp_millis());
        let (Some(opens), Some(closes)) = (at(9), at(17)) else { continue };
        let mut start = opens;
        while start + HOUR <= closes {
            while next_busy < busy.len() && busy[next_busy].1 <= start {
                next_busy += 1;
            }
            let is_free = next_busy == busy.len() || busy[next_busy].0 >= start + HOUR;
            if is_free && start >= from && start < to && start > not_before {
                starts.push(start);
            }
            start += HALF_HOUR;
        }
    }
    starts
}

/// When a calendar is busy, counted in working days from the first: three whole days, then every other hour of four. That
/// is 40 hours of the fortnight.
pub fn busy(first_day: DateTime<Utc>) -> Vec<(i64, i64)> {
    let date = first_day.with_timezone(&New_York).date_naive();
    let days = date.iter_days().filter(|day| day.weekday().num_days_from_monday() < 5).take(7).enumerate();
    let hours = days
        .flat_map(|(number, day)| (9..17).filter(move |hour| number < 3 || hour % 2 == 0).map(move |hour| (day, hour)));
    let stretch = |(day, hour): (chrono::NaiveDate, u32)| {
        let clock = NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
        let start = New_York.from_local_datetime(&day.and_time(clock)).single().expect("no clock changes by day");
        (start.timestamp_millis(), start.timestamp_millis() + HOUR)
    };
    hours.map(stretch).collect()
}

macro_rules! book {
    ($pool:ident, $of:ident, $busy:ident) => {{
        let mut transaction = $pool.begin().await.expect("a transaction");
        for (clinician, client) in $of.clinicians.iter().zip(&$of.clients) {
            for (start, end) in $busy {
                let id = Uuid::now_v7();
                let appointment = sqlx::query(APPOINTMENT).bind($of.practice_id.0).bind(id).bind(client.0);
                let appointment = appointment.bind(clinician.0).bind($of.service_id.0).bind(*start).bind(*end);
                appointment.execute(&mut *transaction).await.expect("an appointment");
                let claim = sqlx::query(CLAIM).bind($of.practice_id.0).bind(Uuid::now_v7()).bind(clinician.0);
                let claim = claim.bind(client.0).bind(*start).bind(*end).bind(id);
                claim.execute(&mut *transaction).await.expect("a claim");
            }
        }
        transaction.commit().await.expect("booked");
    }};
}

impl Bare {
    /// Books these hours with every clinician.
    pub async fn book(&self, of: &Calendars, busy: &[(i64, i64)]) {
        match self {
            Self::Sqlite(pool) => book!(pool, of, busy),
            Self::Postgres(pool) => book!(pool, of, busy),
        }
    }

    /// Lets PostgreSQL's planner know how much there is, as its own daemon would in time. SQLite's never does.
    pub async fn analyze(&self) {
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres(pool) => {
                sqlx::query("ANALYZE").execute(pool).await.expect("analyzed");
            }
        }
    }

    /// Ends every connection.
    pub async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// What holds a clinician's time in a range, in order.
    async fn held(&self, practice: Uuid, clinician: ClinicianId, from: i64, until: i64) -> Vec<(i64, i64)> {
        let now = Utc::now().timestamp_millis();
        match self {
            Self::Sqlite(pool) => {
                let held = sqlx::query_as(READ).bind(practice).bind(clinician.0).bind(from).bind(until).bind(now);
                held.fetch_all(pool).await.expect("it reads")
            }
            Self::Postgres(pool) => {
                let held = sqlx::query_as(READ).bind(practice).bind(clinician.0).bind(from).bind(until).bind(now);
                held.fetch_all(pool).await.expect("it reads")
            }
        }
    }
}

const APPOINTMENT: &str = "INSERT INTO appointments (practice_id, id, client_id, clinician_id, service_id, status,
    starts_at, ends_at, time_zone, local_start, modality, booked_at, version)
    VALUES ($1, $2, $3, $4, $5, 'BOOKED', $6, $7, 'America/New_York', '', 'IN_PERSON', $6, 1)";
const CLAIM: &str = "INSERT INTO claims (practice_id, id, kind, clinician_id, client_id, starts_at, ends_at,
    held_from_at, held_until_at, appointment_id) VALUES ($1, $2, 'APPOINTMENT', $3, $4, $5, $6, $5, $6, $7)";
const READ: &str = "SELECT held_from_at, held_until_at FROM claims WHERE practice_id = $1 AND clinician_id = $2
    AND held_until_at > $3 AND held_from_at < $4 AND (lapses_at IS NULL OR lapses_at > $5) ORDER BY held_from_at";

struct Server {
    tokens: Tokens,
    bare: Bare,
}

/// Serves until it is killed.
pub async fn serve(listen: SocketAddr, database_url: &str) {
    let tokens = Tokens::new(Secret::given(SECRET).expect("long enough"));
    let server = Server { tokens, bare: Bare::open(database_url).await };
    let routes = Router::new()
        .route("/graphql", post(slots))
        .route("/readyz", get(|| async { "ready" }))
        .with_state(Arc::new(server));
    let listener = tokio::net::TcpListener::bind(listen).await.expect("a free port");
    axum::serve(listener, routes).await.expect("it serves");
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Slot {
    starts_at: String,
    ends_at: String,
    local_start: String,
    modality: &'static str,
}

async fn slots(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    #[derive(serde::Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        variables: Variables<'a>,
    }
    #[derive(serde::Deserialize)]
    struct Variables<'a> {
        clinician: &'a str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    }
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = token.strip_prefix("Bearer ").unwrap_or_default();
    let Ok(identity) = server.tokens.check(token, Utc::now()) else { return StatusCode::UNAUTHORIZED.into_response() };
    let Ok(Body { variables }) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let Ok(clinician) = ClinicianId::parse(variables.clinician) else { return StatusCode::NOT_FOUND.into_response() };
    let (from, to) = (variables.from.timestamp_millis(), variables.to.timestamp_millis());
    let busy = server.bare.held(identity.practice_id.0, clinician, from, to + HOUR).await;
    let not_before = (Utc::now() + Duration::days(1)).timestamp_millis();
    let text =
        |at: i64| DateTime::from_timestamp_millis(at).expect("an instant").to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let local = |at: i64| New_York.timestamp_millis_opt(at).single().expect("an instant").to_rfc3339();
    let slot =
        |at: i64| Slot { starts_at: text(at), ends_at: text(at + HOUR), local_start: local(at), modality: "IN_PERSON" };
    let slots: Vec<_> = starts(&busy, from, to, not_before).into_iter().map(slot).collect();
    Json(serde_json::json!({ "data": { "clinician": { "availableSlots": { "slots": slots } } } })).into_response()
}
