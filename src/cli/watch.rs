//! `frontdesk watch`: a subscriber in the terminal.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::Failure;
use super::client::{Broken, Client, first_error, socket_url};

/// Follows requests, one line each, and resumes behind the last line after any drop.
#[derive(Args)]
pub struct Watch {
    /// The server.
    #[arg(long, env = "FRONTDESK_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Who is watching: a token, as `frontdesk token` prints it.
    #[arg(long, env = "FRONTDESK_TOKEN", hide_env_values = true)]
    token: String,
    /// Show every change of a request, not only new ones. A client watches their own requests so.
    #[arg(long)]
    changes: bool,
    /// Show first what came after this cursor; without it, what comes from now on.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Stop after so many lines.
    #[arg(long, value_name = "LINES", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

/// The first wait before connecting again; it doubles up to the last.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LAST_WAIT: Duration = Duration::from_secs(10);

const FIELDS: &str = "__typename ... on AppointmentRequestEvent { cursor type appointmentRequest { id status localStart \
                      client { displayName } clinician { displayName } service { name } } } \
                      ... on AppointmentRequestHandedOver { cursor appointmentRequestId } ... on StreamReset { cursor reason }";

impl Watch {
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let socket_url = socket_url(&self.url)?;
        let mut wait = FIRST_WAIT;
        loop {
            match self.follow(&socket_url, &mut wait).await {
                Ok(()) => return Ok(()),
                Err(Broken::Refused(message)) => return Err(Failure(message)),
                Err(Broken::Connection(message)) => {
                    eprintln!("{message} Connecting again in {} ms.", wait.as_millis());
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LAST_WAIT);
                }
            }
        }
    }

    /// Follows over one connection until it breaks, or until the last wanted line.
    async fn follow(&mut self, socket_url: &str, wait: &mut Duration) -> Result<(), Broken> {
        let mut client = Client::connect(socket_url, &self.token).await?;
        if self.after.is_none() {
            // The place to begin at, taken before the stream is open: a drop before the first line then loses nothing.
            let answer = client.call("{ practice { latestCursor } }", json!({})).await?;
            self.after = Some(text(&refused_or(answer)?["practice"]["latestCursor"]));
        }
        let field = if self.changes { "appointmentRequestChanged" } else { "appointmentRequested" };
        let query = format!("subscription($after: Cursor) {{ {field}(after: $after) {{ {FIELDS} }} }}");
        client.subscribe(&query, json!({ "after": self.after })).await?;
        eprintln!("Watching {field} at {}.", self.url);
        while let Some(response) = client.next().await? {
            *wait = FIRST_WAIT;
            let item = refused_or(response)?[field].take();
            self.after = Some(text(&item["cursor"]));
            println!("{}", line(&item));
            if let Some(left) = &mut self.count {
                *left -= 1;
                if *left == 0 {
                    return Ok(());
                }
            }
        }
        Err(Broken::Connection("The server ended the stream.".to_owned()))
    }
}

/// A response's data, unless the server said no. A fault on its side may pass, so it is tried again.
fn refused_or(mut response: Value) -> Result<Value, Broken> {
    match first_error(&response) {
        None => Ok(response["data"].take()),
        Some((code, message)) if code == "INTERNAL" || code == "UNAVAILABLE" => Err(Broken::Connection(message)),
        Some((_, message)) => Err(Broken::Refused(message)),
    }
}

fn line(item: &Value) -> String {
    if item["__typename"] == "StreamReset" {
        return format!("RESET  {}  load again; the stream goes on from here", text(&item["reason"]));
    }
    if item["__typename"] == "AppointmentRequestHandedOver" {
        let (id, cursor) = (text(&item["appointmentRequestId"]), text(&item["cursor"]));
        return format!("HANDED OVER  {id}  another clinician has it now  {cursor}");
    }
    let request = &item["appointmentRequest"];
    let name = |value: &Value| text(&value["displayName"]);
    format!(
        "{:<9}  {}  {}  {} with {}  {}  {}",
        text(&item["type"]),
        text(&request["localStart"]),
        text(&request["service"]["name"]),
        name(&request["client"]),
        name(&request["clinician"]),
        text(&request["id"]),
        text(&item["cursor"]),
    )
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
