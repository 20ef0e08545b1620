//! Prints the schema, with the field policy as `@auth` on every field.

use async_graphql::SDLExportOptions;

use crate::auth::policy;

const AUTH: &str = "\"\"\"\nWho may read or call this: a member needs one of these roles. Printed from the table that enforces it.\n\"\"\"\n\
                    directive @auth(requires: [Role!]!) on FIELD_DEFINITION\n\n";

/// The schema as text: what schema.graphql holds.
pub fn print() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .use_space_ident()
        .indent_width(2);
    let plain = super::builder().finish().sdl_with_options(options);
    let mut printed = String::with_capacity(plain.len() * 2);
    printed.push_str(AUTH);
    let mut at = Place::default();
    for line in plain.lines() {
        printed.push_str(line.trim_end());
        if let Some(roles) = at.field_ending_with(line).and_then(|(parent, field)| policy::roles_for(&parent, &field)) {
            let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
            printed.push_str(&format!(" @auth(requires: [{}])", roles.join(", ")));
        }
        printed.push('\n');
    }
    printed
}

/// Where a reader of the text is, line by line.
#[derive(Default)]
struct Place {
    in_description: bool,
    parent: Option<String>,
    /// A field whose arguments are spread over lines.
    open_field: Option<String>,
}

impl Place {
    /// The type and the field whose definition ends with this line, if one does.
    fn field_ending_with(&mut self, line: &str) -> Option<(String, String)> {
        let quotes = line.matches("\"\"\"").count();
        if quotes > 0 || self.in_description {
            self.in_description ^= quotes == 1;
            return None;
        }
        if let Some(rest) = line.strip_prefix("type ").or_else(|| line.strip_prefix("interface ")) {
            self.parent = rest.split_ascii_whitespace().next().map(str::to_owned);
            return None;
        }
        if line == "}" {
            self.parent = None;
        }
        let parent = self.parent.clone()?;
        let text = line.strip_prefix("  ").filter(|text| !text.starts_with(' '))?;
        if text.starts_with(')') {
            return Some((parent, self.open_field.take()?));
        }
        let name = text.split(['(', ':']).next().unwrap_or_default().to_owned();
        if text.ends_with('(') {
            self.open_field = Some(name);
            return None;
        }
        Some((parent, name))
    }
}
