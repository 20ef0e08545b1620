//! The sample practice with every gate open and the clinician willing at every hour: as much for members to ask for as
//! there can be.

use serde_json::{Value, json};

use crate::program::Program;

/// Two months from now on, in the practice's own words.
const DAYS: i64 = 61;
const WEEK: [&str; 7] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

/// What queries name.
pub struct Opened {
    pub clinician: String,
    pub service: String,
    /// Ids of a hundred clients.
    pub clients: Vec<String>,
    pub from: String,
    pub to: String,
}

impl Opened {
    /// Opens a program's practice as its people would.
    pub async fn open(program: &Program) -> Self {
        let of_clinician = "{viewer{clinician{id}} practice{services{id} }}";
        let dana = run(program, &program.clinician, of_clinician, json!({})).await;
        let (clinician, service) = (&dana["viewer"]["clinician"]["id"], &dana["practice"]["services"][0]["id"]);
        let hours = WEEK.map(|weekday| json!({ "weekday": weekday, "opensAt": "00:00", "closesAt": "24:00" }));
        let all = json!({ "clinician": clinician, "service": service, "hours": hours });
        run(program, &program.admin, OPEN, all).await;
        let clients = run(program, &program.admin, "{practice{clients(first:100){nodes{id}}}}", json!({})).await;
        let clients = clients["practice"]["clients"]["nodes"].as_array().expect("a page").iter();
        let now = frontdesk::clock::Clock::system().now();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self {
            clinician: text(clinician),
            service: text(service),
            clients: clients.map(|client| text(&client["id"])).collect(),
            from: now.to_rfc3339(),
            to: (now + chrono::Duration::days(DAYS)).to_rfc3339(),
        }
    }
}

/// Runs what must not be refused.
async fn run(program: &Program, token: &str, query: &str, variables: Value) -> Value {
    let request = reqwest::Client::new().post(format!("http://{}/graphql", program.address)).bearer_auth(token);
    let body = json!({ "query": query, "variables": variables });
    let answer = request.json(&body).send().await.expect("the program answers");
    let mut answer: Value = answer.json().await.expect("JSON");
    assert!(answer.get("errors").is_none() && !answer.to_string().contains("message"), "{answer}");
    answer["data"].take()
}

const OPEN: &str = "mutation($clinician: ID!, $service: ID!, $hours: [WeeklyHoursInput!]!) {
    setPracticeSelfScheduling(input: { enabled: true }) { errors { message } }
    setClinicianSelfScheduling(input: { clinicianIds: [$clinician], enabled: true, audience: ALL_MY_CLIENTS }) {
        errors { message } }
    setOfferedServices(input: { clinicianId: $clinician, serviceIds: [$service] }) { errors { message } }
    setWeeklyHours(input: { clinicianId: $clinician, hours: $hours }) { errors { message } } }";
