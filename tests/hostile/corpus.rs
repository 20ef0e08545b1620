//! Documents and variables that ask for more than anybody needs: what is nested, repeated, long, or costly to check.

use serde_json::{Map, Value, json};

use crate::opened::Opened;

/// A request that GraphQL's own parameters make.
pub struct Hostile {
    pub name: &'static str,
    pub body: Value,
}

fn hostile(name: &'static str, query: impl Into<String>, variables: Value) -> Hostile {
    Hostile { name, body: json!({ "query": query.into(), "variables": variables }) }
}

fn document(name: &'static str, query: impl Into<String>) -> Hostile {
    hostile(name, query, json!({}))
}

/// So many of these, each with its number for `#`.
fn many(count: usize, what: &str) -> String {
    (0..count).map(|number| what.replace('#', &number.to_string())).collect()
}

/// Fragments that each spread the next one this often.
fn chain(length: usize, spreads: usize, end: &str) -> String {
    let fragment = |at| format!("fragment F{at} on Query{{{}}}", format!("...F{} ", at + 1).repeat(spreads));
    format!("{{...F0}}{}fragment F{length} on Query{{{end}}}", (0..length).map(fragment).collect::<String>())
}

/// All of them, for a practice that is open.
pub fn documents(practice: &Opened) -> Vec<Hostile> {
    [nested(), repeated(), long(), in_variables(), costly(), of_many(practice)].into_iter().flatten().collect()
}

fn nested() -> Vec<Hostile> {
    let (open, close) = ("[".repeat(15_000), "]".repeat(15_000));
    let objects = |depth: usize| format!("{}1{}", "{a:".repeat(depth), "}".repeat(depth));
    vec![
        document("a list literal nested 15,000 deep", format!("{{practice(x:{open}{close}){{name}}}}")),
        document("list brackets that are never closed", format!("{{practice(x:{}", "[".repeat(30_000))),
        document("an object literal nested 7,000 deep", format!("{{practice(x:{}){{name}}}}", objects(7_000))),
        document("a literal nested as deep as it may be", format!("{{practice(x:{}){{name}}}}", objects(29))),
        document("selections nested 9,000 deep", format!("{}a{}", "{a".repeat(9_000), "}".repeat(9_000))),
        document("selections that are never closed", "{a".repeat(15_000)),
        document("a list type nested 15,000 deep", format!("query($a:{open}Int{close}){{practice{{name}}}}")),
        document("directives inside each other", format!("{{a{}", "@b(c:[{d:".repeat(3_000))),
        document("brackets behind a block that is not closed", format!("{{a(b:[\"\"\"x\"{}", "[".repeat(30_000))),
        document("inline fragments inside each other", format!("{}__typename{}", "{...".repeat(33), "}".repeat(33))),
        document(
            "inline fragments as deep as they may be",
            format!("{}__typename{}", "{...".repeat(31), "}".repeat(31)),
        ),
    ]
}

fn repeated() -> Vec<Hostile> {
    let behind = |at: usize| (at + 1..30).map(|to| format!("...F{to} ")).collect::<String>();
    let each_spreads_all = (0..30).map(|at| format!("fragment F{at} on Query{{__typename {}}}", behind(at)));
    let each_spreads_all = format!("{{...F0}}{}", each_spreads_all.collect::<String>());
    vec![
        document("fragments that double 30 times", chain(30, 2, "__typename")),
        document("fragments that double 30 times and end in none", chain(30, 2, "...Nowhere")),
        document("fragments that double 10 times", chain(10, 2, "__typename")),
        document("a chain of 400 fragments", chain(400, 1, "__typename")),
        document("a chain of fragments as long as it may be", chain(30, 1, "__typename")),
        document(
            "fragments that hold each other",
            "{...A ...B}fragment A on Query{...B ...B}fragment B on Query{...A ...A}",
        ),
        document("fragments that each spread all behind them", each_spreads_all),
        document("20,000 aliases", format!("{{{}}}", many(20_000, "a#:__typename "))),
        document("1,200 aliases", format!("{{{}}}", many(1_200, "a#:__typename "))),
        document(
            "900 fields that are none, with names like those that are",
            format!("{{practice{{{}}}}}", many(900, "nam# ")),
        ),
        document("900 fields that are none", format!("{{practice{{{}}}}}", many(900, "clinicansX# "))),
        document("as many aliases as may be", format!("{{practice{{{}}}}}", many(100, "a#:name "))),
        document("one field as often as may be", format!("{{practice{{{}}}}}", "name ".repeat(990))),
        document(
            "one argument's field as often as may be",
            format!("{{practice{{{}}}}}", "clients(first:1){totalCount}".repeat(400)),
        ),
        document(
            "a selection that is merged with itself",
            format!("{{{}}}", "practice{a:name,b:id,...{c:name,...{d:name}}}".repeat(18)),
        ),
        document("directives at a field", format!("{{__typename {}}}", "@skip(if:false)".repeat(600))),
        document("unknown directives", format!("{{__typename {}}}", many(1_900, "@d# "))),
        document("400 operations", many(400, "query Q#{__typename}")),
        document(
            "operations that spread the same fragments",
            format!("{}{}", many(150, "query Q#{...F0}"), &chain(30, 3, "__typename")[8..]),
        ),
        document("700 variables that nobody uses", format!("query({}){{__typename}}", many(700, "$v#:Int "))),
        document(
            "variables that are all used",
            format!(
                "query({}){{practice{{a:clients(first:[{}]){{totalCount}}}}}}",
                many(600, "$v#:Int "),
                many(600, "$v# ")
            ),
        ),
        document(
            "an argument 1,000 times",
            format!("{{practice{{clients({}){{totalCount}}}}}}", "first:1 ".repeat(1_000)),
        ),
        document("a field of an object 900 times", format!("{{practice(x:{{{}}}){{name}}}}", many(900, "f#:1 "))),
        document(
            "subscriptions with many root fields",
            format!("subscription{{{}}}", many(500, "a#:pendingRequestCount ")),
        ),
    ]
}

fn long() -> Vec<Hostile> {
    let a_megabyte = "n".repeat(1_000_000);
    let (most, text) = ("n".repeat(30_000), "ü\\\"".repeat(7_000));
    vec![
        document("a name of a megabyte", format!("{{{a_megabyte}}}")),
        document("a name of 30 KB", format!("{{{most}}}")),
        document("a fragment's name of 30 KB", format!("{{...{most}}}")),
        document("a directive's name of 30 KB", format!("{{a @{most}}}")),
        document("a variable's name of 30 KB", format!("query(${most}:Int){{a}}")),
        document("a string of 30 KB", format!("{{client(id:\"{most}\"){{id}}}}")),
        document("a string of escapes", format!("{{client(id:\"{text}\"){{id}}}}")),
        document(
            "a block of 8,000 lines",
            format!("{{client(id:\"\"\"{}\"\"\"){{id}}}}", "\\n".repeat(6_000) + &"\n ".repeat(8_000)),
        ),
        document("a comment of 30 KB", format!("#{most}\n{{__typename}}")),
        document("30,000 commas", format!("{{{}__typename}}", ",".repeat(30_000))),
        document("a number of 30,000 digits", format!("{{client(id:{}){{id}}}}", "9".repeat(30_000))),
        document("a number with a great exponent", "{practice{clients(first:1e999999999){totalCount}}}"),
        document("characters that are none", "{\u{0}\u{feff}\u{202e}\u{10ffff}}"),
        document("a string that is not closed", format!("{{a(b:\"{most}")),
        Hostile {
            name: "an operation's name of 100 KB",
            body: json!({ "query": "{__typename}", "operationName": "n".repeat(100_000) }),
        },
        Hostile {
            name: "extensions of 100 KB",
            body: json!({ "query": "{__typename}", "extensions": { "a": vec![1; 50_000] } }),
        },
    ]
}

fn in_variables() -> Vec<Hostile> {
    let deep = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let keys: Map<String, Value> = (0..12_000).map(|number| (format!("k{number}"), json!(1))).collect();
    let ids: Vec<_> = (0..2_500).map(|number| format!("client_{number:032x}")).collect();
    let of_client = "query($id:ID!){client(id:$id){id}}";
    let access = "mutation($input:SetClientAccessInput!){setClientAccess(input:$input){errors{code}}}";
    let hours = "mutation($input:SetWeeklyHoursInput!){setWeeklyHours(input:$input){errors{code}}}";
    let hour = json!({ "weekday": "MONDAY", "opensAt": "09:00", "closesAt": "10:00" });
    let clinician = format!("clinician_{:032x}", 1);
    vec![
        hostile("a variable of 100 KB", of_client, json!({ "id": "x".repeat(100_000) })),
        hostile("a variable nested 100 deep", of_client, json!({ "id": deep(100) })),
        hostile("a list where there is one value", of_client, json!({ "id": vec![1; 60_000] })),
        hostile("an object of 12,000 fields", access, json!({ "input": keys })),
        hostile("12,000 variables that nobody declared", "{__typename}", Value::Object(keys.clone())),
        hostile(
            "2,500 ids",
            access,
            json!({ "input": { "clinicianId": clinician, "clientIds": ids, "access": "ALLOWED" } }),
        ),
        hostile("1,700 windows", hours, json!({ "input": { "clinicianId": clinician, "hours": vec![hour; 1_700] } })),
        hostile("a number that no float holds", of_client, json!({ "id": 1e308 })),
    ]
}

/// What is within every limit, and as much work as that lets be asked for.
fn costly() -> Vec<Hostile> {
    let introspection =
        "__schema{types{name description fields{name description args{name description type{name}} type{name kind}}}}";
    vec![
        document("an introspection", format!("{{{introspection}}}")),
        document(
            "20 introspections",
            format!("{{{}}}", (0..20).map(|n| format!("a{n}:{introspection}")).collect::<String>()),
        ),
        document(
            "types of fields of types of fields",
            format!("{{__schema{{types{{{}name{}}}}}}}", "fields{type{".repeat(5), "}}".repeat(5)),
        ),
        document(
            "types of fields as deep as they may be",
            format!("{{__schema{{types{{{}name{}}}}}}}", "fields{args{name type{name}}type{".repeat(2), "}}".repeat(2)),
        ),
        document(
            "20 root fields",
            format!("{{{}}}", many(20, "a#:practice{name clinicians(first:100){nodes{id displayName}}}")),
        ),
        document(
            "20 mutations that are not allowed",
            format!("mutation{{{}}}", many(20, "a#:setPracticeSelfScheduling(input:{enabled:true}){errors{code}}")),
        ),
        document(
            "pages inside pages",
            "{practice{clinicians(first:100){nodes{id clients(first:100){nodes{id displayName}}}}}}",
        ),
        document(
            "lists inside pages",
            "{practice{clients(first:100){nodes{id care{clinician{id displayName timeZone}}}}}}",
        ),
    ]
}

/// What there are many of, as often as may be and oftener.
fn of_many(practice: &Opened) -> Vec<Hostile> {
    let Opened { clinician, service, clients, from, to } = practice;
    let of_clinician =
        |fields: String| format!("query($c:ID!,$s:ID!,$f:DateTime!,$t:DateTime!){{clinician(id:$c){{{fields}}}}}");
    let slots = "a#:availableSlots(serviceId:$s,from:$f,to:$t){slots{startsAt endsAt localStart modality}}";
    let sought = "a#:availableSlots(serviceId:$s,from:$f,to:$t){timeZone}";
    let variables = json!({ "c": clinician, "s": service, "f": from, "t": to });
    let in_practice = |count, what: &str| format!("{{practice{{{}}}}}", many(count, what));
    let cared_for = "a#:clients(first:100){nodes{id care{clinician{id displayName}}}}";
    let dry_run =
        "a#:setPracticeSelfScheduling(input:{enabled:false,dryRun:true}){impact{changes(first:1){totalCount}}}";
    let access = "a#:setClientAccess(input:{clientIds:$c,access:BLOCKED,dryRun:true}){clients{id}}";
    let of_clients = |count| format!("mutation($c:[ID!]!){{{}}}", many(count, access));
    vec![
        hostile("100 lists of slots", of_clinician(many(100, slots)), variables.clone()),
        hostile("the longest list of slots", of_clinician(many(1, slots)), variables.clone()),
        hostile("100 lists of slots that are not asked for", of_clinician(many(100, sought)), variables.clone()),
        hostile("as many searches for slots as may be", of_clinician(many(4, sought)), variables),
        document("20 pages of clients with their care", in_practice(20, cared_for)),
        document("as many clients with their care as may be", in_practice(6, cared_for)),
        document("100 counts of clients", in_practice(100, "a#:clients(first:1){totalCount}")),
        document("20 changes that are only looked at", format!("mutation{{{}}}", many(20, dry_run))),
        document("as many changes as may be looked at", format!("mutation{{{}}}", many(3, dry_run))),
        hostile("20 changes for 100 clients", of_clients(20), json!({ "c": clients })),
        hostile("as many changes for 100 clients as may be", of_clients(4), json!({ "c": clients })),
    ]
}
