//! What is on record between many clients and clinicians at once. It comes as one text of fixed fields: as a row for each
//! pair it took seconds for a hundred thousand (docs/performance.md).

use std::collections::HashMap;

use chrono::NaiveDate;
use sea_orm::Value;
use uuid::Uuid;

use super::convert::{corrupt, date, word};
use super::scope::placeholders;
use super::{Scope, StoreError};
use crate::domain::ids::{ClientId, ClinicianId, MemberId};
use crate::domain::settings::{Access, CareDays, PracticeSettings};
use crate::domain::standings::{Pair, Shut, Standings};

/// Which pairs of clinician and client to look at.
#[derive(Clone, Debug)]
pub enum Pairs {
    /// Every pair with care on record.
    All,
    /// Those of these clinicians.
    OfClinicians(Vec<ClinicianId>),
    /// Those of whoever this member is, as a clinician or as a client.
    OfMember(MemberId),
    /// Those of these clients.
    OfClients(Vec<ClientId>),
    /// Those of this clinician with these clients.
    Of(ClinicianId, Vec<ClientId>),
}

/// An id as text, without hyphens.
const ID_CHARS: usize = 32;
/// A date as it is kept.
const DATE_CHARS: usize = 10;

impl Pairs {
    /// What a row with these columns of clinician and client must meet, with the values from `$2` on.
    fn condition(&self, clinician: &str, client: &str) -> String {
        let among = |column: &str, first, count| format!(" AND {column} IN ({})", placeholders(first, count));
        let of_member =
            |table: &str| format!("(SELECT m.id FROM {table} m WHERE m.practice_id = $1 AND m.member_id = $2)");
        match self {
            Self::All => String::new(),
            Self::OfClinicians(ids) => among(clinician, 2, ids.len()),
            Self::OfMember(_) => {
                format!(" AND ({client} = {} OR {clinician} = {})", of_member("clients"), of_member("clinicians"))
            }
            Self::OfClients(ids) => among(client, 2, ids.len()),
            Self::Of(_, ids) => format!(" AND {clinician} = $2{}", among(client, 3, ids.len())),
        }
    }

    /// The clinicians whom it names: all, where it is about everybody; none, where it is about clients.
    pub fn clinicians(&self, settings: &PracticeSettings) -> Vec<ClinicianId> {
        match self {
            Self::All => settings.clinicians.keys().copied().collect(),
            Self::OfClinicians(ids) => ids.clone(),
            Self::Of(clinician, _) => vec![*clinician],
            Self::OfMember(_) | Self::OfClients(_) => Vec::new(),
        }
    }

    /// What a client's row must meet: about clients, theirs alone.
    fn condition_on_clients(&self) -> String {
        match self {
            Self::All | Self::OfClinicians(_) | Self::OfMember(_) => String::new(),
            Self::OfClients(ids) => format!(" AND k.id IN ({})", placeholders(2, ids.len())),
            Self::Of(_, ids) => format!(" AND k.id IN ({})", placeholders(3, ids.len())),
        }
    }

    fn values(&self) -> Vec<Value> {
        match self {
            Self::All => vec![],
            Self::OfClinicians(ids) => ids.iter().map(|id| id.0.into()).collect(),
            Self::OfMember(member) => vec![member.0.into()],
            Self::OfClients(ids) => ids.iter().map(|id| id.0.into()).collect(),
            Self::Of(clinician, ids) => {
                std::iter::once(clinician.0.into()).chain(ids.iter().map(|id| id.0.into())).collect()
            }
        }
    }

    fn is_none(&self) -> bool {
        match self {
            Self::All | Self::OfMember(_) => false,
            Self::OfClinicians(ids) => ids.is_empty(),
            Self::OfClients(ids) | Self::Of(_, ids) => ids.is_empty(),
        }
    }
}

impl Scope<'_> {
    /// Standings of the pairs that have or had care: one statement, however many pairs.
    pub async fn standings(&self, pairs: &Pairs, today: NaiveDate) -> Result<Standings, StoreError> {
        if pairs.is_none() {
            return Ok(Standings::default());
        }
        let (clinician, client) = (self.id_text("c.clinician_id"), self.id_text("c.client_id"));
        let all = |fields: &str, from: &str| format!("(SELECT string_agg({fields}, ',') FROM {from})");
        let care = all(
            &format!("{clinician} || {client} || c.started_on || COALESCE(c.ended_on, '')"),
            &format!(
                "care_relationships c WHERE c.practice_id = $1{}",
                pairs.condition("c.clinician_id", "c.client_id")
            ),
        );
        let access = all(
            &format!("{clinician} || {client} || c.access"),
            &format!("client_access c WHERE c.practice_id = $1{}", pairs.condition("c.clinician_id", "c.client_id")),
        );
        // Those who are shut out stand in an index of their own.
        let digit = |column: &str| format!("CASE WHEN {column} THEN '1' ELSE '0' END");
        let shut = all(
            &format!("{} || {} || {}", self.id_text("k.id"), digit("k.active"), digit("k.blocked")),
            &format!(
                "clients k WHERE k.practice_id = $1 AND (k.blocked OR NOT k.active){}",
                pairs.condition_on_clients()
            ),
        );
        let sql = format!("SELECT {care} AS care, {access} AS access, {shut} AS shut");
        let rows = self.query(&sql, pairs.values()).await?;
        let row = rows.first().ok_or_else(|| corrupt("standings", "none"))?;
        let text = |column| Ok::<_, StoreError>(row.try_get::<Option<String>>("", column)?.unwrap_or_default());
        Ok(Standings::new(care_in(&text("care")?)?, access_in(&text("access")?)?, shut_in(&text("shut")?)?, today))
    }
}

fn records(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|record| !record.is_empty())
}

fn care_in(text: &str) -> Result<Vec<(Pair, CareDays)>, StoreError> {
    // Most begin and end on dates that others do too.
    let mut dates: HashMap<&str, NaiveDate> = HashMap::new();
    let mut day = |text| {
        if let Some(known) = dates.get(text) {
            return Ok::<_, StoreError>(*known);
        }
        let new = date(text)?;
        dates.insert(text, new);
        Ok(new)
    };
    records(text)
        .map(|record| {
            let (pair, days) = split_pair(record)?;
            let (start, end) = days.split_at_checked(DATE_CHARS).ok_or_else(|| corrupt("care", record))?;
            let ended_on = if end.is_empty() { None } else { Some(day(end)?) };
            Ok((pair, CareDays { started_on: day(start)?, ended_on }))
        })
        .collect()
}

fn access_in(text: &str) -> Result<HashMap<Pair, Access>, StoreError> {
    records(text)
        .map(|record| {
            let (pair, access) = split_pair(record)?;
            Ok((pair, word(Access::from_text(access), "an access", access)?))
        })
        .collect()
}

fn shut_in(text: &str) -> Result<HashMap<ClientId, Shut>, StoreError> {
    records(text)
        .map(|record| {
            let (client, digits) = split_id(record)?;
            Ok((ClientId(client), Shut { active: digits.starts_with('1'), blocked: digits.ends_with('1') }))
        })
        .collect()
}

fn split_pair(record: &str) -> Result<(Pair, &str), StoreError> {
    let (clinician, rest) = split_id(record)?;
    let (client, rest) = split_id(rest)?;
    Ok(((ClinicianId(clinician), ClientId(client)), rest))
}

fn split_id(text: &str) -> Result<(Uuid, &str), StoreError> {
    let (id, rest) = text.split_at_checked(ID_CHARS).ok_or_else(|| corrupt("an id", text))?;
    Ok((Uuid::try_parse(id).map_err(|_| corrupt("an id", id))?, rest))
}
