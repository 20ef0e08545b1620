//! An admin hands a pending request to another clinician: its time passes with it, and everybody concerned is told.

use serde_json::{Value, json};

use crate::support::{CONFIRM, Person, REQUEST, Stream, TestPractice, at, mutation, text};
use frontdesk::domain::time::Interval;

const CHANGED: &str = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) { __typename
    ... on AppointmentRequestEvent { type actor { displayName } appointmentRequest { id clinician { displayName } } }
    ... on AppointmentRequestHandedOver { appointmentRequestId clinicianId } } }";
const REQUESTED: &str = "subscription($after: Cursor) { appointmentRequested(after: $after) {
    ... on AppointmentRequestEvent { type appointmentRequest { id noteToClinician } } } }";
const COUNT: &str = "subscription { pendingRequestCount }";
const SHOWN: &str = "appointmentRequest { id status version startsAt respondBy localStart clinician { displayName } }";
const THREE: &str = "2027-01-12T20:00:00Z";
const NOTE: &str = "About my sleep";

/// Dana and Ida, both open for Casey, who waits for an answer of Dana's.
struct Scene {
    practice: TestPractice,
    dana: Person,
    ida: Person,
    casey: Person,
    id: String,
}

impl Scene {
    async fn set() -> Self {
        let practice = TestPractice::begin().await;
        let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
        let casey = practice.client("Casey", &[&dana, &ida]).await;
        practice.open(&dana, &[&casey]).await;
        practice.open(&ida, &[&casey]).await;
        let mut asking = practice.asking(&dana, THREE);
        asking["note"] = json!(NOTE);
        let asked = casey.run(REQUEST, asking).await;
        let id = text(&asked["requestAppointment"]["appointmentRequest"]["id"]);
        Self { practice, dana, ida, casey, id }
    }

    /// Hands the request to a clinician.
    async fn to(&self, clinician: &Person) -> Value {
        let input = json!({ "id": self.id, "clinicianId": clinician.id });
        self.practice.admin.call("reassignAppointmentRequest", SHOWN, input).await
    }

    async fn refused(&self, clinician: &Person) -> String {
        let before = self.practice.snapshot().await;
        let refused = self.to(clinician).await;
        assert_eq!(self.practice.snapshot().await, before, "something was saved");
        text(&refused["errors"][0]["code"])
    }
}

async fn next(stream: &mut Stream) -> Value {
    stream.next().await["appointmentRequestChanged"].take()
}

async fn a_request_that_is_handed_over_takes_its_time_and_its_note_along_and_all_three_are_told() {
    let scene = Scene::set().await;
    let Scene { practice, dana, ida, casey, id } = &scene;
    let begin = json!({ "after": dana.cursor().await });
    let mut counts = [dana.follow(COUNT, json!({})).await, ida.follow(COUNT, json!({})).await];
    for (count, expected) in counts.iter_mut().zip([1, 0]) {
        assert_eq!(count.next().await["pendingRequestCount"], expected);
    }
    let handed = scene.to(ida).await;
    assert_eq!(handed["errors"], json!([]));
    let request = &handed["appointmentRequest"];
    assert_eq!((&request["status"], &request["version"]), (&json!("PENDING"), &json!(2)));
    assert_eq!((&request["startsAt"], &request["clinician"]["displayName"]), (&json!(THREE), &json!("Ida")));
    assert_eq!(request["respondBy"], "2027-01-07T14:00:00Z", "the deadline stays");
    let meeting = Interval::new(at(THREE), at("2027-01-12T20:50:00Z"));
    assert_eq!((practice.claims(dana).await, practice.claims(ida).await), (vec![], vec![meeting]));

    let told = json!({ "__typename": "AppointmentRequestEvent", "type": "REASSIGNED", "actor": { "displayName": "Avery" },
        "appointmentRequest": { "id": id, "clinician": { "displayName": "Ida" } } });
    assert_eq!(next(&mut ida.follow(CHANGED, begin.clone()).await).await, told);
    let gone =
        json!({ "__typename": "AppointmentRequestHandedOver", "appointmentRequestId": id, "clinicianId": dana.id });
    assert_eq!(next(&mut dana.follow(CHANGED, begin.clone()).await).await, gone);
    let own = next(&mut casey.follow(CHANGED, begin.clone()).await).await;
    assert_eq!((&own["type"], &own["appointmentRequest"]), (&json!("REASSIGNED"), &told["appointmentRequest"]));
    let new = ida.follow(REQUESTED, begin).await.next().await["appointmentRequested"].take();
    assert_eq!(new["appointmentRequest"], json!({ "id": id, "noteToClinician": NOTE }), "new to Ida, with the note");
    for (count, expected) in counts.iter_mut().zip([0, 1]) {
        assert_eq!(count.next().await["pendingRequestCount"], expected);
    }

    let read = "query($id: ID!) { appointmentRequest(id: $id) { noteToClinician } }";
    assert_eq!(dana.run(read, json!({ "id": id })).await["appointmentRequest"], Value::Null, "Dana's it is no more");
    assert_eq!(dana.denied(CONFIRM, json!({ "id": id })).await.0, "NOT_FOUND");
    let confirmed = ida.run(CONFIRM, json!({ "id": id })).await["confirmAppointmentRequest"].take();
    assert_eq!(confirmed["appointmentRequest"]["status"], "CONFIRMED");
}

async fn the_time_that_was_handed_over_can_be_asked_for_of_the_first_clinician_again() {
    let scene = Scene::set().await;
    let robin = scene.practice.client("Robin", &[&scene.dana]).await;
    scene.practice.open(&scene.dana, &[&robin]).await;
    let asking =
        async || robin.run(REQUEST, scene.practice.asking(&scene.dana, THREE)).await["requestAppointment"].take();
    assert_eq!(asking().await["errors"][0]["code"], "SLOT_TAKEN");
    scene.to(&scene.ida).await;
    assert_eq!(asking().await["errors"], json!([]));
    // And so it cannot come back.
    assert_eq!(scene.refused(&scene.dana).await, "SLOT_TAKEN");
}

async fn handing_over_to_the_one_who_has_it_changes_nothing() {
    let scene = Scene::set().await;
    let before = scene.practice.snapshot().await;
    let same = scene.to(&scene.dana).await;
    assert_eq!((&same["errors"], &same["appointmentRequest"]["version"]), (&json!([]), &json!(1)));
    assert_eq!(scene.practice.snapshot().await, before);
}

async fn only_a_clinician_who_is_there_offers_the_service_and_cares_for_the_client_can_take_a_request() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let noa = scene.practice.clinician("Noa").await;
    assert_eq!(scene.refused(&noa).await, "SERVICE_NOT_OFFERED");
    let offer = json!({ "clinicianId": noa.id, "serviceIds": [scene.practice.service_id] });
    admin.done("setOfferedServices", "clinician { id }", offer).await;
    assert_eq!(scene.refused(&noa).await, "NOT_IN_CARE");
    let care = json!({ "clinicianId": scene.ida.id, "clientId": scene.casey.id });
    admin.done("endCare", "client { id }", care).await;
    assert_eq!(scene.refused(&scene.ida).await, "NOT_IN_CARE", "care that is over is none");
    admin.done("deactivateClinician", "clinician { id }", json!({ "clinicianId": noa.id })).await;
    assert_eq!(scene.refused(&noa).await, "INACTIVE");
}

async fn what_waits_no_more_cannot_be_handed_over_and_the_answer_says_how_it_stands() {
    let scene = Scene::set().await;
    scene.practice.clock.set(at("2027-01-07T14:00:00Z"));
    let late = scene.to(&scene.ida).await;
    assert_eq!(
        (&late["errors"][0]["code"], &late["appointmentRequest"]["status"]),
        (&json!("NOT_PENDING"), &json!("EXPIRED"))
    );
    let nobody = json!({ "input": { "id": "request_00000000000070008000000000000000", "clinicianId": scene.ida.id } });
    let document = mutation("reassignAppointmentRequest", "");
    assert_eq!(scene.practice.admin.denied(&document, nobody).await.0, "NOT_FOUND");
}

async fn a_request_of_a_clinician_who_left_goes_to_another() {
    let scene = Scene::set().await;
    let left = scene.practice.admin;
    let listed =
        left.done("deactivateClinician", "pendingRequests { id }", json!({ "clinicianId": scene.dana.id })).await;
    let input = json!({ "id": listed["pendingRequests"][0]["id"], "clinicianId": scene.ida.id });
    let handed = left.done("reassignAppointmentRequest", SHOWN, input).await;
    assert_eq!(handed["appointmentRequest"]["clinician"]["displayName"], "Ida");
}

crate::support::tests!(
    a_request_that_is_handed_over_takes_its_time_and_its_note_along_and_all_three_are_told,
    the_time_that_was_handed_over_can_be_asked_for_of_the_first_clinician_again,
    handing_over_to_the_one_who_has_it_changes_nothing,
    only_a_clinician_who_is_there_offers_the_service_and_cares_for_the_client_can_take_a_request,
    what_waits_no_more_cannot_be_handed_over_and_the_answer_says_how_it_stands,
    a_request_of_a_clinician_who_left_goes_to_another,
);
