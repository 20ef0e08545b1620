//! Long lists of plain values, written down at once. The library runs every field of every item as a task of its own,
//! which costs more than finding the item: two months of slots are thousands of fields, and none of them waits for anything.

use std::borrow::Cow;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, Name, OutputType, Positioned, ServerError, ServerResult, Value};

use super::context::Session;
use super::error::{denial, of_request};
use super::guard;

/// An object whose fields are at hand, take no arguments, and are no objects themselves.
pub trait Plain: OutputType {
    /// A field's value; none where there is no such field.
    fn value(&self, field: &str) -> Option<Value>;
}

/// A list of them, `[Item!]!`.
pub struct PlainList<T>(pub Vec<T>);

impl<T: Plain> OutputType for PlainList<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _field: &Positioned<Field>) -> ServerResult<Value> {
        let mut columns = Vec::new();
        gather::<T>(ctx, &ctx.item.node, &mut columns)?;
        let cell = |item: &T, (key, field): &(Name, Name)| {
            let value = if field == "__typename" { Some(Value::from(T::type_name())) } else { item.value(field) };
            let unknown = || ServerError::new(format!("There is no field {field} here."), Some(ctx.item.pos));
            Ok((key.clone(), value.ok_or_else(unknown)?))
        };
        let row = |item: &T| columns.iter().map(|column| cell(item, column)).collect::<ServerResult<_>>();
        let rows = self.0.iter().map(|item| row(item).map(Value::Object));
        Ok(Value::List(rows.collect::<ServerResult<_>>()?))
    }
}

/// The fields that are asked for, each with the key that it is answered under: judged once for all items. What was to be
/// left out, by `@skip` or `@include`, is gone from the document by now.
fn gather<T: Plain>(
    ctx: &ContextSelectionSet<'_>,
    selection: &SelectionSet,
    columns: &mut Vec<(Name, Name)>,
) -> ServerResult<()> {
    let of = T::type_name();
    for item in &selection.items {
        match &item.node {
            Selection::Field(field) => {
                let name = &field.node.name.node;
                if name != "__typename" {
                    let viewer = ctx.data_opt::<Session>().map(|session| &session.viewer);
                    guard::judge(viewer, &of, name).map_err(|denied| of_request(denial(&denied)))?;
                }
                let key = field.node.response_key().node.clone();
                if !columns.iter().any(|(known, _)| *known == key) {
                    columns.push((key, name.clone()));
                }
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let unknown = || ServerError::new(format!("Unknown fragment \"{name}\"."), Some(spread.pos));
                let fragment = ctx.query_env.fragments.get(name).ok_or_else(unknown)?;
                // On this very type: the document was held against the schema.
                gather::<T>(ctx, &fragment.node.selection_set.node, columns)?;
            }
            Selection::InlineFragment(inline) => gather::<T>(ctx, &inline.node.selection_set.node, columns)?,
        }
    }
    Ok(())
}
