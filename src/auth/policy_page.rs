//! The policy in words: a sentence for each field's description, and the tables that `frontdesk policy` prints.

use std::fmt::Write;

use super::policy::{Grant, RULES, Rule};
use crate::domain::viewer::{Role, Within};

/// Who may, in one sentence.
pub fn sentence(grants: &[Grant]) -> String {
    let mut parts: Vec<(Within, Vec<Role>)> = Vec::new();
    for grant in grants {
        match parts.iter_mut().find(|(within, _)| *within == grant.within) {
            Some((_, roles)) => roles.push(grant.role),
            None => parts.push((grant.within, vec![grant.role])),
        }
    }
    let said = parts.iter().map(|(within, roles)| {
        let who = if roles.len() == Role::ALL.len() {
            "every member".to_owned()
        } else {
            roles.iter().map(|role| plural(*role)).collect::<Vec<_>>().join(" and ")
        };
        match within {
            Within::OwnPractice => who,
            Within::OwnClient => format!("{who}, of what is their own or their clients'"),
            Within::Own => format!("{who}, of what is their own"),
        }
    });
    format!("Who may: {}.", said.collect::<Vec<_>>().join("; "))
}

fn plural(role: Role) -> &'static str {
    match role {
        Role::Admin => "admins",
        Role::Clinician => "clinicians",
        Role::Client => "clients",
    }
}

/// A heading, what is said under it, and which types come there.
type Section = (&'static str, &'static str, fn(&str) -> bool);

const SECTIONS: &[Section] = &[
    ("What can be asked", "Where every reading begins.", |parent| parent == "Query"),
    ("What can be changed", "Every act, and who may do it.", |parent| parent == "Mutation"),
    ("What can be followed", "What is told the moment it happens.", |parent| parent == "Subscription"),
    ("What can be read", "Every thing, field by field.", |parent| {
        !is_root(parent) && !is_answer(parent) && !is_page(parent)
    }),
    ("What an act answers", "Read by whoever may do the act.", is_answer),
    ("Pages of lists", "Read by whoever may read the list.", is_page),
];

fn is_root(parent: &str) -> bool {
    ["Query", "Mutation", "Subscription"].contains(&parent)
}

fn is_answer(parent: &str) -> bool {
    parent.ends_with("Payload") || parent.ends_with("Error")
}

fn is_page(parent: &str) -> bool {
    parent.ends_with("Connection") || parent.ends_with("Edge") || parent == "PageInfo"
}

/// The whole policy as Markdown tables: of each type, which fields an admin, a clinician and a client may read or call.
pub fn print() -> String {
    let mut page = String::new();
    for (heading, about, is_here) in SECTIONS {
        let _ = write!(page, "### {heading}\n\n{about}\n\n");
        page.push_str("| Type | Fields | Admin | Clinician | Client |\n|---|---|---|---|---|\n");
        for rule in RULES.iter().filter(|rule| is_here(rule.parent)) {
            page.push_str(&rows(rule));
        }
        page.push('\n');
    }
    page
}

/// A rule's row; of what is asked, changed or followed a row each.
fn rows(rule: &Rule) -> String {
    let cells = Role::ALL.iter().map(|role| {
        let grant = rule.grants.iter().find(|grant| grant.role == *role);
        grant.map_or("–", |grant| in_short(grant.within))
    });
    let cells = cells.collect::<Vec<_>>().join(" | ");
    let fields: Vec<_> = rule.fields.split_ascii_whitespace().collect();
    let fields: Vec<_> = if is_root(rule.parent) {
        fields.iter().map(|field| (*field).to_owned()).collect()
    } else {
        vec![fields.join(", ")]
    };
    fields.iter().map(|fields| format!("| {} | {fields} | {cells} |\n", rule.parent)).collect()
}

fn in_short(within: Within) -> &'static str {
    match within {
        Within::OwnPractice => "yes",
        Within::OwnClient => "own clients",
        Within::Own => "own",
    }
}
