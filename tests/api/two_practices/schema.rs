//! Documents made at random from what introspection tells, so that no field and no argument can be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::chance::Chance;
use crate::support::{Person, text};

/// What introspection tells of every type.
pub struct Schema {
    types: BTreeMap<String, Value>,
}

/// What arguments are filled with.
pub struct Words {
    /// The ids of the reader's own practice, by their kinds.
    pub ids: BTreeMap<String, Vec<String>>,
    /// What another practice's pages ended with.
    pub page_cursors: Vec<String>,
    /// A word of another practice.
    pub search: String,
}

const INTROSPECTION: &str = "{ __schema { types { kind name enumValues { name } possibleTypes { name }
    fields { name args { ...Given } type { ...Type } } inputFields { ...Given } } } }
    fragment Given on __InputValue { name type { ...Type } }
    fragment Type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

impl Schema {
    pub async fn read(reader: &Person) -> Self {
        let mut told = reader.run(INTROSPECTION, json!({})).await["__schema"]["types"].take();
        let types = told.as_array_mut().expect("types").iter_mut();
        Self { types: types.map(|of| (text(&of["name"]), of.take())).collect() }
    }

    /// The names of a type's fields.
    pub fn fields(&self, of: &str) -> BTreeSet<String> {
        self.list(of, "fields").iter().map(|field| text(&field["name"])).collect()
    }

    /// Whether a mutation can be previewed.
    pub fn is_previewable(&self, mutation: &str) -> bool {
        let input = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        self.list(&input, "inputFields").iter().any(|field| field["name"] == "dryRun")
    }

    /// A query of one root field, and of whatever is inside it.
    pub fn query(&self, root: &str, words: &Words, chance: &mut Chance) -> String {
        format!("{{ {} }}", self.field("Query", root, words, chance, 4))
    }

    /// A mutation, with `$input` for its one variable.
    pub fn mutation(&self, name: &str, words: &Words, chance: &mut Chance) -> String {
        let kind = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        let inside = self.selection(&format!("{kind}Payload"), words, chance, 3);
        format!(
            "mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {inside} errors {{ code field message }} }} }}"
        )
    }

    fn field(&self, of: &str, name: &str, words: &Words, chance: &mut Chance, depth: u32) -> String {
        let field = self.list(of, "fields").iter().find(|field| field["name"] == name).expect("it is told");
        let mut given = Vec::new();
        for argument in field["args"].as_array().expect("arguments") {
            // An id is what this is all about.
            let is_id = named(&argument["type"]) == "ID";
            if argument["type"]["kind"] == "NON_NULL" || is_id || chance.one_in(3) {
                let value = self.literal(&argument["type"], (name, &text(&argument["name"])), words, chance);
                given.push(format!("{}: {value}", text(&argument["name"])));
            }
        }
        let given = if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
        let inside = named(&field["type"]);
        let is_leaf = ["SCALAR", "ENUM"].contains(&self.types[&inside]["kind"].as_str().expect("a kind"));
        let inside = if is_leaf { String::new() } else { self.selection(&inside, words, chance, depth - 1) };
        if is_leaf { format!("{name}{given}") } else { format!("{name}{given} {{ {inside} }}") }
    }

    /// Some of a type's fields: of what is inside, as deep as that.
    fn selection(&self, of: &str, words: &Words, chance: &mut Chance, depth: u32) -> String {
        let mut selected = vec!["__typename".to_owned()];
        if self.types[of]["kind"] != "OBJECT" {
            let possible = chance.pick(self.list(of, "possibleTypes"));
            let possible = text(&possible["name"]);
            return format!("__typename ... on {possible} {{ {} }}", self.selection(&possible, words, chance, depth));
        }
        for field in self.list(of, "fields") {
            let inside = &self.types[&named(&field["type"])];
            let is_leaf = ["SCALAR", "ENUM"].contains(&inside["kind"].as_str().expect("a kind"));
            let name = text(&field["name"]);
            let is_chosen = if is_leaf { !chance.one_in(3) } else { depth > 0 && chance.one_in(2) };
            // A payload's errors are asked for by whoever asks for it.
            if is_chosen && name != "errors" {
                selected.push(self.field(of, &name, words, chance, depth.max(1)));
            }
        }
        selected.join(" ")
    }

    fn literal(&self, of: &Value, (field, name): (&str, &str), words: &Words, chance: &mut Chance) -> String {
        if of["kind"] == "NON_NULL" {
            return self.literal(&of["ofType"], (field, name), words, chance);
        }
        if of["kind"] == "LIST" {
            return format!("[{}]", self.literal(&of["ofType"], (field, name), words, chance));
        }
        let kind = named(of);
        let quoted = |text: &str| format!("\"{text}\"");
        match &*kind {
            "ID" => quoted(own_id((field, name), words, chance)),
            "DateTime" => quoted(match name {
                "from" => "2027-01-05T00:00:00Z",
                "to" => "2027-02-01T00:00:00Z",
                _ => "2027-01-19T20:00:00Z",
            }),
            "LocalDate" => quoted(if name == "to" { "2027-01-31" } else { "2027-01-05" }),
            "TimeZone" => quoted("America/Los_Angeles"),
            "Int" => (1 + chance.below(3)).to_string(),
            "Boolean" => chance.one_in(2).to_string(),
            "String" if name == "search" => quoted(&words.search),
            "String" => quoted(chance.pick::<String>(&words.page_cursors)),
            _ if self.types[&kind]["kind"] == "ENUM" => text(&chance.pick(self.list(&kind, "enumValues"))["name"]),
            _ if self.types[&kind]["kind"] == "INPUT_OBJECT" => {
                let fields = self.list(&kind, "inputFields").iter();
                let given = fields.map(|inside| {
                    let name = text(&inside["name"]);
                    format!("{name}: {}", self.literal(&inside["type"], (field, &name), words, chance))
                });
                format!("{{ {} }}", given.collect::<Vec<_>>().join(", "))
            }
            other => panic!("{field}({name}:) is a {other}: say in two_practices/schema.rs what it is filled with"),
        }
    }

    fn list(&self, of: &str, what: &str) -> &[Value] {
        self.types[of][what].as_array().unwrap_or_else(|| panic!("{of} has no {what}"))
    }
}

/// An id of the kind that an argument is about.
fn own_id<'a>((field, name): (&str, &str), words: &'a Words, chance: &mut Chance) -> &'a str {
    let kind = match (field, name) {
        ("node", _) => {
            let kinds: Vec<_> = words.ids.keys().cloned().collect();
            chance.pick(&kinds).clone()
        }
        ("appointmentRequest", "id") => "request".to_owned(),
        (field, "id") => field.to_owned(),
        (_, name) => name.trim_end_matches("Id").to_owned(),
    };
    let ids = words.ids.get(&kind).unwrap_or_else(|| panic!("{field}({name}:) wants the id of a {kind}: have one"));
    chance.pick::<String>(ids)
}

/// The name of a type, without its lists and marks.
fn named(of: &Value) -> String {
    if of["name"].is_string() { text(&of["name"]) } else { named(&of["ofType"]) }
}
