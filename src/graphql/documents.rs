//! The documents of open streams. Ten thousand readers of one frontend have the same: it is kept once for all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_graphql::parser::types::{BaseType, ExecutableDocument, Type};
use async_graphql::{Request, ServerResult, Variables};

/// The texts that are followed now, parsed; cheap to clone.
#[derive(Clone, Default)]
pub struct Documents(Arc<Mutex<Texts>>);

#[derive(Default)]
struct Texts {
    by_text: HashMap<Arc<str>, Weak<Parsed>>,
    /// How many have been parsed.
    count: u64,
}

/// A text that is followed. Its number is no other text's.
struct Parsed {
    number: u64,
    document: ExecutableDocument,
    text: Arc<str>,
    documents: Documents,
}

impl Drop for Parsed {
    fn drop(&mut self) {
        let mut texts = self.documents.texts();
        // Somebody may have begun to follow it anew meanwhile.
        if texts.by_text.get(&self.text).is_some_and(|parsed| parsed.strong_count() == 0) {
            texts.by_text.remove(&self.text);
        }
    }
}

/// What one stream's items are asked for with.
pub struct Document {
    parsed: Arc<Parsed>,
    operation_name: Option<Box<str>>,
    variables: Variables,
    /// The operation's name and variables, as text.
    values: Arc<str>,
}

impl Documents {
    fn parsed(&self, request: &mut Request) -> ServerResult<Arc<Parsed>> {
        let known = self.texts().by_text.get(request.query.as_str()).and_then(Weak::upgrade);
        if let Some(known) = known {
            return Ok(known);
        }
        let document = request.parsed_query()?.clone();
        let text: Arc<str> = request.query.as_str().into();
        let mut texts = self.texts();
        texts.count += 1;
        let parsed = Parsed { number: texts.count, document, text: text.clone(), documents: self.clone() };
        let parsed = Arc::new(parsed);
        texts.by_text.insert(text, Arc::downgrade(&parsed));
        Ok(parsed)
    }

    fn texts(&self) -> std::sync::MutexGuard<'_, Texts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Document {
    /// A request's document.
    pub fn of(request: &mut Request, documents: &Documents) -> ServerResult<Self> {
        let parsed = documents.parsed(request)?;
        let values = values(&parsed.document, request);
        let operation_name = request.operation_name.as_deref().map(Box::from);
        Ok(Self { variables: declared(&parsed.document, request), parsed, operation_name, values })
    }

    /// The same request once more.
    pub fn request(&self) -> Request {
        let mut request = Request::new("").variables(self.variables.clone());
        request.operation_name = self.operation_name.as_deref().map(str::to_owned);
        request.set_parsed_query(self.parsed.document.clone());
        request
    }

    /// True where it may select a field of this name: where the word stands in it.
    pub fn names(&self, field: &str) -> bool {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        self.parsed.text.split(|c| !is_part(c)).any(|word| word == field)
    }

    /// What the items of two streams have to have in common to be written alike: the text's number, and the values.
    pub fn key(&self) -> (u64, Arc<str>) {
        (self.parsed.number, self.values.clone())
    }
}

/// The variables that the document knows: nothing else is kept of what was sent.
fn declared(document: &ExecutableDocument, request: &Request) -> Variables {
    let mut declared = Variables::default();
    for (_, operation) in document.operations.iter() {
        for definition in &operation.node.variable_definitions {
            let name = &definition.node.name.node;
            if let Some(value) = request.variables.get(name) {
                declared.insert(name.clone(), value.clone());
            }
        }
    }
    declared
}

/// What varies between requests of one text. Cursors are left out: they say where a stream begins, not what its items
/// hold.
fn values(document: &ExecutableDocument, request: &Request) -> Arc<str> {
    let mut values = format!("{:?}", request.operation_name);
    for (_, operation) in document.operations.iter() {
        for definition in &operation.node.variable_definitions {
            let Type { base, .. } = &definition.node.var_type.node;
            if matches!(base, BaseType::Named(name) if name == "Cursor") {
                continue;
            }
            let name = &definition.node.name.node;
            if let Some(value) = request.variables.get(name) {
                values.extend([" ", name.as_str(), "=", &value.to_string()]);
            }
        }
    }
    values.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "subscription($a: Cursor, $b: ID) { requested(clinicianId: $b, after: $a) { cursor } }";

    fn document(documents: &Documents, text: &str, variables: serde_json::Value) -> Document {
        let mut request = Request::new(text).variables(Variables::from_json(variables));
        Document::of(&mut request, documents).expect("a document")
    }

    #[test]
    fn a_text_is_parsed_once_while_anybody_follows_it_and_forgotten_after() {
        let documents = Documents::default();
        let (one, two) = (document(&documents, TEXT, json!({})), document(&documents, TEXT, json!({ "b": "1" })));
        assert!(Arc::ptr_eq(&one.parsed, &two.parsed));
        drop((one, two));
        for other in 0..10 {
            document(&documents, &format!("subscription {{ a{other} }}"), json!({}));
        }
        assert!(documents.texts().by_text.is_empty());
    }

    #[test]
    fn documents_are_alike_where_text_and_values_are_wherever_they_begin() {
        let documents = Documents::default();
        let key = |variables| document(&documents, TEXT, variables).key();
        let kept = document(&documents, TEXT, json!({ "a": "x", "b": "1" }));
        assert_eq!(key(json!({ "a": "y", "b": "1" })), kept.key());
        assert_ne!(key(json!({ "b": "2" })), kept.key());
        assert_ne!(document(&documents, &format!(" {TEXT}"), json!({ "b": "1" })).key(), kept.key());
    }
}
