//! Whose rows a statement may touch, as its condition: what somebody does not reach is never loaded, so that it costs and
//! answers the same as what does not exist.

use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, Value};

use crate::domain::viewer::Reach;

/// For a table whose rows name a clinician and a client, both always.
pub(super) fn within<C: ColumnTrait>(reach: Reach, clinician: C, client: C) -> Condition {
    let Reach::Own { clinician: own_clinician, client: own_client } = reach else { return Condition::all() };
    // The first matches nothing: a condition of no parts would match everything.
    let mut any = Condition::any().add(client.is_null());
    if let Some(own) = own_clinician {
        any = any.add(clinician.eq(own.0));
    }
    if let Some(own) = own_client {
        any = any.add(client.eq(own.0));
    }
    any
}

/// For clients `k` in a query by hand: also whoever is or was in the care of the clinician is their client. Adds its
/// values to those that the query binds from `$2` on.
pub(super) fn within_clients(reach: Reach, values: &mut Vec<Value>) -> String {
    let Reach::Own { clinician, client } = reach else { return String::new() };
    let mut parts = vec!["k.id IS NULL".to_owned()];
    let mut bound = |value: Value| {
        values.push(value);
        values.len() + 1
    };
    if let Some(own) = clinician {
        parts.push(format!("{IN_CARE}{})", bound(own.0.into())));
    }
    if let Some(own) = client {
        parts.push(format!("k.id = ${}", bound(own.0.into())));
    }
    format!(" AND ({})", parts.join(" OR "))
}

const IN_CARE: &str = "EXISTS (SELECT 1 FROM care_relationships c WHERE c.practice_id = k.practice_id \
                       AND c.client_id = k.id AND c.clinician_id = $";
