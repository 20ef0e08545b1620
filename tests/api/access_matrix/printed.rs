//! The printed schema, read by the library's own parser: every type's fields, each with the rule that `@auth` prints.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition};

use frontdesk::domain::viewer::{Role, Within};
use frontdesk::graphql::print_sdl;

/// A field as it is printed.
pub struct Field {
    /// The named type at its heart.
    pub of: String,
    pub grants: Vec<(Role, Within)>,
    pub description: String,
    /// Arguments that it cannot do without.
    pub needs: Vec<String>,
}

/// What the matrix is made from.
pub struct Printed {
    /// Objects and interfaces, with their fields.
    pub objects: BTreeMap<String, BTreeMap<String, Field>>,
    /// Unions.
    unions: Vec<String>,
    /// Inputs that have `dryRun`.
    previewable: Vec<String>,
}

impl Printed {
    /// Reads what the program prints.
    pub fn read() -> Self {
        let schema = parse_schema(print_sdl()).expect("the printed schema is one");
        let mut printed = Self { objects: BTreeMap::new(), unions: vec![], previewable: vec![] };
        for definition in schema.definitions {
            let TypeSystemDefinition::Type(declared) = definition else { continue };
            let name = declared.node.name.node.to_string();
            match declared.node.kind {
                TypeKind::Object(object) => drop(printed.objects.insert(name, fields(&object.fields))),
                TypeKind::Interface(interface) => drop(printed.objects.insert(name, fields(&interface.fields))),
                TypeKind::Union(_) => printed.unions.push(name),
                TypeKind::InputObject(input) if input.fields.iter().any(|field| field.node.name.node == "dryRun") => {
                    printed.previewable.push(name);
                }
                _ => {}
            }
        }
        printed
    }

    /// A field, which there must be.
    pub fn field(&self, parent: &str, name: &str) -> &Field {
        let found = self.objects.get(parent).and_then(|fields| fields.get(name));
        found.unwrap_or_else(|| panic!("the schema has no {parent}.{name}: take it out of the matrix"))
    }

    /// True where something must be selected of a type.
    pub fn is_composite(&self, name: &str) -> bool {
        self.objects.contains_key(name) || self.unions.iter().any(|union| union == name)
    }

    /// True where a mutation can be tried without saving anything.
    pub fn is_previewable(&self, mutation: &str) -> bool {
        let input = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        self.previewable.contains(&input)
    }
}

fn fields(fields: &[async_graphql::Positioned<FieldDefinition>]) -> BTreeMap<String, Field> {
    let read = |field: &FieldDefinition| {
        let needed = field
            .arguments
            .iter()
            .filter(|argument| !argument.node.ty.node.nullable && argument.node.default_value.is_none());
        let needs = needed.map(|argument| argument.node.name.node.to_string()).collect();
        let description = field.description.as_ref().map(|text| text.node.clone()).unwrap_or_default();
        (field.name.node.to_string(), Field { of: heart(&field.ty.node), grants: grants(field), description, needs })
    };
    fields.iter().map(|field| read(&field.node)).collect()
}

fn heart(of: &Type) -> String {
    match &of.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(of) => heart(of),
    }
}

/// What a field's `@auth` says; nothing where it has none, so that the matrix expects that nobody may.
fn grants(field: &FieldDefinition) -> Vec<(Role, Within)> {
    let auth = field.directives.iter().find(|directive| directive.node.name.node == "auth");
    let words = |argument: &str| -> Vec<String> {
        let list = auth.and_then(|auth| auth.node.get_argument(argument));
        let list = list.map(|list| list.node.clone().into_json().expect("a list")).unwrap_or_default();
        list.as_array().into_iter().flatten().map(|word| word.as_str().expect("a word").to_owned()).collect()
    };
    let (roles, within) = (words("requires"), words("within"));
    assert_eq!(roles.len(), within.len(), "{}: each role has its nearness", field.name.node);
    let read = |(role, within): (&String, &String)| {
        (Role::from_text(role).expect("a role"), Within::from_text(within).expect("a nearness"))
    };
    roles.iter().zip(&within).map(read).collect()
}
