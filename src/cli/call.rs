//! `frontdesk call`: the API without installing a client.

use std::io::Read;

use clap::Args;
use serde_json::{Map, Value, json};

use super::Failure;
use super::client::{Client, first_error, socket_url};

/// Runs one GraphQL operation and prints its answer. Exits 1 where the answer has errors, of a mutation's payload too.
#[derive(Args)]
pub struct Call {
    /// The operation; `-` reads it from standard input.
    query: String,
    /// A variable, NAME=VALUE. The text as it stands, where the operation declares the variable as String or ID; else
    /// JSON, where it reads as JSON. Can be given again.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Print only the value at this path of the data, such as practice.services.0.id; a string without quotes.
    #[arg(long, value_name = "PATH")]
    pick: Option<String>,
    /// The server.
    #[arg(long, env = "FRONTDESK_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Who is asking: a token, as `frontdesk token` prints it.
    #[arg(long, env = "FRONTDESK_TOKEN", hide_env_values = true)]
    token: String,
}

impl Call {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let query = match self.query.as_str() {
            "-" => read_input()?,
            _ => self.query.clone(),
        };
        let variables = self.variables.iter().map(|(name, text)| (name.clone(), value(&query, name, text)));
        let variables = Value::Object(variables.collect());
        let mut client = Client::connect(&socket_url(&self.url)?, &self.token).await?;
        let response = client.call(&query, variables).await?;
        let refusals = payload_errors(&response);
        let shown = match &self.pick {
            Some(path) if first_error(&response).is_none() && refusals.is_empty() => pick(&response["data"], path)?,
            _ => serde_json::to_string_pretty(&response).map_err(Failure::from_error)?,
        };
        println!("{shown}");
        match first_error(&response).map(|(_, message)| message).or_else(|| refusals.into_iter().next()) {
            Some(message) => Err(Failure(message)),
            None => Ok(()),
        }
    }
}

fn read_input() -> Result<String, Failure> {
    let mut query = String::new();
    std::io::stdin().read_to_string(&mut query).map_err(Failure::from_error)?;
    Ok(query)
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("Write NAME=VALUE.")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A variable's value, by the type that the operation declares for it.
fn value(query: &str, name: &str, text: &str) -> Value {
    match declared_type(query, name) {
        Some("String" | "ID") => json!(text),
        _ => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}

/// The name of the type in `$name: Type!`; none for a list, or where the operation declares no such variable.
fn declared_type<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('$').skip(1).find_map(|rest| {
        let declared = rest.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim_start();
        let end = declared.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(declared.len());
        Some(&declared[..end])
    })
}

/// The messages of the refusals in a mutation's payload.
fn payload_errors(response: &Value) -> Vec<String> {
    let payloads = response["data"].as_object().into_iter().flat_map(Map::values);
    let errors = payloads.filter_map(|payload| payload["errors"].as_array()).flatten();
    errors.filter_map(|error| error["message"].as_str()).map(str::to_owned).collect()
}

fn pick(data: &Value, path: &str) -> Result<String, Failure> {
    let step = |at: &Value, step: &str| match step.parse::<usize>() {
        Ok(index) => at.get(index).cloned(),
        Err(_) => at.get(step).cloned(),
    };
    let found = path.split('.').try_fold(data.clone(), |at, name| step(&at, name));
    match found {
        Some(Value::String(text)) => Ok(text),
        Some(value) => Ok(value.to_string()),
        None => Err(Failure(format!("The answer has nothing at {path}: {data}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_picked_by_names_and_numbers() {
        let data = json!({ "practice": { "services": [{ "id": "service_1" }] } });
        assert_eq!(pick(&data, "practice.services.0.id").expect("it is there"), "service_1");
        assert!(pick(&data, "practice.services.1.id").is_err());
    }

    #[test]
    fn a_variable_is_split_at_its_first_equals_sign() {
        assert_eq!(variable("id=clinician_1=2"), Ok(("id".to_owned(), "clinician_1=2".to_owned())));
        assert!(variable("n").is_err());
    }

    #[test]
    fn a_variable_is_text_where_the_operation_declares_text_and_else_json_where_it_reads_as_json() {
        let query = "query($key: String!, $id:ID, $first : Int, $on: Boolean = true, $ids: [ID!]!, $from: DateTime!) {
            a(key: $key, keys: $keys) }";
        for (name, text, expected) in [
            ("key", "123", json!("123")),
            ("key", "null", json!("null")),
            ("id", "12", json!("12")),
            ("first", "12", json!(12)),
            ("on", "false", json!(false)),
            ("ids", "[\"a\"]", json!(["a"])),
            ("from", "2027-01-05T15:00:00Z", json!("2027-01-05T15:00:00Z")),
            ("keys", "1", json!(1)),
        ] {
            assert_eq!(value(query, name, text), expected, "{name}={text}");
        }
    }
}
