//! The guide to a roll-out, docs/rollout.md, done: each operation in it is run in its order, as whom it says, and what the
//! guide shows of an answer is what comes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::support::{Person, Stream, TestPractice, at};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rollout.md");

/// A fenced block: what stands behind the fence, its text, and the line it begins at.
#[derive(Clone, Debug, PartialEq)]
struct Block {
    kind: String,
    text: String,
    line: usize,
}

/// The first line of an operation: `# as: ROLE`, then perhaps `, at: INSTANT`, then perhaps `, expect: CODE`.
#[derive(Debug, Default, PartialEq)]
struct Head {
    role: String,
    at: Option<String>,
    expect: Option<String>,
}

fn blocks(guide: &str) -> Result<Vec<Block>, String> {
    let (mut found, mut open): (Vec<Block>, Option<Block>) = (Vec::new(), None);
    for (line, text) in (1..).zip(guide.lines()) {
        match (text.trim_start().strip_prefix("```"), open.take()) {
            (Some(""), Some(block)) => found.push(block),
            (Some(kind), None) => open = Some(Block { kind: kind.to_owned(), text: String::new(), line }),
            (None, Some(mut block)) => {
                block.text += text;
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
            (Some(_), Some(block)) => return Err(format!("line {}: the block does not end", block.line)),
        }
    }
    match open {
        Some(block) => Err(format!("line {}: the block does not end", block.line)),
        None => found.into_iter().map(known).collect(),
    }
}

fn known(block: Block) -> Result<Block, String> {
    match block.kind.as_str() {
        "graphql" | "json" | "json answer" | "json event" => Ok(block),
        kind => Err(format!("line {}: a block in no known form: {kind:?}", block.line)),
    }
}

fn head(block: &Block) -> Result<Head, String> {
    let fault = |what: &str| format!("line {}: {what}", block.line);
    let first = block.text.lines().next().and_then(|line| line.strip_prefix("# "));
    let mut head = Head::default();
    for part in first.ok_or_else(|| fault("an operation begins by `# as: ROLE`"))?.split(", ") {
        match part.split_once(": ") {
            Some(("as", role @ ("admin" | "clinician" | "client"))) => head.role = role.to_owned(),
            Some(("at", instant)) => head.at = Some(instant.to_owned()),
            Some(("expect", code)) => head.expect = Some(code.to_owned()),
            _ => return Err(fault(&format!("a comment in no known form: {part:?}"))),
        }
    }
    if head.role.is_empty() { Err(fault("nobody is named who runs it")) } else { Ok(head) }
}

/// What `<name>` stands for, as it was first shown in an answer.
type Names = BTreeMap<String, Value>;

fn name(text: &str) -> Option<&str> {
    text.strip_prefix('<')?.strip_suffix('>')
}

/// The value with each `<name>` in it replaced.
fn filled(value: &Value, names: &Names) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match name(text) {
            Some(name) => names.get(name).ok_or_else(|| format!("nothing showed <{name}> before"))?.clone(),
            None => value.clone(),
        },
        Value::Array(list) => list.iter().map(|one| filled(one, names)).collect::<Result<_, _>>()?,
        Value::Object(fields) => {
            let one = |(key, one): (&String, &Value)| Ok((key.clone(), filled(one, names)?));
            Value::Object(fields.iter().map(one).collect::<Result<Map<_, _>, String>>()?)
        }
        other => other.clone(),
    })
}

/// Holds what is shown against what came. Fields that are not shown may be there; `"…"` is whatever it is, and as the last
/// of a list the rest of it, which is not empty; `<name>` is what it was before, or is named now.
fn compare(shown: &Value, came: &Value, names: &mut Names) -> Result<(), String> {
    let fault = || Err(format!("shown {shown}, came {came}"));
    match (shown, came) {
        (Value::String(text), came) if text == "…" && !came.is_null() => Ok(()),
        (Value::String(text), came) if name(text).is_some() => {
            let known = names.entry(name(text).unwrap_or_default().to_owned()).or_insert_with(|| came.clone());
            if *known == *came && came.is_string() { Ok(()) } else { fault() }
        }
        (Value::Object(shown), Value::Object(came)) => shown.iter().try_for_each(|(key, one)| {
            let there = came.get(key).ok_or_else(|| format!("{key} did not come"))?;
            compare(one, there, names).map_err(|fault| format!("{key}: {fault}"))
        }),
        (Value::Array(shown_list), Value::Array(came_list)) => {
            let is_open = shown_list.last() == Some(&json!("…"));
            let length = shown_list.len() - usize::from(is_open);
            if came_list.len() < length + usize::from(is_open) || (!is_open && came_list.len() != length) {
                return fault();
            }
            shown_list[..length].iter().zip(came_list).try_for_each(|(one, there)| compare(one, there, names))
        }
        _ if shown == came => Ok(()),
        _ => fault(),
    }
}

/// Whether an answer is without error, or has just the one that is expected.
fn judged(answer: &Value, document: &str, expect: Option<&str>) -> Result<(), String> {
    let mut codes: Vec<Value> = Vec::new();
    for error in answer["errors"].as_array().into_iter().flatten() {
        codes.push(error["extensions"]["code"].clone());
    }
    if document.lines().any(|line| line.starts_with("mutation")) {
        for (field, payload) in answer["data"].as_object().into_iter().flatten() {
            match payload["errors"].as_array() {
                Some(errors) => codes.extend(errors.iter().map(|error| error["code"].clone())),
                None if payload.is_null() => {}
                None => return Err(format!("{field} does not ask for its errors")),
            }
        }
    }
    let expected: Vec<_> = expect.map(|code| json!(code)).into_iter().collect();
    if codes == expected { Ok(()) } else { Err(format!("expected {expected:?}: {answer}")) }
}

/// Whoever the guide is about, and where it has come to.
struct Walk {
    practice: TestPractice,
    clinician: Person,
    client: Person,
    names: Names,
    answer: Option<Value>,
    stream: Option<Stream>,
}

impl Walk {
    /// The practice that the guide describes: everything off.
    async fn begin() -> Self {
        let practice = TestPractice::begin().await;
        let clinician = practice.clinician("Dana").await;
        let (ida, noor) = (practice.clinician("Ida").await, practice.clinician("Noor").await);
        let client = practice.client("Casey", &[&clinician]).await;
        practice.client("Jordan", &[&clinician]).await;
        practice.client("Robin", &[&ida, &noor]).await;
        Self { practice, clinician, client, names: Names::new(), answer: None, stream: None }
    }

    async fn operate(&mut self, block: &Block, variables: &Value) -> Result<(), String> {
        let head = head(block)?;
        if let Some(instant) = &head.at {
            self.practice.clock.set(at(instant));
        }
        let person = match head.role.as_str() {
            "admin" => &self.practice.admin,
            "clinician" => &self.clinician,
            _ => &self.client,
        };
        let variables = filled(variables, &self.names)?;
        self.answer = None;
        if block.text.lines().any(|line| line.starts_with("subscription")) {
            self.stream = Some(person.follow(&block.text, variables).await);
            return Ok(());
        }
        let (_, mut answer) = person.send(&block.text, variables).await;
        judged(&answer, &block.text, head.expect.as_deref())?;
        self.answer = Some(answer["data"].take());
        Ok(())
    }

    /// Does a block; answers how many blocks were used.
    async fn step(&mut self, blocks: &[Block]) -> Result<usize, String> {
        let shown = |block: &Block| serde_json::from_str::<Value>(&block.text).map_err(|error| error.to_string());
        match (blocks[0].kind.as_str(), &mut self.answer, &mut self.stream) {
            ("graphql", ..) => {
                let variables = blocks.get(1).filter(|next| next.kind == "json").map(shown).transpose()?;
                self.operate(&blocks[0], variables.as_ref().unwrap_or(&json!({}))).await?;
                Ok(1 + usize::from(variables.is_some()))
            }
            ("json answer", Some(came), _) => {
                compare(&shown(&blocks[0])?, came, &mut self.names)?;
                self.answer = None;
                Ok(1)
            }
            ("json event", _, Some(stream)) => {
                compare(&shown(&blocks[0])?, &stream.next().await, &mut self.names)?;
                Ok(1)
            }
            (kind, ..) => Err(format!("{kind} belongs to no operation")),
        }
    }
}

async fn walk(guide: &str) -> Result<usize, String> {
    let blocks = blocks(guide)?;
    let (mut walk, mut done) = (Walk::begin().await, 0);
    while done < blocks.len() {
        let here = |fault: String| format!("docs/rollout.md:{}: {fault}", blocks[done].line);
        done += walk.step(&blocks[done..]).await.map_err(here)?;
    }
    Ok(blocks.iter().filter(|block| block.kind == "graphql").count())
}

async fn every_operation_of_the_guide_does_what_the_guide_says() {
    let guide = std::fs::read_to_string(GUIDE).expect("the guide is there");
    let count = walk(&guide).await.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{count} operations");
    assert!(count >= 25, "{count} operations are not the whole way");
}

async fn a_guide_that_is_wrong_does_not_pass() {
    let operation = "```graphql\n# as: admin\n{ practice { name } }\n```\n";
    let answer =
        |name: &str| format!("{operation}```json answer\n{{ \"practice\": {{ \"name\": \"{name}\" }} }}\n```\n");
    let off = "mutation { setPracticeSelfScheduling(input: { enabled: false }) { errors { code } } }";
    let silent = "mutation { setPracticeSelfScheduling(input: { enabled: false }) { practice { name } } }";
    let refused =
        "mutation { lockClinicianSelfScheduling(input: { clinicianIds: [], locked: false }) { errors { code } } }";
    let with = |head: &str, document: &str| format!("```graphql\n# {head}\n{document}\n```\n");
    for right in [answer("Riverbend"), answer("…"), answer("<it>"), with("as: admin", off)] {
        walk(&right).await.unwrap_or_else(|fault| panic!("{fault}\n{right}"));
    }
    walk(&with("as: admin, expect: INVALID_INPUT", refused)).await.expect("it says so");
    let denied = "{ practice { auditLog { totalCount } } }";
    walk(&with("as: client, expect: FORBIDDEN", denied)).await.expect("it says so");
    let wrong = [
        answer("Elsewhere"),
        operation.replace("graphql", "sh"),
        operation.replace("# as: admin\n", ""),
        operation.replace("admin", "somebody"),
        operation.replace("admin", "admin, soon: yes"),
        operation.trim_end().trim_end_matches('`').to_owned(),
        "```json\n{}\n```\n".to_owned(),
        "```json event\n{}\n```\n".to_owned(),
        format!("{operation}```json\n{{ \"id\": \"<never shown>\" }}\n```\n"),
        with("as: admin", "{ practice { nothing } }"),
        with("as: admin", silent),
        with("as: admin", refused),
        with("as: admin, expect: NOT_FOUND", refused),
        with("as: admin, expect: INVALID_INPUT", off),
        with("as: client", denied),
    ];
    for wrong in wrong {
        assert!(walk(&wrong).await.is_err(), "it passed:\n{wrong}");
    }
}

crate::support::tests!(every_operation_of_the_guide_does_what_the_guide_says, a_guide_that_is_wrong_does_not_pass);
