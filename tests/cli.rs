//! The program as an operator runs it: real processes, real files, real signals.

#[path = "cli/issuer.rs"]
mod issuer;
mod program;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use frontdesk::domain::ids::PracticeId;
use frontdesk::store::{DatabaseUrl, Store};
use program::{Place, Server, Watch, call};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

fn create_practice(place: &Place) -> String {
    place.ok(&[
        "practice",
        "create",
        "--name",
        "Riverbend",
        "--time-zone",
        "America/New_York",
        "--admin-email",
        "Avery@Practice.Test",
    ])
}

#[test]
fn a_practice_begins_from_the_command_line_in_files_that_only_their_owner_can_read() {
    let place = Place::new();
    let practice = create_practice(&place);
    assert!(practice.starts_with("practice_") && practice.len() == 41, "{practice}");
    let token = place.ok(&["token", "avery@practice.test"]);
    assert_eq!(token.split('.').count(), 3, "a token and nothing else: {token}");
    let server = Server::start(&place, &SERVE);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |file: &str| {
            let file = place.path().join(file).metadata().unwrap_or_else(|error| panic!("{file}: {error}"));
            file.permissions().mode() & 0o777
        };
        for end in ["", "-wal", "-shm", ".lock", ".server", ".secret"] {
            assert_eq!(mode(&format!("frontdesk.db{end}")), 0o600, "frontdesk.db{end}");
        }
    }
    assert_eq!(call(&place, &server.url(), &token, "{ viewer { roles } }", "viewer.roles.0"), "ADMIN");
    let switch = "{ practice { selfScheduling { enabled } } }";
    assert_eq!(call(&place, &server.url(), &token, switch, "practice.selfScheduling.enabled"), "false");
}

#[test]
fn the_version_and_the_log_of_a_start_name_the_release_of_the_tz_database() {
    let place = Place::new();
    let release = frontdesk::domain::time::TZ_DATABASE;
    assert!(place.ok(&["--version"]).contains(&format!("tz database {release}")));
    create_practice(&place);
    let mut server = Server::start(&place, &SERVE);
    assert!(server.line("tz_database").contains(release));
}

#[test]
fn a_text_variable_may_be_all_digits() {
    let place = Place::new();
    create_practice(&place);
    let server = Server::start(&place, &SERVE);
    let token = place.ok(&["token", "avery@practice.test"]);
    let add = "mutation($name: String!, $minutes: Int!) {
        createService(input: { name: $name, durationMinutes: $minutes, modality: EITHER }) { service { name } } }";
    let arguments =
        ["call", add, "--url", &server.url(), "--token", &token, "--var", "name=123", "--var", "minutes=50"];
    assert_eq!(place.ok(&[&arguments[..], &["--pick", "createService.service.name"]].concat()), "123");
}

/// On Linux: closing a second handle of a file ends all locks that the process holds on it.
#[cfg(target_os = "linux")]
#[test]
fn a_database_that_is_opened_again_in_its_process_keeps_its_locks() {
    let place = Place::new();
    place.ok(&["migrate"]);
    let file = place.path().join("frontdesk.db");
    let url = DatabaseUrl::parse(&format!("sqlite://{}", file.display())).expect("an address");
    let inode = format!(":{} ", std::os::unix::fs::MetadataExt::ino(&file.metadata().expect("a file")));
    let locks = || {
        let all = std::fs::read_to_string("/proc/locks").expect("the kernel's list");
        all.lines().filter(|line| line.contains(&inode)).count()
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let _first = Store::open(&url).await.expect("opened");
        assert_eq!(locks(), 1, "a shared lock, as long as it is open");
        let _second = Store::open(&url).await.expect("opened again");
        assert_eq!(locks(), 1);
    });
}

#[test]
fn a_server_stops_cleanly_on_either_signal() {
    let place = Place::new();
    create_practice(&place);
    for signal in ["-TERM", "-INT"] {
        let (succeeded, said) = Server::start(&place, &SERVE).stop(signal);
        assert!(succeeded, "{signal}: {said:?}");
        assert_eq!(said.last().map(String::as_str), Some("frontdesk has stopped."));
    }
}

#[test]
fn a_server_that_has_stopped_leaves_everything_in_one_file_that_can_be_copied() {
    let place = Place::new();
    create_practice(&place);
    let server = Server::start(&place, &SERVE);
    let token = place.ok(&["token", "avery@practice.test"]);
    let service = "mutation { createService(input: { name: \"Therapy\", durationMinutes: 50, modality: EITHER }) {
        service { id } errors { code } } }";
    let id = call(&place, &server.url(), &token, service, "createService.service.id");
    assert!(server.stop("-TERM").0);
    let elsewhere = Place::new();
    for file in ["frontdesk.db", "frontdesk.db.secret"] {
        std::fs::copy(place.path().join(file), elsewhere.path().join(file)).expect("copied");
    }
    let server = Server::start(&elsewhere, &SERVE);
    let found = call(&elsewhere, &server.url(), &token, "{ practice { services { id } } }", "practice.services.0.id");
    assert_eq!(found, id);
}

#[test]
fn a_file_that_is_served_is_neither_served_twice_nor_replaced() {
    let place = Place::new();
    let demo = Server::start(&place, &["demo", "--listen", "127.0.0.1:0"]);
    for second in [
        &["demo", "--fresh", "--listen", "127.0.0.1:0"][..],
        &["serve", "--listen", "127.0.0.1:0", "--database-url", "sqlite://frontdesk-demo.db"],
    ] {
        let complaint = place.fails(second);
        assert!(complaint.contains("Another frontdesk serves frontdesk-demo.db already."), "{complaint}");
    }
    let admin = place.ok(&["token", "admin@demo.test", "--database-url", "sqlite://frontdesk-demo.db"]);
    let count = "{ practice { clients { totalCount } } }";
    assert_eq!(call(&place, &demo.url(), &admin, count, "practice.clients.totalCount"), "400");
}

#[test]
fn a_demo_that_was_interrupted_while_it_was_made_is_made_anew() {
    let place = Place::new();
    let mut command = place.command(&["demo", "--listen", "127.0.0.1:0"]);
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(process.stderr.take().expect("piped")).lines();
    lines.next().expect("its first progress").expect("text");
    process.kill().expect("killed");
    process.wait().expect("it ends");
    assert!(!place.path().join("frontdesk-demo.db").exists());
    let demo = Server::start(&place, &["demo", "--listen", "127.0.0.1:0"]);
    let admin = place.ok(&["token", "admin@demo.test", "--database-url", "sqlite://frontdesk-demo.db"]);
    let count = "{ practice { clients { totalCount } } }";
    assert_eq!(call(&place, &demo.url(), &admin, count, "practice.clients.totalCount"), "400");
}

/// A request whose body does not come, and which the server has taken.
fn stall(place: &Place, server: &Server) -> std::net::TcpStream {
    let mut stalled = std::net::TcpStream::connect(&server.address).expect("connected");
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{";
    stalled.write_all(head.as_bytes()).expect("sent");
    // Answered on another connection, so the stalled one has been taken by now.
    place.fails(&["call", "{ viewer { roles } }", "--url", &server.url(), "--token", "x"]);
    stalled
}

#[test]
fn a_request_that_stalls_holds_a_stop_up_only_until_the_second_signal() {
    let place = Place::new();
    create_practice(&place);
    let mut server = Server::start(&place, &SERVE);
    let _stalled = stall(&place, &server);
    server.signal("-TERM");
    server.until_said("again to stop at once");
    assert!(server.process.try_wait().expect("asked").is_none(), "it waits for the request");
    server.signal("-TERM");
    assert_eq!(server.process.wait().expect("it ends").code(), Some(1));
}

#[test]
fn a_request_that_stalls_is_cut_at_the_bound_of_a_stop_which_still_ends_well() {
    let place = Place::new();
    create_practice(&place);
    let server = Server::start(&place, &SERVE);
    let _stalled = stall(&place, &server);
    let (ended_well, said) = server.stop("-TERM");
    assert!(ended_well && said.iter().any(|line| line.contains("in 10 seconds (stop_seconds) were cut")), "{said:?}");
}

#[test]
fn mistakes_get_the_next_step_and_make_nothing() {
    let place = Place::new();
    let no_database = place.fails(&["token", "avery@practice.test"]);
    assert!(no_database.contains("--database-url"), "{no_database}");
    assert!(!place.path().join("frontdesk.db").exists(), "a mistyped path makes no database");
    let zone =
        place.fails(&["practice", "create", "--name", "R", "--time-zone", "New York", "--admin-email", "a@b.test"]);
    assert!(zone.contains("America/New_York"), "{zone}");
    create_practice(&place);
    let nobody = place.fails(&["token", "nobody@practice.test"]);
    assert!(nobody.contains("nobody@practice.test"), "{nobody}");
    let ttl = place.fails(&["token", "avery@practice.test", "--ttl", "soon"]);
    assert!(ttl.contains("such as 1h"), "{ttl}");
    let postgres = place.fails(&["serve", "--database-url", "mysql://x"]);
    assert!(postgres.contains("sqlite://"), "{postgres}");
    for (argument, address, form) in
        [("--database-url", "mysql://a:hush@b/c", "sqlite://"), ("--bus", "redis://a:hush@b", "nats://")]
    {
        let told = place.fails(&["serve", argument, address]);
        assert!(told.contains(argument) || told.contains(form), "{told}");
        assert!(!told.contains("hush"), "{told}");
    }
    let none = place.fails(&["watch", "--token", "x", "--count", "0"]);
    assert!(none.contains("--count"), "{none}");
    let short = place.fails(&["token", "avery@practice.test", "--signing-secret", "short"]);
    assert!(short.contains("32"), "{short}");
}

#[test]
fn an_address_that_is_taken_is_told_before_anything_is_made() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let complaint = place.fails(&["serve", "--listen", &address]);
    assert!(complaint.contains("--listen"), "{complaint}");
    assert!(!place.path().join("frontdesk.db").exists());
}

#[test]
fn the_schema_is_printed_and_the_database_is_migrated() {
    let place = Place::new();
    assert!(place.ok(&["schema"]).contains("type Mutation {"));
    assert!(place.ok(&["migrate"]).contains("frontdesk.db is up to date."));
    assert!(place.path().join("frontdesk.db").exists());
}

#[test]
fn programs_that_start_at_once_on_a_new_database_migrate_it_once() {
    let place = Place::new();
    let start =
        |_| place.command(&["migrate"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let started: Vec<_> = (0..4).map(start).collect();
    for process in started {
        let output = process.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_demo_serves_a_sample_practice_with_everything_off_and_watch_survives_a_restart() {
    let place = Place::new();
    let demo = Server::start(&place, &["demo", "--listen", "127.0.0.1:0", "--no-console"]);
    let (url, address) = (demo.url(), demo.address.clone());
    let sample = ["--database-url", "sqlite://frontdesk-demo.db"];
    let token = |email: &str| place.ok(&["token", email, sample[0], sample[1]]);
    let (admin, dana, casey) = (token("admin@demo.test"), token("dana@demo.test"), token("casey@demo.test"));
    let run = |token: &str, query: &str, path: &str| call(&place, &url, token, query, path);
    assert_eq!(run(&admin, "{ practice { clinicians { totalCount } } }", "practice.clinicians.totalCount"), "18");
    assert_eq!(run(&admin, "{ practice { clients { totalCount } } }", "practice.clients.totalCount"), "400");
    assert_eq!(
        run(&admin, "{ practice { clinicians(bookable: true) { totalCount } } }", "practice.clinicians.totalCount"),
        "0"
    );
    token("robin@demo.test");

    let clinician = run(&dana, "{ viewer { clinician { id } } }", "viewer.clinician.id");
    let service = run(&dana, "{ practice { services { id } } }", "practice.services.1.id");
    run(
        &admin,
        "mutation { setPracticeSelfScheduling(input: { enabled: true }) { errors { code } } }",
        "setPracticeSelfScheduling",
    );
    let open = format!(
        "mutation {{
            a: setClinicianSelfScheduling(input: {{ clinicianIds: [\"{clinician}\"], enabled: true, audience: ALL_MY_CLIENTS }}) {{ errors {{ code }} }}
            b: setOfferedServices(input: {{ clinicianId: \"{clinician}\", serviceIds: [\"{service}\"] }}) {{ errors {{ code }} }}
            c: setWeeklyHours(input: {{ clinicianId: \"{clinician}\", hours: [{{ weekday: TUESDAY, opensAt: \"14:00\", closesAt: \"18:00\" }}] }}) {{ errors {{ code }} }} }}"
    );
    run(&dana, &open, "c");

    let mut watch = Watch::start(&place, &url, &dana, &[]);
    let ask = |number: usize| {
        let now = chrono::Utc::now();
        let (from, to) = (now.to_rfc3339(), (now + chrono::Duration::days(30)).to_rfc3339());
        let slots = format!(
            "{{ clinician(id: \"{clinician}\") {{ availableSlots(serviceId: \"{service}\", from: \"{from}\", to: \"{to}\") {{ slots {{ startsAt }} }} }} }}"
        );
        let start = run(&casey, &slots, "clinician.availableSlots.slots.0.startsAt");
        let request = format!(
            "mutation {{ requestAppointment(input: {{ clinicianId: \"{clinician}\", serviceId: \"{service}\", startsAt: \"{start}\", idempotencyKey: \"key {number}\" }}) {{ appointmentRequest {{ id }} errors {{ message }} }} }}"
        );
        run(&casey, &request, "requestAppointment.appointmentRequest.id")
    };
    let first = ask(1);
    assert!(watch.next().contains(&first));

    // Killed, not stopped; what is asked for while Dana is away comes when she is back.
    let (_, _) = demo.stop("-KILL");
    watch.until_said("Connecting again");
    let demo = Server::start(&place, &["demo", "--listen", &address]);
    let second = ask(2);
    let third = ask(3);
    assert!(watch.next().contains(&second));
    assert!(watch.next().contains(&third));
    assert!(demo.stop("-TERM").0);
}

#[test]
fn what_a_request_leaves_in_the_log_bears_the_id_that_its_caller_is_told() {
    let place = Place::new();
    let practice = create_practice(&place);
    let token = place.ok(&["token", "avery@practice.test"]);
    let mut server = Server::start(&place, &["serve", "--listen", "127.0.0.1:0", "--limit", "request_seconds=1"]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let id = runtime.block_on(async {
        let url = format!("sqlite://{}", place.path().join("frontdesk.db").display());
        let store = Store::open(&DatabaseUrl::parse(&url).expect("an address")).await.expect("a database");
        // While it is held nobody else writes.
        let _held = store.write(PracticeId::parse(&practice).expect("an id")).await.expect("the lock");
        let change = "mutation { setPracticeSelfScheduling(input: { enabled: true }) { errors { code } } }";
        let request = reqwest::Client::new().post(format!("{}/graphql", server.url())).bearer_auth(&token);
        let answer = request.json(&serde_json::json!({ "query": change })).send().await.expect("an answer");
        let header = answer.headers()["x-request-id"].to_str().expect("a text").to_owned();
        let told: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(told["errors"][0]["extensions"]["requestId"], header.as_str(), "{told}");
        header
    });
    let line = server.line("took too long");
    assert!(line.contains(&id), "{id} is not in “{line}”");
    assert!(!line.contains(&token), "{line}");
}
