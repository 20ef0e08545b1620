//! Moving a whole practice between databases, and getting it back from a backup: the real program on real databases.

#[path = "../engines/mod.rs"]
mod engines;
#[path = "../program/mod.rs"]
mod program;
mod sample;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ExitCode, Stdio};

use engines::Postgres;
use libtest_mimic::{Arguments, Trial};
use program::{Place, Watch, call};
use sample::{Sample, ask};

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
        what_is_written_meanwhile_is_in_no_part_of_the_copy,
        a_dump_of_postgresql_is_restored_whole,
        after_a_restore_the_log_goes_on_where_no_cursor_has_been,
    ]);
    libtest_mimic::run(&arguments, trials).exit_code()
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
    let shown = ["appointments", "appointment_requests", "claims", "client_access", "idempotency_keys", "member_links"];
    for table in shown.into_iter().chain(["events"]) {
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
    for table in ["practice_settings", "clinician_settings"] {
        let start = refused(&format!("UPDATE {table} SET enabled = FALSE, starts_at = 1"));
        assert!(start.contains(&format!("ck_{table}_start")), "{start}");
        let pause = refused(&format!("UPDATE {table} SET paused_at = NULL, paused_by = practice_id"));
        assert!(pause.contains(&format!("ck_{table}_pause")), "{pause}");
        let nobody = refused(&format!("UPDATE {table} SET paused_at = 1, paused_by = practice_id"));
        assert!(nobody.contains(&format!("fk_{table}_paused_by")), "{nobody}");
    }
    assert!(refused(OVERLAPPING_CLAIM).contains("claims_clinician_overlap"));
    for sql in ["UPDATE client_reads SET read_at = 1", "DELETE FROM client_reads", "TRUNCATE client_reads"] {
        assert!(refused(&format!("{A_READ}; {sql}")).contains("client_reads_append_only"), "{sql}");
    }
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
    let (mut copy, hold) = copy_held_at_the_end(sample, &sample.url, &target);
    copy.kill().expect("it runs");
    copy.wait().expect("it ends");
    hold.release();
    assert_eq!(rows_in(&target), 0);
    sample.copy(&sample.url, &url);
}

fn what_is_written_meanwhile_is_in_no_part_of_the_copy() {
    let (sample, name, target) = (Sample::shared(), copied_database(), new_name());
    postgres().database(&target);
    let server = sample.serve(&postgres().url(&name));
    let (mut copy, hold) = copy_held_at_the_end(sample, &postgres().url(&name), &target);
    let (services, events) = ("SELECT count(*) FROM services", "SELECT count(*) FROM events");
    let before = [services, events].map(|count| postgres().query(&name, count));
    sample.add_service(&server, "Meanwhile");
    hold.release();
    assert!(copy.wait().expect("it ends").success());
    assert_eq!([services, events].map(|count| postgres().query(&target, count)), before);
}

/// Somebody who holds a table of a database.
struct Hold(Child, ChildStdin);

impl Hold {
    fn release(mut self) {
        drop(self.1);
        self.0.wait().expect("it ends with its input");
    }
}

/// A copy that has written every table but the last, and cannot write that.
fn copy_held_at_the_end(sample: &Sample, from: &str, target: &str) -> (Child, Hold) {
    let url = postgres().url(target);
    sample.place.ok(&["migrate", "--database-url", &url]);
    let mut command = postgres().command("psql");
    command.args(["-X", "-q", "-d", target]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut holder = command.spawn().expect("psql runs");
    let mut says = holder.stdin.take().expect("piped");
    writeln!(says, "BEGIN; LOCK TABLE events IN SHARE MODE;\n\\echo held").expect("it listens");
    let mut heard = String::new();
    BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut heard).expect("its answer");
    assert_eq!(heard, "held\n");

    let mut command = sample.place.command(&["copy", "--from", from, "--to", &url]);
    let mut copy = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let said = copy.stderr.as_mut().expect("piped");
    let mut lines = BufReader::new(said).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.starts_with("  events: 0 of ")), "it tells how far it is");
    (copy, Hold(holder, says))
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

fn after_a_restore_the_log_goes_on_where_no_cursor_has_been() {
    let (sample, name, backup) = (Sample::shared(), copied_database(), copied_database());
    let server = sample.serve(&postgres().url(&name));
    ["A", "B"].iter().for_each(|name| sample.add_service(&server, name));
    let latest = "{ practice { latestCursor } }";
    let seen = call(&sample.place, &server.url(), &sample.dana, latest, "practice.latestCursor");
    assert!(server.stop("-TERM").0);

    // As docs/deploy.md says it.
    postgres().query(&backup, "UPDATE practices SET last_event = last_event + 1000000");
    let server = sample.serve(&postgres().url(&backup));
    ["C", "D", "E"].iter().for_each(|name| sample.add_service(&server, name));
    let mut watch = Watch::start(&sample.place, &server.url(), &sample.dana, &["--after", &seen]);
    let asked = ask(&sample.place, &server.url(), &sample.casey, [&sample.clinician, &sample.service, "later"]);
    assert!(watch.next().starts_with("RESET"), "what the backup did not have is taken back");
    assert!(watch.next().contains(&asked), "and the stream goes on");
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

/// A look at a client.
const A_READ: &str =
    "INSERT INTO client_reads SELECT c.practice_id, c.id, c.member_id, c.id, 'PROFILE', 0 FROM clients c";

/// A claim on time that its clinician has given away.
const OVERLAPPING_CLAIM: &str = "INSERT INTO claims
    SELECT practice_id, gen_random_uuid(), 'BLOCKED_TIME', clinician_id, NULL, starts_at, ends_at, held_from_at, held_until_at
    FROM claims LIMIT 1";
