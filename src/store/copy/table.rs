//! A table as a copy sees it: by its columns, whatever its rows mean.

use sea_orm::sea_query::ColumnType;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IdenStatic, Iterable,
    PrimaryKeyToColumn, QueryResult, Statement, Value,
};
use uuid::Uuid;

use crate::store::StoreError;

/// How many rows are in memory at once. The widest table has 23 columns, and SQLite binds 32,766 values at most.
const BATCH_ROWS: usize = 500;

/// A row's values, in the order of the table's columns.
pub(super) type Row = Vec<Value>;

/// A table's name, columns and primary key.
pub(in crate::store) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
    /// Places in `columns`.
    pub(super) key: Vec<usize>,
}

pub(super) struct Column {
    pub(super) name: &'static str,
    kind: Kind,
}

/// The types that the schema has; each is stored alike on both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Boolean,
    Integer,
    BigInteger,
    Text,
    Uuid,
}

/// What a table holds, in short: two tables with the same sum have the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    pub rows: u64,
    pub checksum: Uuid,
}

impl Table {
    pub(in crate::store) fn of<E: EntityTrait>() -> Self {
        let column =
            |column: E::Column| Column { name: column.as_str(), kind: Kind::of(column.def().get_column_type()) };
        let columns: Vec<_> = E::Column::iter().map(column).collect();
        let place = |key: E::PrimaryKey| {
            let name = key.into_column().as_str();
            columns.iter().position(|column| column.name == name).expect("a key's column is the table's")
        };
        let key = E::PrimaryKey::iter().map(place).collect();
        Self { name: E::default().as_str(), columns, key }
    }

    /// How many rows there are.
    pub(super) async fn count(&self, on: &DatabaseTransaction) -> Result<u64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM {}", self.name);
        let found = on.query_one_raw(Statement::from_string(on.get_database_backend(), sql)).await?;
        let count = found.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    /// The next rows in the order of the primary key, at most a batch; none at the end.
    pub(super) async fn read(&self, on: &DatabaseTransaction, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        let backend = on.get_database_backend();
        let bound = after.into_iter().flat_map(|row| self.key.iter().map(|place| row[*place].clone()));
        let select = Statement::from_sql_and_values(backend, self.select(backend, after.is_some()), bound);
        let rows = on.query_all_raw(select).await?;
        let decode = |row: QueryResult| {
            let columns = self.columns.iter().enumerate();
            columns.map(|(place, column)| column.kind.decode(&row, place)).collect::<Result<Row, _>>()
        };
        Ok(rows.into_iter().map(decode).collect::<Result<_, _>>()?)
    }

    pub(super) async fn write(&self, on: &DatabaseTransaction, rows: Vec<Row>) -> Result<(), StoreError> {
        let insert = self.insert(rows.len());
        let values = rows.into_iter().flatten();
        on.execute_raw(Statement::from_sql_and_values(on.get_database_backend(), insert, values)).await?;
        Ok(())
    }

    /// Sums up the rows as they stand in this database.
    pub(super) async fn sum(&self, on: &DatabaseTransaction) -> Result<Sum, StoreError> {
        let mut sum = Sum { rows: 0, checksum: Uuid::nil() };
        let mut last = None;
        loop {
            let mut rows = self.read(on, last.as_ref()).await?;
            rows.iter().for_each(|row| sum.add(row));
            last = rows.pop();
            if last.is_none() {
                return Ok(sum);
            }
        }
    }

    fn select(&self, backend: DbBackend, goes_on: bool) -> String {
        let key: Vec<_> = self.key.iter().map(|place| self.columns[*place].ordered(backend)).collect();
        let key = key.join(", ");
        let columns: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        let bound: Vec<_> = (1..=self.key.len()).map(|number| format!("${number}")).collect();
        let after = if goes_on { format!("WHERE ({key}) > ({})", bound.join(", ")) } else { String::new() };
        format!("SELECT {} FROM {} {after} ORDER BY {key} LIMIT {BATCH_ROWS}", columns.join(", "), self.name)
    }

    fn insert(&self, rows: usize) -> String {
        let width = self.columns.len();
        let row = |row: usize| {
            let bound: Vec<_> = (1..=width).map(|number| format!("${}", row * width + number)).collect();
            format!("({})", bound.join(", "))
        };
        let columns: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        let rows: Vec<_> = (0..rows).map(row).collect();
        format!("INSERT INTO {} ({}) VALUES {}", self.name, columns.join(", "), rows.join(", "))
    }
}

impl Column {
    /// The column as it orders rows. PostgreSQL would order texts by the database's language; SQLite does it by bytes.
    fn ordered(&self, backend: DbBackend) -> String {
        let by_bytes = self.kind == Kind::Text && backend == DbBackend::Postgres;
        format!("{}{}", self.name, if by_bytes { " COLLATE \"C\"" } else { "" })
    }
}

impl Kind {
    fn of(column: &ColumnType) -> Self {
        match column {
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Integer => Self::Integer,
            ColumnType::BigInteger => Self::BigInteger,
            ColumnType::Uuid => Self::Uuid,
            ColumnType::String(_) | ColumnType::Text => Self::Text,
            other => unreachable!("the schema has no {other:?}: say how a copy reads it"),
        }
    }

    fn decode(self, row: &QueryResult, place: usize) -> Result<Value, DbErr> {
        Ok(match self {
            Self::Boolean => row.try_get_by_index::<Option<bool>>(place)?.into(),
            Self::Integer => row.try_get_by_index::<Option<i32>>(place)?.into(),
            Self::BigInteger => row.try_get_by_index::<Option<i64>>(place)?.into(),
            Self::Text => row.try_get_by_index::<Option<String>>(place)?.into(),
            Self::Uuid => row.try_get_by_index::<Option<Uuid>>(place)?.into(),
        })
    }
}

impl Sum {
    /// Takes a row in: its digest together with that of all rows before it. SHA-1, as version 5 of UUIDs has it, finds
    /// every accident; it is no guard against forgery.
    fn add(&mut self, row: &Row) {
        let mut bytes = Vec::new();
        row.iter().for_each(|value| encode(value, &mut bytes));
        self.rows += 1;
        self.checksum = Uuid::new_v5(&self.checksum, &bytes);
    }
}

/// Writes a value so that no two lists of values read alike: a mark, then a fixed width, or a length and the text.
fn encode(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Bool(Some(value)) => bytes.extend([1, u8::from(*value)]),
        Value::Int(Some(value)) => {
            bytes.push(2);
            bytes.extend(value.to_be_bytes());
        }
        Value::BigInt(Some(value)) => {
            bytes.push(3);
            bytes.extend(value.to_be_bytes());
        }
        Value::String(Some(text)) => {
            bytes.push(4);
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        Value::Uuid(Some(id)) => {
            bytes.push(5);
            bytes.extend(id.as_bytes());
        }
        // A null, since `decode` makes no other.
        _ => bytes.push(0),
    }
}
