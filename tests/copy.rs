//! Moving a whole practice between databases, and getting it back from a backup: the real program on real databases.

mod engines;
mod program;

use std::io::{BufRead, BufReader, Write};
use std::process::{ExitCode, Stdio};
use std::sync::OnceLock;

use engines::Postgres;
use libtest_mimic::{Arguments, Trial};
use program::{Place, Server, answer, call};

macro_rules! trials {
    ($is_there:expr; $($name:ident),+ $(,)?) => {
        vec![$(Trial::test(stringify!($name), || { $name(); Ok(()) }).with_ignored_flag(!$is_there)),+]
    };
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !arguments.list {
        println!("Copying on {}.", engines::described());
    }
    let mut trials = trials![true;
        a_file_is_copied_while_it_is_served,
        what_is_no_source_is_refused_with_the_next_step_and_nothing_is_made,
    ];
    trials.extend(trials![engines::postgres_is_there();
        a_practice_moves_to_postgresql_and_answers_as_before,
        a_copy_comes_back_the_same_from_postgresql,
        the_guards_are_in_force_on_the_copy,
        a_target_that_is_not_empty_is_refused,
        a_source_of_another_schema_is_refused,
        a_source_that_breaks_a_rule_leaves_the_target_empty,
        a_target_that_changes_what_it_is_given_keeps_nothing,
        a_copy_that_is_killed_leaves_the_target_empty_and_can_be_run_again,
        a_dump_of_postgresql_is_restored_whole,
    ]);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A practice that has been worked in.
struct Sample {
    place: Place,
    url: String,
    secret: String,
    admin: String,
    casey: String,
}

impl Sample {
    /// The one that all tests read; nobody writes to it.
    fn shared() -> &'static Self {
        static SHARED: OnceLock<Sample> = OnceLock::new();
        SHARED.get_or_init(|| {
            let (sample, server) = Self::served();
            assert!(server.stop("-TERM").0);
            sample
        })
    }

    /// One of one's own, with its server.
    fn served() -> (Self, Server) {
        let place = Place::new();
        let server = Server::start(&place, &["demo", "--listen", "127.0.0.1:0", "--no-console"]);
        let url = format!("sqlite://{}", place.path().join("frontdesk-demo.db").display());
        let token = |name: &str| place.ok(&["token", &format!("{name}@demo.test"), "--database-url", &url]);
        let (admin, dana, casey) = (token("admin"), token("dana"), token("casey"));
        let run = |token: &str, query: &str, path: &str| call(&place, &server.url(), token, query, path);
        let clinician = run(&dana, "{ viewer { clinician { id } } }", "viewer.clinician.id");
        let jordan = run(&token("jordan"), "{ viewer { client { id } } }", "viewer.client.id");
        let service = run(&dana, "{ practice { services { id } } }", "practice.services.1.id");
        let url_of_api = server.url();
        let act = |token: &str, query: &str| answer(&place, &url_of_api, token, query);
        act(&admin, "mutation { setPracticeSelfScheduling(input: { enabled: true }) { errors { code } } }");
        act(&dana, &open(&clinician, &service, &jordan));
        // The keys stand in another order for a person than by their bytes.
        for key in ["a", "Z", "é"] {
            let start = run(&casey, &slots(&clinician, &service), "clinician.availableSlots.slots.0.startsAt");
            let asked =
                run(&casey, &request(&clinician, &service, &start, key), "requestAppointment.appointmentRequest.id");
            if key == "a" {
                let confirm = format!(
                    "mutation {{ confirmAppointmentRequest(input: {{ id: \"{asked}\" }}) {{ errors {{ code }} }} }}"
                );
                act(&dana, &confirm);
            }
        }
        let secret = std::fs::read_to_string(place.path().join("frontdesk-demo.db.secret")).expect("it is kept there");
        (Self { place, url, secret, admin, casey }, server)
    }

    fn copy(&self, from: &str, to: &str) -> String {
        self.place.ok(&["copy", "--from", from, "--to", to])
    }

    fn copy_fails(&self, from: &str, to: &str) -> String {
        self.place.fails(&["copy", "--from", from, "--to", to])
    }

    /// What the API answers from a database, to tokens that were issued before any copy.
    fn answers(&self, database: &str) -> [String; 3] {
        let server = Server::start(
            &self.place,
            &["serve", "--listen", "127.0.0.1:0", "--database-url", database, "--signing-secret", &self.secret],
        );
        let asked = [(&self.admin, EVERYTHING), (&self.admin, CLIENTS), (&self.casey, OWN_REQUESTS)];
        let answers = asked.map(|(token, query)| answer(&self.place, &server.url(), token, query));
        assert!(server.stop("-TERM").0);
        answers
    }
}

fn postgres() -> &'static Postgres {
    Postgres::shared().expect("it was found")
}

/// An empty database that orders texts as English does.
fn english_database() -> String {
    let name = new_name();
    let sql = format!("CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'");
    postgres().query("postgres", &sql);
    name
}

/// A database that holds the sample.
fn copied_database() -> String {
    let name = new_name();
    Sample::shared().copy(&Sample::shared().url, &postgres().database(&name));
    name
}

fn new_name() -> String {
    format!("copy_{}", uuid::Uuid::now_v7().simple())
}

/// How many rows frontdesk's tables have, all together.
fn rows_in(database: &str) -> usize {
    tables_in(database)
        .iter()
        .map(|table| postgres().query(database, &format!("SELECT count(*) FROM {table}")))
        .map(|count| count.parse::<usize>().expect("a number"))
        .sum()
}

/// Frontdesk's tables, as the database itself lists them.
fn tables_in(database: &str) -> Vec<String> {
    let sql =
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'seaql_migrations' ORDER BY 1";
    postgres().query(database, sql).lines().map(str::to_owned).collect()
}

fn a_practice_moves_to_postgresql_and_answers_as_before() {
    let (sample, name) = (Sample::shared(), english_database());
    let before = sample.answers(&sample.url);
    let summary = sample.copy(&sample.url, &postgres().url(&name));
    let mut told: Vec<_> = summary.lines().filter_map(|line| line.split_whitespace().next()).collect();
    told.retain(|word| !["table", "all"].contains(word));
    told.sort_unstable();
    assert_eq!(told, tables_in(&name), "every table is copied");
    for table in ["appointments", "appointment_requests", "claims", "client_access", "idempotency_keys", "events"] {
        assert_ne!(postgres().query(&name, &format!("SELECT count(*) FROM {table}")), "0", "{table} shows something");
    }
    assert_eq!(sample.answers(&postgres().url(&name)), before);
}

fn a_copy_comes_back_the_same_from_postgresql() {
    let (sample, name) = (Sample::shared(), english_database());
    let there = sample.copy(&sample.url, &postgres().url(&name));
    let folder = Place::new();
    let back = format!("sqlite://{}", folder.path().join("back.db").display());
    assert_eq!(sample.copy(&postgres().url(&name), &back), there);
    assert_eq!(sample.answers(&back), sample.answers(&sample.url));
}

fn the_guards_are_in_force_on_the_copy() {
    let name = copied_database();
    let refused = |sql: &str| {
        let done = postgres().command("psql").args(["-X", "-d", &name, "-c", sql]).output().expect("psql runs");
        String::from_utf8_lossy(&done.stderr).into_owned()
    };
    assert!(refused("UPDATE events SET kind = kind").contains("events_append_only"));
    assert!(refused("DELETE FROM events").contains("events_append_only"));
    assert!(refused(OVERLAPPING_CLAIM).contains("claims_clinician_overlap"));
}

fn a_target_that_is_not_empty_is_refused() {
    let (sample, name) = (Sample::shared(), copied_database());
    let rows = rows_in(&name);
    let told = sample.copy_fails(&sample.url, &postgres().url(&name));
    assert!(told.contains("is not empty") && told.contains("createdb"), "{told}");
    assert_eq!(rows_in(&name), rows);
}

fn a_source_of_another_schema_is_refused() {
    let (sample, name, target) = (Sample::shared(), copied_database(), new_name());
    let (source, target) = (postgres().url(&name), postgres().database(&target));
    postgres().query(&name, "INSERT INTO seaql_migrations VALUES ('m29990101_000001_later', 0)");
    assert!(sample.copy_fails(&source, &target).contains("newer schema"));
    postgres().query(&name, "DELETE FROM seaql_migrations WHERE version LIKE 'm2999%' OR version LIKE '%event_log'");
    let told = sample.copy_fails(&source, &target);
    assert!(told.contains("older schema") && told.contains("frontdesk migrate"), "{told}");
}

fn a_source_that_breaks_a_rule_leaves_the_target_empty() {
    let (sample, name) = (Sample::shared(), copied_database());
    postgres().query(&name, "ALTER TABLE claims DROP CONSTRAINT claims_clinician_overlap");
    postgres().query(&name, "ALTER TABLE claims DROP CONSTRAINT claims_client_overlap");
    postgres().query(&name, OVERLAPPING_CLAIM);
    let (source, target) = (postgres().url(&name), new_name());
    let told = sample.copy_fails(&source, &postgres().database(&target));
    assert!(told.contains("claims could not be written") && told.contains("Nothing was kept"), "{told}");
    assert!(!tables_in(&target).is_empty(), "it was migrated");
    assert_eq!(rows_in(&target), 0);

    let folder = Place::new();
    let file = format!("sqlite://{}", folder.path().join("target.db").display());
    assert!(sample.copy_fails(&source, &file).contains("claims could not be written"));
    sample.copy(&sample.url, &file);
}

fn a_target_that_changes_what_it_is_given_keeps_nothing() {
    let (sample, target) = (Sample::shared(), new_name());
    let url = postgres().database(&target);
    sample.place.ok(&["migrate", "--database-url", &url]);
    postgres().query(&target, "CREATE FUNCTION louder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.display_name = upper(NEW.display_name); RETURN NEW; END $$");
    postgres().query(&target, "CREATE TRIGGER louder BEFORE INSERT ON members FOR EACH ROW EXECUTE FUNCTION louder()");
    let told = sample.copy_fails(&sample.url, &url);
    assert!(told.contains("two sides of members differ") && told.contains("Nothing was kept"), "{told}");
    assert_eq!(rows_in(&target), 0);
}

fn a_copy_that_is_killed_leaves_the_target_empty_and_can_be_run_again() {
    let (sample, target) = (Sample::shared(), new_name());
    let url = postgres().database(&target);
    sample.place.ok(&["migrate", "--database-url", &url]);
    // Somebody holds the last table, so that the copy stands when all others are written.
    let mut command = postgres().command("psql");
    command.args(["-X", "-q", "-d", &target]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut holder = command.spawn().expect("psql runs");
    let mut says = holder.stdin.take().expect("piped");
    writeln!(says, "BEGIN; LOCK TABLE events IN SHARE MODE;\n\\echo held").expect("it listens");
    let mut heard = String::new();
    BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut heard).expect("its answer");
    assert_eq!(heard, "held\n");

    let mut command = sample.place.command(&["copy", "--from", &sample.url, "--to", &url]);
    let mut copy = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(copy.stderr.take().expect("piped")).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.starts_with("  events: 0 of ")), "it tells how far it is");
    copy.kill().expect("it runs");
    copy.wait().expect("it ends");
    drop(says);
    holder.wait().expect("it ends with its input");

    assert_eq!(rows_in(&target), 0);
    sample.copy(&sample.url, &url);
}

fn a_dump_of_postgresql_is_restored_whole() {
    let (sample, name, restored) = (Sample::shared(), copied_database(), new_name());
    let dump = sample.place.path().join(format!("{name}.dump"));
    let ran = |program: &str, arguments: &[&str]| {
        let done = postgres().command(program).args(arguments).arg(&dump).output().expect("it runs");
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    };
    ran("pg_dump", &["--format=custom", "-d", &name, "--file"]);
    let url = postgres().database(&restored);
    ran("pg_restore", &["--no-owner", "--exit-on-error", "--single-transaction", "-d", &restored]);
    assert_eq!(sample.answers(&url), sample.answers(&sample.url));
    let guards = "SELECT count(*) FROM pg_constraint WHERE contype = 'x' UNION ALL \
                  SELECT count(*) FROM pg_trigger WHERE tgname = 'events_append_only'";
    assert_eq!(postgres().query(&restored, guards), "2\n1", "the guards come back too");
}

fn a_file_is_copied_while_it_is_served() {
    let (sample, server) = Sample::served();
    let folder = Place::new();
    let backup = format!("sqlite://{}", folder.path().join("backup.db").display());
    sample.copy(&sample.url, &backup);
    let told = sample.copy_fails(&sample.url, &backup);
    assert!(told.contains("is not empty") && told.contains("does not exist yet"), "{told}");
    assert!(server.stop("-TERM").0);
    assert_eq!(sample.answers(&backup), sample.answers(&sample.url));
}

fn what_is_no_source_is_refused_with_the_next_step_and_nothing_is_made() {
    let place = Place::new();
    let fails = |from: &str| place.fails(&["copy", "--from", from, "--to", "sqlite://new.db"]);
    assert!(fails("sqlite://missing.db").contains("--from sqlite://PATH"));
    std::fs::write(place.path().join("text.db"), "a text, and no database of any kind").expect("it writes");
    assert!(fails("sqlite://text.db").contains("is not a database of frontdesk"));
    std::fs::write(place.path().join("empty.db"), "").expect("it writes");
    assert!(fails("sqlite://empty.db").contains("is not a database of frontdesk"));
    place.ok(&["migrate", "--database-url", "sqlite://own.db"]);
    assert!(place.fails(&["copy", "--from", "sqlite://own.db", "--to", "sqlite://own.db"]).contains("into itself"));
    assert!(!place.path().join("new.db").exists() && !place.path().join("missing.db").exists());
}

/// A claim on time that its clinician has given away.
const OVERLAPPING_CLAIM: &str = "INSERT INTO claims
    SELECT practice_id, gen_random_uuid(), 'BLOCKED_TIME', clinician_id, NULL, starts_at, ends_at, held_from_at, held_until_at
    FROM claims LIMIT 1";

const EVERYTHING: &str = "{ practice {
    id name timeZone latestCursor
    selfScheduling { enabled revision }
    services { id name durationMinutes modality }
    clinicians(first: 50) { totalCount nodes { id displayName credentials timeZone active
        selfScheduling { enabled audience bookable offeredServices { id } weeklyHours { weekday opensAt closesAt } } } }
    appointmentRequests(first: 50) { totalCount nodes { id status startsAt localStart requestedAt respondBy
        decidedAt version client { displayName } clinician { displayName } service { name } appointment { id status } } } } }";
const CLIENTS: &str = "{ practice { clients(first: 100) { totalCount nodes {
    id displayName email active selfSchedulingBlocked care { startedOn clinician { id } } } } } }";
const OWN_REQUESTS: &str =
    "{ viewer { client { id appointmentRequests(first: 50) { nodes { id status noteToClinician } } } } }";

fn open(clinician: &str, service: &str, blocked: &str) -> String {
    format!(
        "mutation {{
        a: setClinicianSelfScheduling(input: {{ clinicianIds: [\"{clinician}\"], enabled: true, audience: ALL_MY_CLIENTS }}) {{ errors {{ code }} }}
        b: setOfferedServices(input: {{ clinicianId: \"{clinician}\", serviceIds: [\"{service}\"] }}) {{ errors {{ code }} }}
        c: setWeeklyHours(input: {{ clinicianId: \"{clinician}\", hours: [{{ weekday: TUESDAY, opensAt: \"14:00\", closesAt: \"18:00\" }}] }}) {{ errors {{ code }} }}
        d: setClientAccess(input: {{ clinicianId: \"{clinician}\", clientIds: [\"{blocked}\"], access: BLOCKED }}) {{ errors {{ code }} }} }}"
    )
}

fn slots(clinician: &str, service: &str) -> String {
    let now = chrono::Utc::now();
    let (from, to) = (now.to_rfc3339(), (now + chrono::Duration::days(30)).to_rfc3339());
    format!(
        "{{ clinician(id: \"{clinician}\") {{ availableSlots(serviceId: \"{service}\", from: \"{from}\", to: \"{to}\") {{ slots {{ startsAt }} }} }} }}"
    )
}

fn request(clinician: &str, service: &str, start: &str, key: &str) -> String {
    format!(
        "mutation {{ requestAppointment(input: {{ clinicianId: \"{clinician}\", serviceId: \"{service}\", startsAt: \"{start}\",
            idempotencyKey: \"{key}\", noteToClinician: \"Über “die” Zeit 🕐\" }}) {{ appointmentRequest {{ id }} errors {{ message }} }} }}"
    )
}
