//! A client's name and address are changed by admins alone, and the log tells that they changed, never to what.

use serde_json::{Value, json};

use crate::access_matrix::sums;
use crate::support::{Person, TestPractice, mutation, text};
use crate::trail::{changes, log};

const SHOWN: &str = "client { id displayName email active }";

fn of(client: &Person, more: Value) -> Value {
    let mut input = json!({ "clientId": client.id });
    more.as_object().expect("fields").iter().for_each(|(name, value)| input[name] = value.clone());
    input
}

async fn a_name_and_an_address_are_read_by_everybody_at_once_and_the_log_has_neither() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let admin = &practice.admin;
    let revision = "{ practice { selfScheduling { revision } } }";
    let at_first = admin.run(revision, json!({})).await;
    let new = json!({ "displayName": " Cassie Lane ", "email": "Cassie@Practice.test" });
    let done = admin.done("updateClient", SHOWN, of(&casey, new)).await;
    let shown =
        json!({ "id": casey.id, "displayName": "Cassie Lane", "email": "cassie@practice.test", "active": true });
    assert_eq!(done["client"], shown);
    let read = "query($id: ID!) { client(id: $id) { displayName member { displayName email } } }";
    let names = dana.run(read, json!({ "id": casey.id })).await["client"].take();
    let member = json!({ "displayName": "Cassie Lane", "email": "cassie@practice.test" });
    assert_eq!(names, json!({ "displayName": "Cassie Lane", "member": member }));
    assert_eq!(admin.run(revision, json!({})).await, at_first, "nobody's settings moved");
    let found = practice.desk.members_by_email("cassie@practice.test").await.expect("it reads");
    let was = practice.desk.members_by_email("casey@practice.test").await.expect("it reads");
    assert_eq!((found.len(), was.len()), (1, 0), "the operator finds them by the new one alone");
    casey.run("{ viewer { roles } }", json!({})).await;
    let entry = log(admin, json!({ "kinds": ["CLIENT_UPDATED"] })).await[0].clone();
    let mut told = changes(&entry);
    told.sort();
    assert_eq!(told, ["displayName: – → changed", "email: – → changed"]);
    assert_eq!(entry["client"]["id"], json!(casey.id));

    let before = sums(&practice).await;
    for same in [json!({}), json!({ "displayName": "Cassie Lane", "email": "cassie@practice.test" })] {
        assert_eq!(admin.done("updateClient", SHOWN, of(&casey, same)).await["client"], shown);
    }
    assert_eq!(sums(&practice).await, before, "what changes nothing leaves nothing");
    let taken_away = admin.done("updateClient", SHOWN, of(&casey, json!({ "email": "" }))).await;
    assert_eq!(
        (&taken_away["client"]["email"], &taken_away["client"]["displayName"]),
        (&Value::Null, &shown["displayName"])
    );
}

async fn who_is_a_clinician_too_is_renamed_there_as_well_and_keeps_an_address() {
    let practice = TestPractice::begin().await;
    let ida = practice.clinician("Ida").await;
    let both = practice.client("Ida", &[]).await;
    let admin = &practice.admin;
    let read = "query($id: ID!) { clinician(id: $id) { displayName } practice { selfScheduling { revision } } }";
    let before = admin.run(read, json!({ "id": ida.id })).await;
    admin.done("updateClient", SHOWN, of(&both, json!({ "displayName": "Ida Moss" }))).await;
    let after = admin.run(read, json!({ "id": ida.id })).await;
    assert_eq!(after["clinician"]["displayName"], "Ida Moss");
    assert_ne!(after["practice"], before["practice"], "a clinician's name is part of the settings");
    let refused = admin.call("updateClient", SHOWN, of(&both, json!({ "email": " " }))).await;
    assert_eq!(
        (&refused["errors"][0]["code"], &refused["errors"][0]["field"]),
        (&json!("INVALID_INPUT"), &json!(["input", "email"]))
    );
    admin.done("updateClient", SHOWN, of(&both, json!({ "email": "moss@practice.test" }))).await;
}

async fn what_is_no_name_or_no_free_address_is_refused_by_its_field_and_admins_alone_may() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let (admin, elsewhere) = (&practice.admin, practice.admin_elsewhere().await);
    let before = sums(&practice).await;
    for (more, code, field) in [
        (json!({ "displayName": "" }), "INVALID_INPUT", "displayName"),
        (json!({ "displayName": "x".repeat(201) }), "INVALID_INPUT", "displayName"),
        (json!({ "displayName": "Cassie", "email": "cassie" }), "INVALID_INPUT", "email"),
        (json!({ "displayName": "Cassie", "email": "dana@practice.test" }), "ALREADY_EXISTS", "email"),
        (json!({ "clientId": "casey" }), "INVALID_INPUT", "clientId"),
    ] {
        let refused = admin.call("updateClient", SHOWN, of(&casey, more)).await;
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(["input", field])), "{refused}");
        assert!(!text(&error["message"]).contains("Dana"), "it tells of nobody: {error}");
    }
    let input = json!({ "input": of(&casey, json!({ "displayName": "Cassie" })) });
    for (person, code) in [(&dana, "FORBIDDEN"), (&casey, "FORBIDDEN"), (&elsewhere, "NOT_FOUND")] {
        assert_eq!(person.denied(&mutation("updateClient", ""), input.clone()).await.0, code);
    }
    assert_eq!(sums(&practice).await, before, "a refused change saved something");
}

crate::support::tests!(
    a_name_and_an_address_are_read_by_everybody_at_once_and_the_log_has_neither,
    who_is_a_clinician_too_is_renamed_there_as_well_and_keeps_an_address,
    what_is_no_name_or_no_free_address_is_refused_by_its_field_and_admins_alone_may,
);
