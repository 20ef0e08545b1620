//! Operations that name what is not their caller's to name, and the same with ids that nobody has: whoever calls must not
//! be able to tell the two apart.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::chance::Chance;
use crate::support::{Person, TestPractice, assert_nothing_leaks};

const KINDS: [&str; 9] =
    ["practice", "member", "clinician", "client", "service", "request", "appointment", "link", "block"];
const DIGITS: usize = 32;
/// How often an operation is repeated before its statements are told apart: now and then a task beside it adds its own.
const ROUNDS: u32 = 12;

/// A text in pieces: what stands between ids, and ids with their kinds.
fn pieces(text: &str) -> Vec<(Option<&'static str>, &str)> {
    let (mut pieces, mut begin, mut at) = (Vec::new(), 0, 0);
    while let Some(found) = text[at..].find('_') {
        let (mark, digits) = (at + found, at + found + 1);
        let kind = KINDS.into_iter().find(|kind| text[begin..mark].ends_with(kind));
        let is_id = text.get(digits..digits + DIGITS).is_some_and(|id| id.bytes().all(|one| one.is_ascii_hexdigit()));
        at = digits;
        if let Some(kind) = kind.filter(|_| is_id) {
            at = digits + DIGITS;
            pieces.push((None, &text[begin..mark - kind.len()]));
            pieces.push((Some(kind), &text[mark - kind.len()..at]));
            begin = at;
        }
    }
    pieces.push((None, &text[begin..]));
    pieces
}

fn kind_of(id: &str) -> &str {
    id.split('_').next().unwrap_or_default()
}

/// Every id in a text, each once.
pub fn ids_in(text: &str) -> Vec<String> {
    let mut ids: Vec<_> =
        pieces(text).iter().filter(|(kind, _)| kind.is_some()).map(|(_, id)| (*id).to_owned()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// An operation in two spellings, with the ids that each names where the caller's own stood.
pub struct Stray {
    theirs: Spelled,
    nobodys: Spelled,
}

#[derive(Default)]
struct Spelled {
    operation: String,
    named: Vec<String>,
}

impl Stray {
    /// Puts others' ids in place of some of an operation's own, at least one, and of a mutation's input at least one: what
    /// remains would be done. None where it names nothing that others have.
    pub fn of(operation: &Value, others: &[String], chance: &mut Chance) -> Option<Self> {
        let text = operation.to_string();
        let pieces = pieces(&text);
        let has = |kind: &str| others.iter().any(|id| kind_of(id) == kind);
        let places: Vec<_> = (0..pieces.len()).filter(|at| pieces[*at].0.is_some_and(has)).collect();
        let input = text.find("\"variables\"").expect("an operation");
        let begins = |at: usize| pieces[..at].iter().map(|(_, piece)| piece.len()).sum::<usize>();
        let is_read = !text.contains("mutation($input");
        let sure: Vec<_> = places.iter().copied().filter(|at| is_read || begins(*at) > input).collect();
        let sure = if sure.is_empty() { return None } else { *chance.pick(&sure) };
        let mut stray = Self { theirs: Spelled::default(), nobodys: Spelled::default() };
        for (at, (kind, piece)) in pieces.iter().enumerate() {
            let is_strayed = at == sure || places.contains(&at) && chance.one_in(2);
            // Now and then one of a kind that has no business there.
            let kind = kind.map(|kind| if chance.one_in(12) { kind_of(chance.pick::<String>(others)) } else { kind });
            match kind.filter(|_| is_strayed) {
                Some(kind) => {
                    let same: Vec<_> = others.iter().filter(|id| kind_of(id) == kind).cloned().collect();
                    stray.theirs.name(chance.pick::<String>(&same));
                    stray.nobodys.name(&format!("{kind}_{}", Uuid::now_v7().simple()));
                }
                None => {
                    stray.theirs.operation.push_str(piece);
                    stray.nobodys.operation.push_str(piece);
                }
            }
        }
        Some(stray)
    }

    /// Asks both, until they are answered alike and by the same number of statements; fails where they never are, and where
    /// an answer holds one of these words.
    pub async fn hold(&self, practice: &TestPractice, caller: &Person, secrets: &[String], told: &str, how: How) {
        let (mut theirs, mut nobodys) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..ROUNDS {
            theirs.insert(self.theirs.ask(practice, caller, secrets, told).await);
            nobodys.insert(self.nobodys.ask(practice, caller, secrets, told).await);
            let is_like = match how {
                How::Plain => theirs.first() == nobodys.first(),
                How::Racing => !theirs.is_disjoint(&nobodys),
            };
            if is_like {
                return;
            }
        }
        panic!("{told}\n{}\ntheirs: {theirs:?}\nnobody's: {nobodys:?}", self.theirs.operation);
    }
}

/// How an operation is answered.
#[derive(Clone, Copy)]
pub enum How {
    /// Always in one way, by so many statements or, while something else runs, more.
    Plain,
    /// Its fields race, and what a failed one empties is given up wherever it is: it may have more than one answer.
    Racing,
}

impl Spelled {
    fn name(&mut self, id: &str) {
        self.operation.push_str(id);
        self.named.push(id.to_owned());
    }

    /// How many statements it took, and the answer with a number in place of each id that was named.
    async fn ask(&self, practice: &TestPractice, caller: &Person, secrets: &[String], told: &str) -> (u64, String) {
        let before = practice.desk.statements();
        let mut answer = asked(caller, &serde_json::from_str(&self.operation).expect("JSON")).await;
        let took = practice.desk.statements() - before;
        for (number, id) in self.named.iter().enumerate() {
            answer = answer.replace(id, &format!("<{number}>"));
        }
        hold_secret(&answer, secrets, &format!("{told}\n{}", self.operation));
        (took, answer)
    }
}

/// An operation as its document and variables.
pub fn operation(document: &str, variables: &Value) -> Value {
    json!({ "document": document, "variables": variables })
}

/// The whole answer to an operation.
pub async fn asked(caller: &Person, operation: &Value) -> String {
    let document = operation["document"].as_str().expect("a text");
    let (status, mut answer) = caller.send(document, operation["variables"].clone()).await;
    // Fields are resolved side by side: which fails first is chance.
    if let Some(errors) = answer.get_mut("errors").and_then(Value::as_array_mut) {
        errors.sort_by_key(Value::to_string);
    }
    let text = format!("{status} {answer}");
    assert_nothing_leaks(&text);
    assert!(!text.contains("GRAPHQL_"), "no such operation: {operation} {text}");
    text
}

/// Fails where a text holds one of these, in whatever case.
pub fn hold_secret(text: &str, secrets: &[String], told: &str) {
    let lower = text.to_lowercase();
    let found = secrets.iter().find(|secret| lower.contains(&secret.to_lowercase()));
    assert_eq!(found, None, "{told}\n{text}");
}

/// What gives ids away: their digits, which are the same in every spelling.
pub fn digits(ids: &[String]) -> Vec<String> {
    ids.iter().filter_map(|id| id.split_once('_')).map(|(_, digits)| digits.to_owned()).collect()
}
