//! The architecture's laws, each held by a test that bears its name. A failure says law, place, text and reason.
//! Comments and literals are blanked first. A path is seen whole, also through `use a::{b}` or `super`, but for aliases.

use std::collections::{BTreeMap, BTreeSet};
use std::{path::Path, sync::LazyLock};

const READ: [&str; 5] = ["src", "entity/src", "migration/src", "tests", "schema.graphql"];
const CODE: &[&str] = &["src", "entity", "migration"];
const CODE_AND_TESTS: &[&str] = &["src", "entity", "migration", "tests"];
/// Stands among a law's exceptions: code inside `#[cfg(test)]`, in `*_tests.rs` and in `tests`.
const TEST_CODE: &str = "test code";
/// Words that the design does without, but in libraries' names. `org` is one only as a whole part of a name: `org_id`.
const BANNED: [&str; 8] = ["patient", "provider", "doctor", "customer", "tenant", "padding", "org", "lead_time"];
const OF_LIBRARIES: [&str; 4] = ["CryptoProvider", "DEFAULT_PROVIDER", "builder_with_provider", "default_provider"];
/// Law, file, and why the law cannot hold there. One that is needed no more fails its law.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("every_query_is_scoped_by_practice", "src/store/group_commit.rs", "its savepoints name no table"),
    ("every_query_is_scoped_by_practice", "src/store/postgres.rs", "its lock for migrations is the whole database's"),
    ("every_query_is_scoped_by_practice", "src/store/wake_ups.rs", "a NOTIFY names no table"),
    ("tokens_are_made_and_read_only_in_auth", "tests/api/support/issuer.rs", "its tokens are another's"),
];

/// In these places, but for some, never these texts, whole words each: `entity::` is the crate, not any such word.
struct Law {
    name: &'static str,
    applies_to: &'static [&'static str],
    except: &'static [&'static str],
    forbidden: &'static [&'static str],
    reason: &'static str,
}

macro_rules! laws {
    ($($name:ident, in $applies_to:expr, except $except:expr, never $forbidden:expr, because $reason:expr;)+) => {
        const LAWS: &[Law] = &[$(Law { name: stringify!($name), applies_to: $applies_to, except: &$except,
            forbidden: &$forbidden, reason: $reason }),+];
        $(#[test] fn $name() {
            let law = LAWS.iter().find(|law| law.name == stringify!($name)).expect("in the table");
            for place in law.applies_to.iter().chain(law.except).filter(|place| **place != TEST_CODE) {
                assert!(HOUSE.iter().any(|source| source.is_in(&[place])), "{place} has moved: its law is void");
            }
            hold(law.name, law.reason, |source| law.breaches(source));
        })+
    };
}

laws! {
    the_domain_is_pure, in &["src/domain"], except [],
        never ["sea_orm", "entity::", "migration::", "async_graphql", "async_graphql_axum", "axum", "tokio", "tracing",
            "serde", "serde_json", "jsonwebtoken", "std::env", "std::fs", "std::net", "std::thread", "async", ".await"],
        because "list, write, explanation and impact all call these rules, and agree only if nothing else has a say";
    the_use_cases_know_neither_the_api_nor_the_orm, in &["src/usecases"], except [], never ["sea_orm", "entity::",
            "async_graphql", "axum", "jsonwebtoken", "crate::graphql", "crate::http", "crate::cli"],
        because "an intent is the same whoever asks and wherever it is kept; imports run one way";
    graphql_is_thin, in &["src/graphql"], except [],
        never ["sea_orm", "entity::", "crate::store", "axum", "jsonwebtoken", "crate::http", "crate::cli"],
        because "a resolver that reaches data by itself passes by the use case, its rights and its log";
    rows_are_named_only_in_the_store, in &["src", "migration", "tests"], except ["src/store"],
        never ["entity::", "use entity as", "use entity;"],
        because "a row carries no rule; domain values leave the store, so that tables can change behind it";
    the_orm_is_named_only_in_the_store, in &["src", "tests"], except ["src/store"],
        never ["sea_orm", "sea_orm_migration", "sea_query", "sqlx"],
        because "a query written elsewhere is bound to no practice, and its errors would reach callers";
    the_graphql_library_is_named_only_at_the_api, in CODE, except ["src/graphql", "src/http", TEST_CODE],
        never ["async_graphql"], because "a type derived into the schema cannot change without changing the API";
    the_web_server_is_named_only_in_http, in CODE_AND_TESTS, except ["src/http"], never ["axum", "async_graphql_axum"],
        because "transport is bounded, and can be replaced, in one place";
    tokens_are_made_and_read_only_in_auth, in CODE_AND_TESTS, except ["src/auth"], never ["jsonwebtoken"],
        because "algorithm, expiry and audience are checked in one place, or somewhere they are not";
    the_store_knows_nobody_above_it, in &["src/store"], except [],
        never ["crate::push", "crate::graphql", "crate::http", "crate::auth", "crate::usecases", "crate::cli"],
        because "a store that sends or decides does so inside somebody's transaction; imports run one way";
    push_knows_only_the_log_and_the_clock, in &["src/push"], except [],
        never ["crate::graphql", "crate::http", "crate::auth", "crate::usecases", "crate::cli"],
        because "a reader of the log serves every transport, and changes nothing";
    auth_knows_only_tokens_and_policy, in &["src/auth"], except [],
        never ["crate::graphql", "crate::http", "crate::usecases", "crate::store", "crate::cli"],
        because "the policy is a table, read and tested without a database or a request";
    the_wall_clock_is_read_only_in_the_clock, in CODE, except ["src/clock.rs", TEST_CODE],
        never ["Utc::now", "Local::now", "SystemTime", "Instant::now"],
        because "with a second clock, tests cannot hold time still and one act can see two presents";
    the_environment_is_read_only_by_the_settings, in CODE, except ["src/config.rs", "src/cli", TEST_CODE],
        never ["std::env"], because "every setting has one name, default and bound, checked once at the start";
    every_query_is_scoped_by_practice, in &["src"], except ["src/store/scope.rs", "src/store/operator.rs",
            "src/store/copy"], never ["::find(", "::find_by_id(", "::insert(", "::insert_many(", "::update(",
            "::update_many(", "::delete(", "::delete_many(", "::delete_by_id(", "Entity as", "Statement::",
            "query_all_raw(", "query_one_raw(", "execute_raw(", "stream_raw(", "execute_unprepared(", "sqlx::query",
            "sqlx::query_as", "sqlx::query_scalar", "sqlx::raw_sql"],
        because "it could reach another practice's rows; begin at `Scope`. An alias hides a query; operators ask all";
    every_queue_is_bounded, in CODE_AND_TESTS, except [],
        never ["unbounded_channel", "unbounded(", "UnboundedSender", "UnboundedReceiver", "mpsc::channel()"],
        because "a slow reader would grow the queue until the process dies; bounded, it is told to start over";
    the_program_never_panics_by_design, in &["src"], except [TEST_CODE],
        never [".unwrap()", "Option::unwrap", "Result::unwrap", "todo!", "unimplemented!", "dbg!", "panic!"],
        because "a request ends in an answer; what cannot be is an `expect` that says why it cannot";
    only_the_command_line_prints, in &["src"], except ["src/main.rs", "src/cli", TEST_CODE],
        never ["println!", "print!", "eprintln!", "eprint!"],
        because "operators read one log; a printed line has no level, time or request id";
    no_test_is_put_aside, in CODE_AND_TESTS, except [], never ["#[ignore"],
        because "a test that does not run still says that it holds";
}

macro_rules! special_laws {
    ($($name:ident, by $find:expr, broken_by $([$file:expr, $text:expr]),+, because $reason:expr;)+) => {
        $(#[test] fn $name() {
            let (find, broken): (fn(&Source, &[Source]) -> Found, _) = ($find, [$(Source::read($file, $text)),+]);
            assert!(!find(&broken[0], &broken).is_empty(), "the law can fail");
            hold(stringify!($name), $reason, |source| find(source, &HOUSE));
        })+
    };
}

special_laws! {
    the_domain_names_no_other_room, by ways_out_of_the_domain, broken_by ["src/domain/a.rs", "super::super::clock"],
        because "the judgement depends on its arguments and on nothing else in the house";
    every_file_says_first_what_it_is_for, by |s, _| s.fault(!s.text.starts_with("//!"), 1), broken_by ["a.rs", "// A"],
        because "a reader learns from the first line what a file is for and what it refuses to know";
    no_file_is_longer_than_400_lines, by |s, _| s.fault(s.text.lines().count() > 400, 401),
        broken_by ["a.rs", &"\n".repeat(401)],
        because "what is read at one sitting is understood; a longer one holds two ideas";
    no_function_is_longer_than_70_lines, by long_functions,
        broken_by ["tests/a.rs", &format!("fn a(b: [u8; 2]) {{ if b {{}} {}}}", "\n".repeat(70))],
        because "what is seen at one glance is understood; a longer one holds two ideas";
    every_room_is_on_the_map, by unmapped, broken_by ["src/lib.rs", "pub mod attic;"], ["src/attic.rs", ""],
        because "a newcomer finds a room by its name: src/lib.rs says what each is, by `///` or in a `//!` line";
    no_two_rooms_need_each_other, by circles, broken_by ["src/a/c.rs", "super::super::b"], ["src/b.rs", "crate::a"],
        because "they are one room then: neither is understood, tested or changed alone";
    one_word_names_one_idea, by banned_words, broken_by ["migration/src/a.rs", "const TABLE: &str = \"org_id UUID\";"],
        because "one word per idea in code, columns and schema; the design lists the words";
}

/// The lines that break a law, and what in them does.
type Found = BTreeSet<(usize, String)>;

fn hold(law: &str, reason: &str, find: impl Fn(&Source) -> Found) {
    let mut report = String::new();
    for source in HOUSE.iter() {
        let found = find(source);
        let is_excepted = EXCEPTIONS.iter().any(|(of, file, _)| *of == law && *file == source.file);
        assert!(!is_excepted || !found.is_empty(), "{law}: {} needs its exception no more", source.file);
        for (line, what) in found.iter().filter(|_| !is_excepted) {
            let (file, text) = (&source.file, source.text.lines().nth(line - 1).unwrap_or_default().trim());
            report += &format!("\n{law}\n  at   {file}:{line}\n  text {what}   in   {text}\n  why  {reason}\n");
        }
    }
    assert!(report.is_empty(), "{report}");
}

impl Law {
    fn breaches(&self, source: &Source) -> Found {
        if !source.is_in(self.applies_to) || source.is_in(self.except) {
            return Found::new();
        }
        let code = if self.except.contains(&TEST_CODE) { &source.shipped } else { &source.code };
        let found = |text| places(code, text).into_iter().map(move |(line, _)| (line, text.to_owned()));
        self.forbidden.iter().flat_map(|text| found(text)).collect()
    }
}

fn ways_out_of_the_domain(source: &Source, _: &[Source]) -> Found {
    let is_out = |room: &str| source.is_in(&["src/domain"]) && room != "domain";
    rooms_named(&source.code).filter(|(_, room)| is_out(room)).map(|(line, room)| (line, room.to_owned())).collect()
}

fn long_functions(source: &Source, _: &[Source]) -> Found {
    let lines = |at| source.code[at..item_end(&source.code, at)].matches('\n').count() + 1;
    let lengths = places(&source.code, "fn ").into_iter().map(|(line, at)| (line, lines(at)));
    lengths.filter(|(_, length)| *length > 70).map(|(line, length)| (line, format!("{length} lines"))).collect()
}

fn unmapped(lib: &Source, house: &[Source]) -> Found {
    let lines = lib.text.lines().collect::<Vec<_>>();
    let is_mapped = |room: &str| {
        let (marks, module) = (["", "/", ".rs"].map(|end| format!("`{room}{end}`")), format!("mod {room};"));
        lines.iter().any(|line| line.starts_with("//!") && marks.iter().any(|mark| line.contains(mark)))
            || lines.windows(2).any(|pair| pair[0].starts_with("///") && pair[1].ends_with(&module))
    };
    let rooms = house.iter().filter_map(Source::room).collect::<BTreeSet<_>>();
    let missing = rooms.into_iter().filter(|room| lib.file == "src/lib.rs" && *room != "lib" && !is_mapped(room));
    missing.map(|room| (1, format!("`{room}` is missing"))).collect()
}

fn circles(source: &Source, house: &[Source]) -> Found {
    let ways = house.iter().flat_map(|s| rooms_named(&s.shipped).map(move |(line, to)| ((s.room(), to), (s, line))));
    // Each way once, at its last place.
    let ways = ways.filter_map(|((from, to), place)| Some(((from?, to), place))).collect::<BTreeMap<_, _>>();
    let leads_back = |from: &str, goal: &str| {
        let mut seen = BTreeSet::from([from]);
        while ways.keys().any(|(from, to)| seen.contains(from) && seen.insert(to)) {}
        from != goal && seen.contains(goal)
    };
    let circular = ways.iter().filter(|((from, to), (s, _))| s.file == source.file && leads_back(to, from));
    circular.map(|((from, to), (_, line))| (*line, format!("{from} > {to} > .. > {from}"))).collect()
}

fn banned_words(source: &Source, _: &[Source]) -> Found {
    // Columns stand in literals, and the API's names in the schema: there, all but comment lines is read.
    let is_code = source.is_in(&["src", "entity", "tests"]);
    let text = if is_code { source.code.clone() } else { source.text.replace("example.org", "") };
    let is_comment = |line: &str| ["//", "--", "# "].iter().any(|mark| line.trim_start().starts_with(mark));
    let lines = text.lines().enumerate().filter(|(_, line)| !source.is_in(&["tests"]) && !is_comment(line));
    let words = lines.flat_map(|(at, line)| line.split(is_sign).map(move |word| (at + 1, word.to_owned())));
    words.filter(|(_, word)| is_banned(word)).collect()
}

fn is_banned(name: &str) -> bool {
    let is_camel = name.contains(char::is_lowercase);
    let parts = name.chars().map(|c| if is_camel && c.is_uppercase() { format!("_{c}") } else { c.to_string() });
    let parts = format!("_{}_", parts.collect::<String>().to_lowercase());
    let is_in = |word: &&str| parts.contains(&format!("_{word}_")) || parts.contains(&format!("_{word}s_"));
    !OF_LIBRARIES.contains(&name) && BANNED.iter().any(is_in)
}

static HOUSE: LazyLock<Vec<Source>> = LazyLock::new(|| READ.iter().flat_map(|place| gather(place)).collect());

fn gather(place: &str) -> Vec<Source> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
    if let Ok(entries) = std::fs::read_dir(&path) {
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        return names.collect::<BTreeSet<_>>().iter().flat_map(|name| gather(&format!("{place}/{name}"))).collect();
    }
    let is_read = path.exists() && (place.ends_with(".rs") || READ.contains(&place));
    Vec::from_iter(is_read.then(|| Source::read(place, &std::fs::read_to_string(&path).expect("a text"))))
}

/// A file, and line for line its code, with tests and without.
struct Source {
    file: String,
    text: String,
    code: String,
    shipped: String,
}

impl Source {
    fn read(file: &str, text: &str) -> Self {
        let code = code_of(file, text);
        let mut shipped = if file.starts_with("tests/") || file.ends_with("_tests.rs") { "" } else { &code }.to_owned();
        while let Some(at) = shipped.find("#[cfg(test)]") {
            let end = item_end(&shipped, at + "#[cfg(test)]".len());
            shipped.replace_range(at..end, &"\n".repeat(shipped[at..end].matches('\n').count()));
        }
        Self { file: file.to_owned(), text: text.to_owned(), code, shipped }
    }

    fn is_in(&self, places: &[&str]) -> bool {
        let mut rests = places.iter().filter_map(|place| self.file.strip_prefix(place));
        rests.any(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
    }

    fn room(&self) -> Option<&str> {
        self.file.strip_prefix("src/")?.split('/').next().map(|name| name.trim_end_matches(".rs"))
    }

    fn fault(&self, is_broken: bool, line: usize) -> Found {
        Found::from_iter((is_broken && self.file.ends_with(".rs")).then(|| (line, format!("line {line}"))))
    }
}

fn is_sign(c: char) -> bool {
    !c.is_alphanumeric() && c != '_'
}

/// Where a text stands, not as a part of longer words: line and byte.
fn places(code: &str, text: &str) -> Vec<(usize, usize)> {
    let is_cut = |at: usize| !(code[..at].ends_with(|c| !is_sign(c)) && code[at..].starts_with(|c| !is_sign(c)));
    let found = code.match_indices(text).filter(|(at, _)| is_cut(*at) && is_cut(at + text.len()));
    found.map(|(at, _)| (code[..at].matches('\n').count() + 1, at)).collect()
}

/// The line of each `crate::`, and what stands after it.
fn rooms_named(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let name = |at: usize| code[at + "crate::".len()..].split(is_sign).next().unwrap_or_default();
    places(code, "crate::").into_iter().map(move |(line, at)| (line, name(at)))
}

/// Where an item ends: after its `;`, or after the brace that closes its body.
fn item_end(code: &str, from: usize) -> usize {
    let mut open = Vec::new();
    for (at, sign) in code.char_indices().skip_while(|(at, _)| *at < from) {
        match sign {
            '(' | '[' | '{' => open.push(sign),
            ')' | ']' | '}' if open.pop().is_none_or(|sign| sign == '{' && open.is_empty()) => return at + 1,
            ';' if open.is_empty() => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// Blanks comments and literals, and writes paths out: `a::{b, c}` as `a::b, a::c`, and `super` from the crate on.
fn code_of(file: &str, text: &str) -> String {
    let path = file.strip_prefix("src/").unwrap_or_default().trim_end_matches(".rs").replace("_tests", "/tests");
    let folders = path.split('/').filter(|name| !["", "mod", "lib", "main"].contains(name));
    let mut here = std::iter::once("crate").chain(folders).map(|name| format!("{name}::")).collect::<String>();
    // For each open brace: the path before it where it is a group, and what `here` was.
    let mut braces: Vec<(String, String)> = Vec::new();
    let (mut code, mut rest, mut due) = (String::new(), text, String::new());
    while let Some(first) = rest.chars().next() {
        let blank = blank_length(rest);
        let word = rest.find(is_sign).unwrap_or(rest.len()).max(first.len_utf8());
        let part;
        (part, rest) = rest.split_at(if blank > 0 { blank } else { word });
        match part {
            _ if blank > 0 => code.extend(part.chars().map(|c| if c == '\n' { c } else { ' ' })),
            "{" => {
                let path = code.rfind(|c| is_sign(c) && c != ':').map_or(0, |at| at + 1);
                due = if code.ends_with("::") { code.split_off(path) } else { String::new() };
                braces.push((due.clone(), here.clone()));
                let mut words = code.split_whitespace().rev();
                let module = words.next().filter(|_| due.is_empty() && words.next() == Some("mod"));
                here.extend(module.map(|name| format!("{name}::")));
                code += if due.is_empty() { part } else { "" };
            }
            "}" => {
                (due, here) = braces.pop().unwrap_or_default();
                code += if due.is_empty() { part } else { "" };
                due.clear();
            }
            "," => {
                code += part;
                due = braces.last().map_or(String::new(), |(group, _)| group.clone());
            }
            _ => {
                code += &std::mem::take(&mut due);
                code += if part == "super" && rest.starts_with("::") && !code.ends_with("::") { &here } else { "" };
                code += part;
            }
        }
    }
    while let Some(at) = code.find("::super::") {
        let parent = code[..at].rfind(is_sign).map_or(0, |sign| sign + 1);
        code.replace_range(parent..at + "::super::".len(), "");
    }
    code
}

/// How long the space, comment or literal is that begins here.
fn blank_length(text: &str) -> usize {
    let through = |from: usize, end: &str| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    match text.as_bytes() {
        [b'/', b'/', ..] => through(0, "\n"),
        [b'/', b'*', ..] => {
            let mut end = 2;
            while through(end, "/*") < through(end, "*/") {
                let inner = through(end, "/*") - 2;
                end = inner + blank_length(&text[inner..]);
            }
            through(end, "*/")
        }
        [b'b' | b'c', b'"' | b'\'', ..] => 1 + blank_length(&text[1..]),
        [b'"' | b'\'', next, ..] if text.starts_with('"') || *next == b'\\' || text.chars().nth(2) == Some('\'') => {
            let mut is_escaped = false;
            let closes = |c: char| {
                let was_escaped = std::mem::take(&mut is_escaped);
                is_escaped = !was_escaped && c == '\\';
                !was_escaped && text.starts_with(c)
            };
            text[1..].find(closes).map_or(text.len(), |at| at + 2)
        }
        [b'r', ..] | [b'b' | b'c', b'r', ..] => {
            let marks = text.trim_start_matches(['b', 'c']).trim_start_matches('r');
            let quoted = marks.trim_start_matches('#');
            let close = format!("\"{}", &marks[..marks.len() - quoted.len()]);
            if quoted.starts_with('"') { through(text.len() - quoted.len() + 1, &close) } else { 0 }
        }
        _ => text.len() - text.trim_start().len(),
    }
}

#[test]
fn each_law_catches_a_breach() {
    for (law, text) in LAWS.iter().flat_map(|law| law.forbidden.iter().map(move |text| (law, text))) {
        let count = |place: &str, code: &str| law.breaches(&Source::read(&format!("{place}/a.rs"), code)).len();
        let prose = format!("// {text}\n/* {text} */ r#\"{text}\"#; \"{text}\"; my_{}_too", text.replace(is_sign, "_"));
        let in_tests = usize::from(!law.except.contains(&TEST_CODE));
        for place in law.applies_to {
            assert_eq!(count(place, &format!("#[cfg(test)] mod a; {text} b")), 1, "{}: {text} in {place}", law.name);
            assert_eq!(count(place, &prose), 0, "{text} in prose, and within a word");
            assert_eq!(count(place, &format!("#[cfg(test)] mod a {{ {text} }}")), in_tests, "{text} in a test");
        }
        assert!(law.except.iter().all(|place| *place == TEST_CODE || count(place, text) == 0), "{text} is excepted");
    }
}

#[test]
fn only_code_is_judged_and_paths_are_whole() {
    let read = [
        ("a // b\nc /* d /* e */ f */ g", "a c g"),
        (r##"a("b \" // c", b"d", c"\\", r#"e " f"#, br"\", "g") h"##, "a( , , , , , ) h"),
        (r"a('b', '\'', '\\', b'c', '/', '\u{1F600}', '§') d", "a( , , , , , , ) d"),
        ("a<'b, 'c>(r#type: &'b str) -> dyn rb::E + '_", "a<'b, 'c>(r#type: &'b str) -> dyn rb::E + '_"),
        ("use c::{\n    d,\n    e::{f, g},\n    h,\n};", "use c::d, c::e::f, c::e::g, c::h, ;"),
        ("use super::{c, super::d}; match self.e { _ => {} }", "use crate::a::c, crate::d; match self.e { _ => {} }"),
        ("mod c { super::d super::super::e } super::f", "mod c { crate::a::b::d crate::a::e } crate::a::f"),
    ];
    for (text, code) in read {
        let source = Source::read("src/a/b.rs", text);
        assert_eq!(source.code.split_whitespace().collect::<Vec<_>>().join(" "), code);
        assert_eq!(source.code.lines().count(), text.lines().count(), "what is blanked still counts: {text}");
    }
}
