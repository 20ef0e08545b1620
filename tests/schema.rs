//! The schema's promises, read from the text that callers read: it is committed as printed, everything in it is
//! described, every field has a rule, and no denial blanks more than its own field.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use frontdesk::auth::{policy, policy_page};
use frontdesk::domain::viewer::{Role, Within};
use frontdesk::graphql::print_sdl;

/// Words that the API does without: each idea has one name.
const BANNED: [&str; 5] = ["patient", "provider", "doctor", "customer", "tenant"];
const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

#[test]
fn the_committed_schema_is_the_printed_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let committed = std::fs::read_to_string(&path).expect("schema.graphql is committed");
    let printed = print_sdl();
    let same = committed.lines().zip(printed.lines()).take_while(|(old, new)| old == new).count();
    let place = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    assert!(
        committed == printed,
        "schema.graphql differs from the code from line {} on:\n  committed: {}\n  printed:   {}\nIf the change is meant, \
         run `cargo run -- schema > schema.graphql`.",
        same + 1,
        place(&committed),
        place(&printed)
    );
}

#[test]
fn the_page_on_rights_holds_the_policy_as_the_program_prints_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rights.md");
    let page = std::fs::read_to_string(&path).expect("docs/rights.md is committed");
    let (_, committed) =
        page.split_once("<!-- frontdesk policy -->\n\n").expect("the page says where the policy begins");
    assert!(
        committed == policy_page::print(),
        "docs/rights.md differs from the policy. If the change is meant, put the output of `cargo run -- policy` behind its \
         mark `<!-- frontdesk policy -->`."
    );
}

#[test]
fn everything_in_the_schema_has_a_description() {
    let schema = Schema::printed();
    assert_eq!(schema.undescribed(), Vec::<String>::new(), "describe these where they are declared");
}

#[test]
fn the_check_for_descriptions_sees_each_kind_of_thing_that_lacks_one() {
    let bare = "\"\"\"\nHas one.\n\"\"\"\ntype A {\n  b: Int!\n  c(\n    d: Int = 1\n  ): E @auth(requires: [ADMIN])\n  \
                \"\"\"\n  \"\"\"\n  empty: Int\n}\n\nenum E {\n  F\n}\n\ninput G {\n  \"\"\"h\"\"\"\n  h: Int\n  i: Int\n}\n\n\
                scalar J\n\nunion K = A | L\n\ninterface M {\n  n: ID!\n}\n";
    let expected = ["A.b", "A.c", "A.c(d)", "A.empty", "E", "E.F", "G", "G.i", "J", "K", "M", "M.n"];
    assert_eq!(Schema::parse(bare).undescribed(), expected);
}

#[test]
fn every_field_of_every_object_and_interface_has_a_rule() {
    let without: Vec<_> = Schema::printed()
        .object_fields()
        .filter(|(parent, field)| policy::roles_for(&parent.name, &field.name).is_none())
        .map(|(parent, field)| format!("{}.{}", parent.name, field.name))
        .collect();
    assert_eq!(without, Vec::<String>::new(), "a field without a rule is refused to everybody: add it to the policy");
}

#[test]
fn the_policy_declares_no_field_that_the_schema_lacks_and_none_twice() {
    let schema = Schema::printed();
    let known: BTreeSet<_> = schema.object_fields().map(|(parent, field)| (&*parent.name, &*field.name)).collect();
    let mut seen = BTreeSet::new();
    for rule in policy::declared() {
        assert!(known.contains(&rule), "{}.{} has a rule and is not in the schema", rule.0, rule.1);
        assert!(seen.insert(rule), "{}.{} has two rules, of which the second counts", rule.0, rule.1);
    }
}

#[test]
fn a_field_that_not_every_reader_of_its_type_may_read_is_nullable() {
    let schema = Schema::printed();
    let mut restricted = 0;
    for (parent, field) in schema.object_fields().filter(|(parent, _)| !ROOTS.contains(&&*parent.name)) {
        let (name, field_name) = (&parent.name, &field.name);
        let all = furthest(parent);
        if grants(name, field_name) == all {
            continue;
        }
        restricted += 1;
        assert!(
            !field.returns.ends_with('!'),
            "{name}.{field_name} is {} and closed to some of {all:?}, who read other fields of {name}: the denial would \
             blank the whole {name}. Make it nullable.",
            field.returns
        );
    }
    assert!(restricted > 10, "only {restricted} restricted fields were found: the check looks at nothing");
}

#[test]
fn whoever_may_read_a_field_may_read_something_of_what_it_returns() {
    let schema = Schema::printed();
    for (parent, field) in schema.object_fields() {
        let inner = field.returns.trim_matches(['[', ']', '!']);
        let Some(returned) = schema.types.iter().find(|one| one.kind == "type" && one.name == inner) else { continue };
        let (may, can) = (roles(&parent.name, &field.name), readers(returned));
        assert!(may.is_subset(&can), "{}.{}: {may:?} may read it, but {inner} only {can:?}", parent.name, field.name);
    }
}

#[test]
fn one_word_names_one_idea() {
    let schema = Schema::printed();
    for (place, name) in schema.names() {
        let words = words(name);
        let banned = BANNED.iter().find(|banned| words.iter().any(|word| word.trim_end_matches('s') == **banned));
        assert_eq!(banned, None, "{place} uses a word that the API does without");
    }
    assert_eq!(words("PatientsOf"), ["patients", "of"], "names are read word by word");
}

#[test]
fn what_can_be_previewed_can_be_applied_as_previewed_and_shows_its_impact() {
    let schema = Schema::printed();
    let mut previewable = 0;
    // Blocked time is no setting: it moves no revision, and its preview shows what is in the way.
    let is_of_settings = |input: &str| input != "BlockTimeInput";
    for input in schema.types.iter().filter(|one| one.kind == "input" && is_of_settings(&one.name)) {
        let has = |name: &str| input.members.iter().any(|member| member.name == name);
        assert_eq!(has("dryRun"), has("expectedRevision"), "{}: one is of no use without the other", input.name);
        if has("dryRun") {
            previewable += 1;
            let payload = input.name.replace("Input", "Payload");
            let found = schema.types.iter().find(|one| one.name == payload);
            let found = found.unwrap_or_else(|| panic!("{} has no {payload}", input.name));
            let impact = found.members.iter().find(|member| member.name == "impact").map(|member| &*member.returns);
            assert_eq!(impact, Some("SelfSchedulingImpact"), "{payload} does not show what the change does");
        }
    }
    assert!(previewable >= 8, "only {previewable} inputs with dryRun were found: the check looks at nothing");
}

fn roles(parent: &str, field: &str) -> BTreeSet<&'static str> {
    let roles = policy::roles_for(parent, field).unwrap_or_else(|| panic!("{parent}.{field} has no rule"));
    roles.iter().map(|role: &Role| role.as_str()).collect()
}

/// Each role that may read a field, with how near it must be.
fn grants(parent: &str, field: &str) -> BTreeMap<Role, Within> {
    let grants = policy::grants_for(parent, field).unwrap_or_else(|| panic!("{parent}.{field} has no rule"));
    grants.iter().map(|grant| (grant.role, grant.within)).collect()
}

/// Each role that may read something of a type, with the furthest that it may be from it.
fn furthest(parent: &Type) -> BTreeMap<Role, Within> {
    let mut all = BTreeMap::new();
    for (role, within) in parent.members.iter().flat_map(|field| grants(&parent.name, &field.name)) {
        all.entry(role).and_modify(|known: &mut Within| *known = within.min(*known)).or_insert(within);
    }
    all
}

/// Everybody who may read at least one field of a type.
fn readers(parent: &Type) -> BTreeSet<&'static str> {
    parent.members.iter().flat_map(|field| roles(&parent.name, &field.name)).collect()
}

/// A name's words, in lower case.
fn words(name: &str) -> Vec<String> {
    let is_camel = name.contains(char::is_lowercase);
    let spaced = name.chars().map(|c| if is_camel && c.is_uppercase() { format!(" {c}") } else { c.to_string() });
    spaced.collect::<String>().to_lowercase().split([' ', '_']).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// What the schema's text declares.
#[derive(Default)]
struct Schema {
    types: Vec<Type>,
    /// False inside the braces of what is no type: `schema { … }`.
    is_in_type: bool,
}

/// One declaration: `kind` is type, input, enum, interface, union or scalar.
struct Type {
    kind: String,
    name: String,
    described: bool,
    members: Vec<Member>,
}

/// A field, an input field or an enum value.
struct Member {
    name: String,
    described: bool,
    /// The type, as it is written; empty for an enum value.
    returns: String,
    arguments: Vec<(String, bool)>,
}

impl Schema {
    fn printed() -> Self {
        let schema = Self::parse(&print_sdl());
        assert!(schema.types.len() > 100, "only {} types were read", schema.types.len());
        schema
    }

    fn parse(text: &str) -> Self {
        let mut schema = Self::default();
        let (mut in_description, mut described) = (false, false);
        for line in text.lines() {
            let quotes = line.matches("\"\"\"").count();
            if quotes > 0 || in_description {
                described |= !line.replace("\"\"\"", "").trim().is_empty();
                in_description ^= quotes == 1;
            } else {
                schema.read(line, std::mem::take(&mut described));
            }
        }
        schema
    }

    /// Reads one line that is no part of a description.
    fn read(&mut self, line: &str, described: bool) {
        let indent = line.len() - line.trim_start().len();
        let text = line.split(" @").next().unwrap_or_default().trim();
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let returns = |text: &str| text.split([' ', ',']).find(|word| !word.is_empty()).unwrap_or_default().to_owned();
        if indent == 0 {
            let mut words = text.split_whitespace();
            let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            self.is_in_type = ["type", "input", "enum", "interface", "union", "scalar"].contains(&kind);
            if self.is_in_type {
                self.types.push(Type { kind: kind.to_owned(), name: name.to_owned(), described, members: vec![] });
            }
            return;
        }
        let Some(open) = self.types.last_mut().filter(|_| self.is_in_type) else { return };
        if indent > 2 {
            let field = open.members.last_mut().unwrap_or_else(|| panic!("an argument of no field: {line}"));
            field.arguments.push((name, described));
        } else if let Some(rest) = text.strip_prefix("):") {
            let field = open.members.last_mut().unwrap_or_else(|| panic!("an end of no field: {line}"));
            field.returns = returns(rest);
        } else {
            assert!(text.ends_with('(') || !text.contains('('), "arguments on one line are not read: {line}");
            let returns = text.split_once(':').map(|(_, rest)| returns(rest)).unwrap_or_default();
            open.members.push(Member { name, described, returns, arguments: vec![] });
        }
    }

    /// The fields of objects and interfaces.
    fn object_fields(&self) -> impl Iterator<Item = (&Type, &Member)> {
        let objects = self.types.iter().filter(|one| one.kind == "type" || one.kind == "interface");
        objects.flat_map(|one| one.members.iter().map(move |field| (one, field)))
    }

    /// Every name with the place where it stands, and whether it is described.
    fn all(&self) -> impl Iterator<Item = (String, &str, bool)> {
        self.types.iter().flat_map(|one| {
            let own = std::iter::once((one.name.clone(), &*one.name, one.described));
            own.chain(one.members.iter().flat_map(move |member| {
                let place = format!("{}.{}", one.name, member.name);
                let arguments = member.arguments.iter();
                let arguments: Vec<_> =
                    arguments.map(|(name, described)| (format!("{place}({name})"), &**name, *described)).collect();
                std::iter::once((place, &*member.name, member.described)).chain(arguments)
            }))
        })
    }

    fn names(&self) -> impl Iterator<Item = (String, &str)> {
        self.all().map(|(place, name, _)| (place, name))
    }

    fn undescribed(&self) -> Vec<String> {
        self.all().filter(|(_, _, described)| !described).map(|(place, ..)| place).collect()
    }
}
