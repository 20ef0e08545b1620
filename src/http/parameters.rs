//! GraphQL's own parameters, as a JSON object or as the query of an address carries them.

use axum::extract::Query;
use axum::http::Uri;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::graphql::Asked;

/// Reads a JSON object; where it is none of GraphQL's, says what it lacks.
pub fn from_object(mut object: Map<String, Value>) -> Result<Asked, &'static str> {
    let query = match object.remove("query") {
        Some(Value::String(query)) => query,
        None => return Err("needs a “query”"),
        Some(_) => return Err("has a “query” that is not a string"),
    };
    let operation_name = match object.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name),
        Some(_) => return Err("has an “operationName” that is not a string"),
    };
    let variables = match object.remove("variables") {
        None | Some(Value::Null) => Value::Object(Map::new()),
        Some(variables @ Value::Object(_)) => variables,
        Some(_) => return Err("has “variables” that are not an object"),
    };
    if object.remove("extensions").is_some_and(|extensions| !(extensions.is_object() || extensions.is_null())) {
        return Err("has “extensions” that are not an object");
    }
    Ok(Asked { query, operation_name, variables: async_graphql::Variables::from_json(variables) })
}

/// Reads the query of an address, in which variables and extensions are JSON.
pub fn from_address(address: &Uri) -> Result<Asked, &'static str> {
    // What reads it puts other characters in the place of bytes that are no text.
    if percent_decode_str(address.query().unwrap_or_default()).decode_utf8().is_err() {
        return Err("is not UTF-8");
    }
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(address).map_err(|_| "cannot be read")?;
    let mut object = Map::new();
    for (name, text) in pairs {
        let value = match name.as_str() {
            "variables" if text.is_empty() => Value::Null,
            "variables" => serde_json::from_str(&text).map_err(|_| "has “variables” that are not JSON")?,
            "extensions" if text.is_empty() => Value::Null,
            "extensions" => serde_json::from_str(&text).map_err(|_| "has “extensions” that are not JSON")?,
            "operationName" if text.is_empty() => Value::Null,
            _ => Value::String(text),
        };
        if object.insert(name, value).is_some() {
            return Err("has a parameter twice");
        }
    }
    from_object(object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Asked, &'static str> {
        let Value::Object(object) = value else { panic!("an object") };
        from_object(object)
    }

    #[test]
    fn each_parameter_is_of_its_type_or_refused_by_name() {
        let all = json!({ "query": "{a}", "operationName": "A", "variables": { "n": 1 }, "extensions": {}, "more": 1 });
        let asked = read(all).expect("read");
        let variables = async_graphql::Variables::from_json(json!({ "n": 1 }));
        assert_eq!(asked, Asked { query: "{a}".to_owned(), operation_name: Some("A".to_owned()), variables });
        let nulls = json!({ "query": "{a}", "operationName": null, "variables": null, "extensions": null });
        assert_eq!(read(nulls), read(json!({ "query": "{a}" })));
        for wrong in [json!(0), json!(false), json!(["a"]), json!("text"), json!({ "a": 1 })] {
            for (name, is_right) in [
                ("query", wrong.is_string()),
                ("operationName", wrong.is_string()),
                ("variables", wrong.is_object()),
                ("extensions", wrong.is_object()),
            ] {
                let mut object = json!({ "query": "{a}" });
                object[name] = wrong.clone();
                let read = read(object);
                assert_eq!(read.is_ok(), is_right, "{name} {wrong}");
                assert!(read.err().is_none_or(|told| told.contains(name)), "{name} {wrong}");
            }
        }
        assert_eq!(read(json!({})), Err("needs a “query”"));
    }

    #[test]
    fn an_address_carries_the_same_as_text() {
        let read = |query: &str| from_address(&format!("/graphql?{query}").parse().expect("an address"));
        let asked = read("query=%7Ba%7D&operationName=&variables=%7B%22n%22%3A1%7D&extensions=&x=1").expect("read");
        let variables = async_graphql::Variables::from_json(json!({ "n": 1 }));
        assert_eq!(asked, Asked { query: "{a}".to_owned(), operation_name: None, variables });
        assert_eq!(read("operationName=A"), Err("needs a “query”"));
        assert_eq!(read("query=a&variables=1"), Err("has “variables” that are not an object"));
        assert_eq!(read("query=a&variables={"), Err("has “variables” that are not JSON"));
        assert_eq!(read("query=%7Ba%7D&operationName=%C3%28"), Err("is not UTF-8"));
        assert!(read("query=%C3%A4&operationName=%EF%BF%BD").is_ok());
        assert_eq!(read("query=a&query=b"), Err("has a parameter twice"));
    }
}
