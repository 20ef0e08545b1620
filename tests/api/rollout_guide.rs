//! docs/rollout.md is true: every operation in it is run, in its order, by whom it says, and answers what it shows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Person, Stream, TestPractice, at, text};

const GUIDE: &str = include_str!("../../docs/rollout.md");

/// Fewer are no guide.
const OPERATIONS_MIN: usize = 30;

/// What stands in an answer for the rest of an id, an instant or a list.
const REST: char = '…';

/// One operation of the guide.
#[derive(Debug, Default, PartialEq)]
struct Step {
    /// Where it stands.
    line: usize,
    /// Who asks.
    by: String,
    /// What time it is from here on.
    at: Option<String>,
    /// The code with which it is refused.
    refused: Option<String>,
    /// Names, and where in the answer their values are.
    keeps: Vec<(String, String)>,
    document: String,
    /// The answer, as far as it is shown.
    shown: Option<Value>,
}

/// The guide's steps. A block that is neither an operation nor the answer to one is an error, and so is an unknown word.
/// So is a fence that is indented or of another kind: a page shows it as a block, and nobody would run it.
fn steps(guide: &str) -> Result<Vec<Step>, String> {
    let (mut steps, mut block): (Vec<Step>, Option<(usize, &str, String)>) = (Vec::new(), None);
    for (place, line) in guide.lines().enumerate() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(kind)) => block = Some((place + 1, kind, String::new())),
            (None, None) if ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence)) => {
                return Err(format!("line {}: a block in no known form", place + 1));
            }
            (Some((_, _, text)), None) => text.push_str(&format!("{line}\n")),
            (Some((first, kind, text)), Some(_)) => {
                let wrong = |what: &str| format!("line {first}: {what}");
                match *kind {
                    "graphql" => steps.push(step(*first, text).map_err(|what| wrong(&what))?),
                    "json" => {
                        let answered = steps.last_mut().filter(|step| step.shown.is_none());
                        let answered = answered.ok_or_else(|| wrong("an answer to nothing"))?;
                        answered.shown = Some(serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?);
                    }
                    other => return Err(wrong(&format!("a block of “{other}”"))),
                }
                block = None;
            }
            (None, None) => {}
        }
    }
    block.map_or(Ok(steps), |(first, ..)| Err(format!("line {first}: a block that does not end")))
}

/// A block's step: what its first lines say of it, and its operation.
fn step(line: usize, block: &str) -> Result<Step, String> {
    let mut step = Step { line, ..Step::default() };
    for line in block.lines() {
        let Some(said) = line.strip_prefix("# ") else {
            step.document.push_str(&format!("{line}\n"));
            continue;
        };
        match said.split_once(": ").ok_or_else(|| format!("“{said}” says nothing"))? {
            ("as", who) => step.by = who.to_owned(),
            ("at", when) => step.at = Some(when.to_owned()),
            ("refused", code) => step.refused = Some(code.to_owned()),
            ("keep", kept) => {
                let (name, path) = kept.split_once(" = ").ok_or_else(|| format!("“{kept}” keeps nothing"))?;
                step.keeps.push((name.trim_start_matches('$').to_owned(), path.to_owned()));
            }
            (word, _) => return Err(format!("“{word}” is no word of the guide's")),
        }
    }
    if step.by.is_empty() {
        return Err("it says not who asks".to_owned());
    }
    Ok(step)
}

/// The names of the variables that an operation declares.
fn declared(document: &str) -> Vec<&str> {
    let head = document.split('{').next().unwrap_or_default();
    let name = |part| Some(str::split_once(part, ':')?.0.trim());
    head.split('$').skip(1).filter_map(name).collect()
}

/// The value at a path, such as `practice.auditLog.nodes.0.id`.
fn at_path<'a>(answer: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(answer, |value, key| match key.parse::<usize>() {
        Ok(place) => &value[place],
        Err(_) => &value[key],
    })
}

/// Where an answer is not what is shown of it; none where it is.
fn difference(shown: &Value, real: &Value, path: &str) -> Option<String> {
    let differs = || Some(format!("{path}: the guide shows {shown}, the answer is {real}"));
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => shown.iter().find_map(|(key, value)| match real.get(key) {
            Some(real) => difference(value, real, &format!("{path}.{key}")),
            None => Some(format!("{path}.{key}: the guide shows it, and did not ask for it")),
        }),
        (Value::Array(shown), Value::Array(real)) => {
            let cut = shown.last() == Some(&json!("…"));
            let shown = &shown[..shown.len() - usize::from(cut)];
            if real.len() < shown.len() || (!cut && real.len() > shown.len()) {
                return differs();
            }
            let mut pairs = shown.iter().zip(real).enumerate();
            pairs.find_map(|(place, (shown, real))| difference(shown, real, &format!("{path}.{place}")))
        }
        (Value::String(one), Value::String(other)) => match one.split_once(REST) {
            Some((begins, ends)) if other.starts_with(begins) && other.ends_with(ends) => None,
            None if one == other => None,
            _ => differs(),
        },
        _ if shown == real => None,
        _ => differs(),
    }
}

/// Every refusal that an answer's payloads tell.
fn refusals(answer: &Value) -> Vec<String> {
    let inside: Vec<&Value> = match answer {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    let own = answer["errors"].as_array().into_iter().flatten().map(|error| text(&error["code"]));
    own.chain(inside.into_iter().flat_map(refusals)).collect()
}

/// The payloads that do not tell their refusals, which would go unseen.
fn silent(document: &str, answer: &Value) -> Vec<String> {
    let payloads = answer.as_object().filter(|_| document.trim_start().starts_with("mutation"));
    let mute = payloads.into_iter().flatten().filter(|(_, payload)| !payload["errors"].is_array());
    mute.map(|(name, _)| name.clone()).collect()
}

/// The practice that the guide tells of.
struct Riverbend {
    practice: TestPractice,
    people: BTreeMap<String, Person>,
    known: BTreeMap<String, Value>,
    /// What a stream that is followed shall tell next, and where the guide says so.
    awaited: Option<(usize, Stream, Value)>,
}

impl Riverbend {
    async fn begin() -> Self {
        let practice = TestPractice::begin().await;
        let (dana, ida, noor) =
            (practice.clinician("Dana").await, practice.clinician("Ida").await, practice.clinician("Noor").await);
        let people = [
            ("casey", practice.client("Casey", &[&dana]).await),
            ("robin", practice.client("Robin", &[&dana]).await),
            ("jordan", practice.client("Jordan", &[&ida, &noor]).await),
            ("dana", dana),
            ("ida", ida),
            ("noor", noor),
            ("admin", practice.admin.clone()),
        ];
        let people: BTreeMap<_, _> = people.map(|(name, person)| (name.to_owned(), person)).into();
        let mut known: BTreeMap<_, _> = people.iter().map(|(name, one)| (name.clone(), json!(one.id))).collect();
        known.insert("session".to_owned(), json!(practice.service_id));
        Self { practice, people, known, awaited: None }
    }

    async fn run(&mut self, step: Step) {
        let line = step.line;
        let by = self.people.get(&step.by).unwrap_or_else(|| panic!("line {line}: nobody is called {}", step.by));
        if let Some(when) = &step.at {
            self.practice.clock.set(at(when));
        }
        let value = |name: &str| {
            let value = self.known.get(name).unwrap_or_else(|| panic!("line {line}: ${name} is not known yet"));
            (name.to_owned(), value.clone())
        };
        let variables: Value =
            declared(&step.document).into_iter().map(value).collect::<serde_json::Map<_, _>>().into();
        if step.document.trim_start().starts_with("subscription") {
            let shown = step.shown.unwrap_or_else(|| panic!("line {line}: a stream, and not what it tells"));
            assert!(self.awaited.is_none(), "line {line}: another stream is followed, and has told nothing yet");
            self.awaited = Some((line, by.follow(&step.document, variables).await, shown));
            return;
        }
        let (_, answer) = by.send(&step.document, variables).await;
        assert_eq!(answer["errors"], Value::Null, "line {line}");
        let answer = &answer["data"];
        assert_eq!(silent(&step.document, answer), Vec::<String>::new(), "line {line}: it does not ask for errors");
        assert_eq!(refusals(answer), step.refused.into_iter().collect::<Vec<_>>(), "line {line}: {answer}");
        for (name, path) in step.keeps {
            let value = at_path(answer, &path);
            assert!(value.is_string(), "line {line}: nothing to keep at {path}: {answer}");
            self.known.insert(name, value.clone());
        }
        if let Some(shown) = step.shown {
            assert_eq!(difference(&shown, answer, "answer"), None, "line {line}: {answer:#}");
        }
        if let Some((line, mut stream, shown)) = self.awaited.take() {
            let told = stream.next().await;
            assert_eq!(difference(&shown, &told, "item"), None, "line {line}: {told:#}");
        }
    }
}

async fn every_operation_of_the_guide_is_run_and_answers_what_it_shows() {
    let steps = steps(GUIDE).unwrap_or_else(|wrong| panic!("docs/rollout.md, {wrong}"));
    assert!(steps.len() >= OPERATIONS_MIN, "only {} operations", steps.len());
    let answers = steps.iter().filter(|step| step.shown.is_some()).count();
    assert!(answers * 2 >= steps.len(), "only {answers} of {} answers are shown", steps.len());
    let mut riverbend = Riverbend::begin().await;
    for step in steps {
        riverbend.run(step).await;
    }
    assert!(riverbend.awaited.is_none(), "a stream is followed, and nothing happens");
}

async fn a_block_that_is_no_operation_and_an_answer_that_is_another_are_seen() {
    let wrong = [
        "```sh\nls\n```",
        "```graphql\nquery { a }\n```",
        "```graphql\n# by: admin\nquery { a }\n```",
        "```json\n{}\n```",
        "```graphql\n# as: admin\nquery { a }\n```\n```json\n{}\n```\n```json\n{}\n```",
        "```graphql\n# as: admin\nquery { a }",
        "1. So:\n   ```graphql\n   query { a }\n   ```",
        "~~~graphql\nquery { a }\n~~~",
    ];
    for guide in wrong {
        assert!(steps(guide).is_err(), "{guide}");
    }
    let real = json!({ "id": "request_01", "list": [1, 2], "more": true });
    for shown in [json!({ "id": "request_…" }), json!({ "list": [1, "…"] }), json!({ "list": [1, 2], "more": true })]
    {
        assert_eq!(difference(&shown, &real, ""), None, "{shown}");
    }
    for shown in
        [json!({ "id": "entry_…" }), json!({ "list": [1] }), json!({ "list": [1, 3] }), json!({ "none": null })]
    {
        assert!(difference(&shown, &real, "").is_some(), "{shown}");
    }
    let told = json!({ "a": { "errors": [] }, "b": { "practice": null } });
    assert_eq!(silent("mutation { a b }", &told), ["b"]);
    assert_eq!(silent("query { a b }", &told), Vec::<String>::new());
    assert_eq!(refusals(&json!({ "a": { "errors": [{ "code": "INACTIVE" }] }, "b": { "errors": [] } })), ["INACTIVE"]);
}

crate::support::tests!(
    every_operation_of_the_guide_is_run_and_answers_what_it_shows,
    a_block_that_is_no_operation_and_an_answer_that_is_another_are_seen,
);
