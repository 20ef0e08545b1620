//! The schema, as far as documents are held against it: read from its own text, since the library keeps its registry.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use async_graphql::Name;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, OperationType, Type, TypeKind, TypeSystemDefinition,
};

/// What an argument or an input object's field takes.
pub struct Input {
    pub ty: Type,
    /// True where it may not be left out.
    pub is_required: bool,
}

/// A field that can be asked for.
pub struct Field {
    /// The type that its selection is of, without lists.
    pub of: Name,
    /// True where it answers several.
    pub is_list: bool,
    pub arguments: HashMap<Name, Input>,
}

/// Types by their names.
#[derive(Default)]
pub struct Types {
    selectable: HashMap<Name, HashMap<Name, Field>>,
    pub inputs: HashMap<Name, HashMap<Name, Input>>,
    pub enums: HashMap<Name, BTreeSet<Name>>,
}

/// Those of our schema.
pub static TYPES: LazyLock<Types> = LazyLock::new(|| Types::read(&crate::graphql::builder().finish().sdl()));

impl Types {
    /// The type that an operation begins at.
    pub fn root(kind: OperationType) -> Name {
        Name::new(match kind {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        })
    }

    /// A field of a type. None for those of introspection too.
    pub fn field(&self, parent: &Name, name: &Name) -> Option<&Field> {
        self.selectable.get(parent)?.get(name)
    }

    /// The names of a type's fields.
    #[cfg(test)]
    pub fn fields(&self, of: &Name) -> impl Iterator<Item = &Name> {
        self.selectable.get(of).into_iter().flat_map(|fields| fields.keys())
    }

    /// Every field that answers several, by its type and its name.
    #[cfg(test)]
    pub fn lists(&self) -> impl Iterator<Item = (&Name, &Name)> {
        let fields =
            self.selectable.iter().flat_map(|(of, fields)| fields.iter().map(move |(name, field)| (of, name, field)));
        fields.filter(|(_, _, field)| field.is_list).map(|(of, name, _)| (of, name))
    }

    fn read(text: &str) -> Self {
        let mut types = Self::default();
        let definitions = parse_schema(text).map(|schema| schema.definitions).unwrap_or_default();
        for definition in definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node;
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                TypeKind::InputObject(input) => {
                    types.inputs.insert(name, inputs(input.fields.into_iter().map(|field| field.node)));
                    continue;
                }
                TypeKind::Enum(values) => {
                    types.enums.insert(name, values.values.into_iter().map(|value| value.node.value.node).collect());
                    continue;
                }
                TypeKind::Scalar | TypeKind::Union(_) => continue,
            };
            types.selectable.insert(name, fields.into_iter().map(|field| selectable(field.node)).collect());
        }
        types
    }
}

fn selectable(field: FieldDefinition) -> (Name, Field) {
    let arguments = inputs(field.arguments.into_iter().map(|argument| argument.node));
    let ty = &field.ty.node;
    (field.name.node, Field { of: named(ty).clone(), is_list: matches!(ty.base, BaseType::List(_)), arguments })
}

fn inputs(all: impl Iterator<Item = InputValueDefinition>) -> HashMap<Name, Input> {
    all.map(|input| {
        let is_required = !input.ty.node.nullable && input.default_value.is_none();
        (input.name.node, Input { ty: input.ty.node, is_required })
    })
    .collect()
}

/// The type's name, without lists.
fn named(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(items) => named(items),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_schema_is_read_whole() {
        let field = TYPES.field(&Types::root(OperationType::Query), &Name::new("clinician")).expect("a field");
        assert!(field.of == "Clinician" && field.arguments["id"].is_required && !field.is_list);
        let services = TYPES.field(&Name::new("Practice"), &Name::new("services")).expect("a field");
        assert!(services.of == "Service" && services.is_list);
        assert!(TYPES.inputs["SetPracticeSelfSchedulingInput"]["enabled"].is_required);
        assert!(!TYPES.inputs["SetPracticeSelfSchedulingInput"]["dryRun"].is_required, "it has a default");
        assert!(TYPES.enums["Role"].contains("ADMIN"));
    }
}
