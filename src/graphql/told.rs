//! Tells the field policy in the schema itself, so that the printed schema and introspection say the same: as `@auth` on
//! every field, and as a sentence in every field's description.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{
    __DirectiveLocation, MetaDirective, MetaDirectiveInvocation, MetaField, MetaInputValue, MetaType, Registry,
};
use async_graphql::{ContextSelectionSet, InputType, Name, OutputType, Positioned, ServerResult, Value};
use std::borrow::Cow;

use super::enums::{Role, Within};
use crate::auth::{policy, policy_page};

const ABOUT: &str = "Who may read or call this: a member needs one of these roles, and with that role must be as near to\n\
                     what it is of as `within` says in the same place. Printed from the table that enforces it.";

/// No type of its own: to register it is to tell the policy of every type that was registered before.
pub struct Told;

impl OutputType for Told {
    fn type_name() -> Cow<'static, str> {
        <bool as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let (role, within) =
            (<Role as InputType>::create_type_info(registry), <Within as InputType>::create_type_info(registry));
        for (parent, declared) in &mut registry.types {
            if let MetaType::Object { fields, .. } | MetaType::Interface { fields, .. } = declared {
                fields.values_mut().for_each(|field| tell(parent, field));
            }
        }
        registry.add_directive(directive(&role, &within));
        <bool as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

fn tell(parent: &str, field: &mut MetaField) {
    let Some(grants) = policy::grants_for(parent, &field.name) else { return };
    let sentence = policy_page::sentence(grants);
    field.description = Some(match field.description.take() {
        Some(description) => format!("{description}\n{sentence}"),
        None => sentence,
    });
    let list = |words: Vec<&str>| Value::List(words.into_iter().map(|word| Value::Enum(Name::new(word))).collect());
    let args = IndexMap::from([
        ("requires".to_owned(), list(grants.iter().map(|grant| grant.role.as_str()).collect())),
        ("within".to_owned(), list(grants.iter().map(|grant| grant.within.as_str()).collect())),
    ]);
    field.directive_invocations.push(MetaDirectiveInvocation { name: "auth".to_owned(), args });
}

fn directive(role: &str, within: &str) -> MetaDirective {
    let list = |name: &str, of: &str, about: &str| {
        let value = MetaInputValue {
            name: name.to_owned(),
            description: Some(about.to_owned()),
            ty: format!("[{of}]!"),
            deprecation: Default::default(),
            default_value: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            is_secret: false,
            directive_invocations: Vec::new(),
        };
        (name.to_owned(), value)
    };
    MetaDirective {
        name: "auth".to_owned(),
        description: Some(ABOUT.to_owned()),
        locations: vec![__DirectiveLocation::FIELD_DEFINITION],
        args: IndexMap::from([
            list("requires", role, "The roles."),
            list("within", within, "How near, for each of the roles in turn."),
        ]),
        is_repeatable: false,
        visible: None,
        composable: None,
    }
}
