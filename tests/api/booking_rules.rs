//! Booking rules: inherited practice → clinician → service, shown with where they were set, and binding as shown.

use serde_json::{Value, json};

use crate::support::{CONFIRM, Person, REQUEST, TestPractice, at, text};

/// Each rule with its bounds, as the schema says them.
const RULES: [(&str, i64, i64); 10] = [
    ("slotIntervalMinutes", 5, 1440),
    ("bufferBeforeMinutes", 0, 720),
    ("bufferAfterMinutes", 0, 720),
    ("minimumNoticeMinutes", 0, 525_600),
    ("bookingHorizonDays", 1, 730),
    ("maxPerDay", 1, 1000),
    ("maxPerWeek", 1, 7000),
    ("maxPendingPerClient", 1, 1000),
    ("responseDeadlineHours", 1, 8760),
    ("cancellationNoticeHours", 0, 8760),
];
const IMPACT: &str =
    "impact { dryRun revision clientsGainingCount clientsLosingCount warnings { code clinician { id } } }";
/// Tuesday 2027-01-12 at 14:00, 15:00 and 16:00 in New York, and the Tuesday after.
const TWO: &str = "2027-01-12T19:00:00Z";
const THREE: &str = "2027-01-12T20:00:00Z";
const FOUR: &str = "2027-01-12T21:00:00Z";
const WEDNESDAY: &str = "2027-01-13T19:00:00Z";
const NEXT_WEEK: &str = "2027-01-19T19:00:00Z";

/// Every rule that holds for a clinician, or for one of their services: its value and where it was set.
async fn in_force(person: &Person, clinician: &str, service: Option<&str>) -> Value {
    let fields = RULES.map(|(name, ..)| format!("{name} {{ value source }}")).join(" ");
    let query = format!(
        "query($clinician: ID!, $service: ID) {{ clinician(id: $clinician) {{ selfScheduling {{
            rules(serviceId: $service) {{ {fields} }} }} }} }}"
    );
    let mut answer = person.run(&query, json!({ "clinician": clinician, "service": service })).await;
    answer["clinician"]["selfScheduling"]["rules"].take()
}

/// How many January starts a client sees at a clinician, by date.
async fn days(client: &Person, clinician: &Person, practice: &TestPractice) -> Vec<String> {
    let ids = json!({ "clinician": clinician.id, "service": practice.service_id });
    let found = client.run(crate::support::SLOTS, ids).await;
    let slots = found["clinician"]["availableSlots"]["slots"].as_array().expect("slots").clone();
    let mut days: Vec<_> = slots.iter().map(|slot| text(&slot["localStart"])[..10].to_owned()).collect();
    days.dedup();
    days
}

async fn a_value_holds_at_its_level_and_below_until_it_is_taken_away_and_says_where_it_was_set() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let (admin, service) = (&practice.admin, practice.service_id.as_str());
    let other = practice.service("Intake", 90).await;
    let levels = [
        (json!({}), "PRACTICE", 1),
        (json!({ "clinicianId": dana.id }), "CLINICIAN", 2),
        (json!({ "serviceId": service }), "SERVICE", 3),
    ];
    let expected = |source: &str, above: i64| {
        let value = |least: i64| json!({ "value": least + above, "source": source });
        Value::Object(RULES.map(|(name, least, _)| (name.to_owned(), value(least))).into_iter().collect())
    };
    let (mut above, mut set) = (Vec::new(), json!(null));
    for (of, source, more) in &levels {
        let mut input = of.clone();
        RULES.iter().for_each(|(name, least, _)| input[*name] = json!(least + more));
        set = admin.done("setBookingRules", "practice { id } clinician { id } service { id }", input).await;
        above.push(expected(source, *more));
        assert_eq!(in_force(admin, &dana.id, Some(service)).await, *above.last().expect("one"), "{source}");
    }
    assert_eq!((&set["clinician"], &set["service"]["id"]), (&json!(null), &json!(service)), "whose rules were set");
    assert_eq!(in_force(&dana, &dana.id, None).await, above[1], "a service that sets none");
    assert_eq!(in_force(&dana, &dana.id, Some(&other)).await, above[1], "another service");
    assert_eq!(in_force(&dana, &ida.id, None).await, above[0], "another clinician");
    assert_eq!(in_force(&dana, &ida.id, Some(service)).await, above[2], "the service's comes with it to everybody");
    // Null takes away, at the nearest level first; what is left out stays.
    for (level, of) in [(1, &levels[2].0), (0, &levels[1].0)] {
        let mut input = of.clone();
        RULES.iter().skip(1).for_each(|(name, ..)| input[*name] = json!(null));
        admin.done("setBookingRules", "", input).await;
        let rules = in_force(admin, &dana.id, Some(service)).await;
        let kept = &RULES[0].0;
        assert_eq!(rules[*kept], above[2][*kept], "left out, so it stays");
        RULES.iter().skip(1).for_each(|(name, ..)| assert_eq!(rules[*name], above[level][*name], "{name}"));
    }
    let told = admin.run("{ practice { services { name rules { maxPerDay slotIntervalMinutes } } } }", json!({})).await;
    let own = json!([{ "name": "Intake", "rules": { "maxPerDay": null, "slotIntervalMinutes": null } },
        { "name": "Therapy session", "rules": { "maxPerDay": null, "slotIntervalMinutes": 8 } }]);
    assert_eq!(told["practice"]["services"], own, "what the service sets itself");
}

async fn the_practices_caps_can_be_taken_away_and_nothing_else_of_its_rules() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let caps = json!({ "maxPerDay": 4, "maxPerWeek": 9 });
    practice.admin.done("setBookingRules", "", caps).await;
    practice.admin.done("setBookingRules", "", json!({ "maxPerDay": null })).await;
    let rules = in_force(&dana, &dana.id, None).await;
    assert_eq!(rules["maxPerDay"], json!({ "value": null, "source": "PRACTICE" }), "no cap");
    assert_eq!(rules["maxPerWeek"], json!({ "value": 9, "source": "PRACTICE" }), "left out");
    for (name, ..) in RULES.iter().filter(|(name, ..)| !name.starts_with("maxPerDay") && *name != "maxPerWeek") {
        let mut input = json!({});
        input[*name] = json!(null);
        let refused = practice.admin.call("setBookingRules", "", input).await;
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("INVALID_INPUT"), &json!(["input", name])), "{refused}");
    }
}

async fn a_value_outside_its_bounds_is_refused_by_its_field_at_every_level_and_nothing_is_saved() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let service = &practice.service_id;
    for of in [json!({}), json!({ "clinicianId": dana.id }), json!({ "serviceId": service })] {
        for (name, least, most) in RULES {
            for lawful in [least, most] {
                let mut input = of.clone();
                input[name] = json!(lawful);
                practice.admin.done("setBookingRules", "", input).await;
            }
            let before = practice.snapshot().await["selfScheduling"].take();
            for wrong in [least - 1, most + 1] {
                // A rule that is fine stands beside it: nothing of both is saved.
                let mut input = of.clone();
                input["minimumNoticeMinutes"] = json!(77);
                input[name] = json!(wrong);
                let refused = practice.admin.call("setBookingRules", "practice { id }", input).await;
                let error = &refused["errors"][0];
                assert_eq!((&error["code"], &error["field"]), (&json!("INVALID_INPUT"), &json!(["input", name])));
                assert!(text(&error["message"]).contains(&format!("from {least} to {most}")), "{refused}");
                assert_eq!(refused["practice"], json!(null));
            }
            assert_eq!(practice.snapshot().await["selfScheduling"], before, "{name}");
        }
    }
    let both = json!({ "clinicianId": dana.id, "serviceId": service, "maxPerDay": 3 });
    let refused = practice.admin.call("setBookingRules", "", both).await;
    assert_eq!(refused["errors"][0]["field"], json!(["input", "serviceId"]), "{refused}");
}

async fn what_is_previewed_is_what_happens_and_a_stale_revision_is_refused() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let before = (practice.snapshot().await, in_force(&dana, &dana.id, None).await);
    // Two days' notice, and nobody can book further than tomorrow.
    let input = json!({ "clinicianId": dana.id, "minimumNoticeMinutes": 3000, "bookingHorizonDays": 1 });
    let with = |field: &str, value: Value| {
        let mut changed = input.clone();
        changed[field] = value;
        changed
    };
    let shown =
        format!("{IMPACT} clinician {{ selfScheduling {{ rules {{ bookingHorizonDays {{ value source }} }} }} }}");
    let preview = dana.done("setBookingRules", &shown, with("dryRun", json!(true))).await;
    assert_eq!((practice.snapshot().await, in_force(&dana, &dana.id, None).await), before, "a dry run saved something");
    let rules = &preview["clinician"]["selfScheduling"]["rules"];
    assert_eq!(rules["bookingHorizonDays"], json!({ "value": 1, "source": "CLINICIAN" }), "as it would be");
    let warned = json!([{ "code": "NOTICE_BEYOND_HORIZON", "clinician": { "id": dana.id } }]);
    assert_eq!(preview["impact"]["warnings"], warned, "such rules leave no time");
    let revision = preview["impact"]["revision"].clone();
    let done = dana.done("setBookingRules", &shown, with("expectedRevision", revision.clone())).await;
    assert_eq!((&done["clinician"], &done["impact"]["warnings"]), (&preview["clinician"], &warned));
    assert_eq!(days(&casey, &dana, &practice).await, Vec::<String>::new(), "and there is none");
    let stale = dana.call("setBookingRules", "", with("expectedRevision", revision)).await;
    assert_eq!(stale["errors"][0]["code"], "STALE_REVISION");
    assert_ne!(practice.snapshot().await["latestCursor"], before.0["latestCursor"], "the log tells of it");
}

async fn the_rules_of_the_practice_and_of_services_are_the_admins_and_a_clinicians_own_are_theirs_too() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let casey = practice.client("Casey", &[&dana]).await;
    let rules = |of: &str, id: &str| {
        let mut input = json!({ "bufferAfterMinutes": 10 });
        if !of.is_empty() {
            input[of] = json!(id);
        }
        json!({ "input": input })
    };
    let call = crate::support::mutation("setBookingRules", "");
    let (service, others) = (rules("serviceId", &practice.service_id), rules("clinicianId", &ida.id));
    for (person, input) in [(&dana, rules("", "")), (&dana, service), (&dana, others), (&casey, rules("", ""))] {
        assert_eq!(person.denied(&call, input.clone()).await.0, "FORBIDDEN", "{input}");
    }
    let missing = rules("serviceId", &format!("service_{}", "0".repeat(32)));
    assert_eq!(practice.admin.denied(&call, missing).await.0, "NOT_FOUND");
    let done = dana.run(&call, rules("clinicianId", &dana.id)).await;
    assert_eq!(done["answer"]["errors"], json!([]));
    let told = in_force(&casey, &dana.id, None).await;
    assert_eq!(told["bufferAfterMinutes"], json!({ "value": 10, "source": "CLINICIAN" }), "no secret to a client");
}

async fn a_cap_counts_what_waits_and_what_is_confirmed_and_is_refused_on_write_as_well_as_hidden() {
    for (rule, other_day) in [("maxPerDay", None), ("maxPerWeek", Some("2027-01-13"))] {
        let practice = TestPractice::begin().await;
        let (dana, casey) = practice.open_practice().await;
        let jordan = practice.client("Jordan", &[&dana]).await;
        practice.open(&dana, &[&casey, &jordan]).await;
        let window = |day: &str| json!({ "weekday": day, "opensAt": "14:00", "closesAt": "18:00" });
        let hours = json!({ "clinicianId": dana.id, "hours": [window("TUESDAY"), window("WEDNESDAY")] });
        dana.done("setWeeklyHours", "", hours).await;
        let mut input = json!({ "clinicianId": dana.id });
        input[rule] = json!(1);
        dana.done("setBookingRules", "", input.clone()).await;
        let free = async || days(&jordan, &dana, &practice).await;
        let everything = free().await;
        let made = casey.run(REQUEST, practice.asking(&dana, TWO)).await["requestAppointment"].take();
        let id = text(&made["appointmentRequest"]["id"]);
        let full: Vec<_> = ["2027-01-12"].into_iter().chain(other_day).collect();
        let left: Vec<_> = everything.iter().filter(|day| !full.contains(&day.as_str())).cloned().collect();
        assert_eq!(left.len() + full.len(), everything.len(), "they were free before: {everything:?}");
        for is_confirmed in [false, true] {
            if is_confirmed {
                dana.run(CONFIRM, json!({ "id": id })).await;
            }
            assert_eq!(free().await, left, "{rule}: hidden, and nothing else");
            let refused = jordan.run(REQUEST, practice.asking(&dana, THREE)).await["requestAppointment"].take();
            assert_eq!(refused["errors"][0]["code"], "LIMIT_REACHED", "{rule}: {refused}");
            let next = if rule == "maxPerDay" { WEDNESDAY } else { NEXT_WEEK };
            assert_eq!(refused["alternatives"][0]["startsAt"], next, "{rule}: the next that may be");
        }
        input[rule] = json!(null);
        dana.done("setBookingRules", "", input).await;
        assert_eq!(free().await, everything, "{rule}: without the cap only the held time is taken");
        let made = jordan.run(REQUEST, practice.asking(&dana, THREE)).await["requestAppointment"].take();
        assert_eq!(made["errors"], json!([]), "{rule}");
    }
}

async fn a_request_lives_as_long_as_the_nearest_deadline_says_and_keeps_it() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let levels = [
        (json!({}), 48, TWO),
        (json!({ "clinicianId": dana.id }), 24, THREE),
        (json!({ "serviceId": practice.service_id }), 12, FOUR),
    ];
    for (mut of, hours, start) in levels {
        of["responseDeadlineHours"] = json!(hours);
        practice.admin.done("setBookingRules", "", of).await;
        let made = casey.run(REQUEST, practice.asking(&dana, start)).await["requestAppointment"].take();
        let respond_by = at(&text(&made["appointmentRequest"]["respondBy"]));
        assert_eq!(respond_by - practice.clock.now(), chrono::Duration::hours(hours));
    }
    let query = "{ practice { appointmentRequests { nodes { respondBy } } } }";
    let all = practice.admin.run(query, json!({})).await;
    let nodes = all["practice"]["appointmentRequests"]["nodes"].as_array().expect("nodes").clone();
    let kept: Vec<_> = nodes.iter().map(|node| at(&text(&node["respondBy"])) - practice.clock.now()).collect();
    assert_eq!(kept, [12, 24, 48].map(chrono::Duration::hours), "newest first, each as it was made");
}

crate::support::tests!(
    a_value_holds_at_its_level_and_below_until_it_is_taken_away_and_says_where_it_was_set,
    the_practices_caps_can_be_taken_away_and_nothing_else_of_its_rules,
    a_value_outside_its_bounds_is_refused_by_its_field_at_every_level_and_nothing_is_saved,
    what_is_previewed_is_what_happens_and_a_stale_revision_is_refused,
    the_rules_of_the_practice_and_of_services_are_the_admins_and_a_clinicians_own_are_theirs_too,
    a_cap_counts_what_waits_and_what_is_confirmed_and_is_refused_on_write_as_well_as_hidden,
    a_request_lives_as_long_as_the_nearest_deadline_says_and_keeps_it,
);
