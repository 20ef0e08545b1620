//! How often the database is asked for the soonest slots: the number of statements is bounded, whatever there is to read.

use serde_json::{Value, json};

use crate::support::{Person, REQUEST, SWITCH, TestPractice, at, text};
use frontdesk::domain::ids::{BlockId, ClinicianId, PracticeId};
use frontdesk::domain::time::Interval;
use frontdesk::store::{BlockRow, Store};

const SOONEST: &str = "query($service: ID!, $from: DateTime!, $to: DateTime!, $first: Int) {
    practice { soonestSlots(serviceId: $service, from: $from, to: $to, first: $first) {
        slots { startsAt clinician { id } } } } }";
const TWO_DAYS: (&str, &str) = ("2027-01-12T00:00:00Z", "2027-01-14T00:00:00Z");
const MONTH: (&str, &str) = ("2027-01-05T00:00:00Z", "2027-02-04T00:00:00Z");
/// The longest range, of which everybody is booked out for the first seven weeks.
const TWO_MONTHS: (&str, &str) = ("2027-01-05T00:00:00Z", "2027-03-08T00:00:00Z");
const FREE_AGAIN_AT: &str = "2027-02-23T00:00:00Z";

/// How many statements a search takes alone: now and then the sweeper or the re-check of the log adds its own.
async fn statements(practice: &TestPractice, person: &Person, range: (&str, &str), first: u64) -> u64 {
    let mut fewest = u64::MAX;
    for _ in 0..4 {
        let before = practice.desk.statements();
        let asked = json!({ "service": practice.service_id, "from": range.0, "to": range.1, "first": first });
        let found = person.run(SOONEST, asked).await["practice"]["soonestSlots"]["slots"].take();
        assert!(found[0].is_object(), "there is a free time to find");
        fewest = fewest.min(practice.desk.statements() - before);
    }
    fewest
}

async fn statements_do_not_grow_with_clinicians_days_or_appointments() {
    let practice = TestPractice::begin().await;
    let mut clinicians = Vec::new();
    for number in 0..5 {
        clinicians.push(practice.clinician(&format!("Clinician{number}")).await);
    }
    let casey = practice.client("Casey", &clinicians.iter().collect::<Vec<_>>()).await;
    for clinician in &clinicians {
        practice.open(clinician, &[&casey]).await;
    }
    let few =
        [statements(&practice, &casey, TWO_DAYS, 1).await, statements(&practice, &practice.admin, TWO_DAYS, 1).await];
    assert!(few[0] <= 6, "the viewer, the settings, the care, what waits, the held time: {few:?}");
    for number in 5..50 {
        let clinician = practice.clinician(&format!("Clinician{number}")).await;
        let care = json!({ "clinicianId": clinician.id, "clientId": casey.id });
        practice.admin.done("startCare", "", care).await;
        practice.open(&clinician, &[&casey]).await;
        clinicians.push(clinician);
    }
    for number in 0..12 {
        let some: Vec<_> = clinicians[number * 4..number * 4 + 4].iter().collect();
        let client = practice.client(&format!("Client{number}"), &some).await;
        for (place, clinician) in some.into_iter().enumerate() {
            practice.open(clinician, &[&client]).await;
            // The first of each clinician's Tuesday is taken.
            let start = format!("2027-01-12T{}:00:00Z", 19 + place % 3);
            client.run(REQUEST, practice.asking(clinician, &start)).await;
        }
    }
    for range in [TWO_DAYS, MONTH] {
        for first in [1, 100] {
            let many = [
                statements(&practice, &casey, range, first).await,
                statements(&practice, &practice.admin, range, first).await,
            ];
            assert_eq!(many, few, "{range:?}, {first}");
        }
    }
}

/// Runs mutations as fields of few documents, each of which must be done.
async fn all(admin: &Person, mutations: &[String]) -> Vec<Value> {
    let mut answers = Vec::new();
    for some in mutations.chunks(10) {
        let fields = some.iter().enumerate().map(|(place, mutation)| format!("a{place}: {mutation} "));
        let mut done = admin.run(&format!("mutation {{ {} }}", fields.collect::<String>()), json!({})).await;
        for place in 0..some.len() {
            let answer = done[format!("a{place}")].take();
            assert_eq!(answer["errors"], json!([]), "{}", some[place]);
            answers.push(answer);
        }
    }
    answers
}

/// So many more clinicians who are open on Tuesdays to all their clients, of whom this is one.
async fn crowd(practice: &TestPractice, client: &Person, numbers: std::ops::Range<usize>) -> Vec<String> {
    let of_each =
        |ids: &[String], mutation: &dyn Fn(&str) -> String| ids.iter().map(|id| mutation(id)).collect::<Vec<_>>();
    let add = |number| {
        format!(
            "addClinician(input: {{ displayName: \"C{number}\", email: \"c{number}@crowd.test\" }}) {{ clinician {{ id }} errors {{ code }} }}"
        )
    };
    let added = all(&practice.admin, &numbers.map(add).collect::<Vec<_>>()).await;
    let ids: Vec<_> = added.iter().map(|one| text(&one["clinician"]["id"])).collect();
    let service = &practice.service_id;
    let offer = |id: &str| {
        format!(
            "setOfferedServices(input: {{ clinicianId: \"{id}\", serviceIds: [\"{service}\"] }}) {{ errors {{ code }} }}"
        )
    };
    let open = |id: &str| {
        format!(
            "setWeeklyHours(input: {{ clinicianId: \"{id}\", hours: [{{ weekday: TUESDAY, opensAt: \"14:00\", closesAt: \"18:00\" }}] }}) {{ errors {{ code }} }}"
        )
    };
    let care = |id: &str| {
        format!("startCare(input: {{ clinicianId: \"{id}\", clientId: \"{}\" }}) {{ errors {{ code }} }}", client.id)
    };
    for mutation in [&offer as &dyn Fn(&str) -> String, &open, &care] {
        all(&practice.admin, &of_each(&ids, mutation)).await;
    }
    let opt_in = json!({ "clinicianIds": ids, "enabled": true, "audience": "ALL_MY_CLIENTS" });
    practice.admin.done("setClinicianSelfScheduling", "", opt_in).await;
    ids
}

/// Takes all their time until they are free again.
async fn book_out(practice: &TestPractice, clinicians: &[String]) {
    let own = practice.admin.run("{ practice { id } }", json!({})).await;
    let store = Store::open(practice.database_url()).await.expect("a database");
    let own = PracticeId::parse(&text(&own["practice"]["id"])).expect("an id");
    let mut write = store.write(own).await.expect("the lock");
    let stretch = Interval::new(at(TWO_MONTHS.0), at(FREE_AGAIN_AT));
    for clinician in clinicians {
        let clinician_id = ClinicianId::parse(clinician).expect("an id");
        write.add_blocked_time(&BlockRow { id: BlockId::generate(), clinician_id, stretch });
    }
    write.flush().await.expect("free before");
    write.commit().await.expect("committed");
}

async fn where_all_are_booked_out_for_weeks_one_statement_more_finds_what_is_free_then_however_many_they_are() {
    let practice = TestPractice::begin().await;
    practice.admin.run(SWITCH, json!({ "on": true })).await;
    let casey = practice.client("Casey", &[]).await;
    let counts = async || {
        let admin = &practice.admin;
        [statements(&practice, &casey, TWO_MONTHS, 1).await, statements(&practice, admin, TWO_MONTHS, 1).await]
    };
    let few = crowd(&practice, &casey, 0..5).await;
    let at_once = counts().await;
    book_out(&practice, &few).await;
    let later = counts().await;
    assert_eq!(later, at_once.map(|count| count + 1), "the first fortnight, and all the rest");
    // 120 clinicians for 62 days are 7,440 clinician-days: read by doubling windows they took three.
    let many = crowd(&practice, &casey, 5..120).await;
    book_out(&practice, &many).await;
    assert_eq!(counts().await, later);
}

crate::support::tests!(
    statements_do_not_grow_with_clinicians_days_or_appointments,
    where_all_are_booked_out_for_weeks_one_statement_more_finds_what_is_free_then_however_many_they_are,
);
