//! The only door to the tables: every statement that leaves here is bound to one practice.

use std::pin::Pin;
use std::sync::atomic::Ordering;

use sea_orm::sea_query::{CommonTableExpression, Expr, InsertStatement, OnConflict, WithClause};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseExecutor, DbBackend, DbErr, DeleteMany, EntityTrait,
    IntoActiveModel, Iterable, PaginatorTrait, QueryFilter, QueryResult, QueryTrait, Select, SelectTwo, Statement,
    UpdateMany, Value,
};

use super::copy::Table;
use super::{Shared, StoreError};
use crate::domain::ids::PracticeId;

/// A statement's future. Boxed, so that the types of all that waits for it stay small: the compiler otherwise proves
/// anew, in each caller, that the library's deep futures can cross threads.
type Boxed<'f, T> = Pin<Box<dyn Future<Output = Result<T, DbErr>> + Send + 'f>>;

/// A table whose rows belong to a practice.
pub(super) trait Scoped: EntityTrait {
    /// The column that says to which.
    const PRACTICE: Self::Column;
}

macro_rules! scoped {
    ($($table:ident),+ $(,)?) => {
        $(impl Scoped for entity::$table::Entity {
            const PRACTICE: Self::Column = entity::$table::Column::PracticeId;
        })+

        /// Every table, parents before children: in this order rows can be written.
        pub(super) fn tables() -> Vec<Table> {
            vec![Table::of::<entity::practices::Entity>(), $(Table::of::<entity::$table::Entity>()),+]
        }
    };
}

scoped!(
    members,
    member_links,
    clinicians,
    clients,
    services,
    care_relationships,
    practice_settings,
    clinician_settings,
    offered_services,
    weekly_hours,
    weekly_hours_services,
    date_exceptions,
    date_exception_windows,
    date_exception_services,
    client_access,
    booking_rules,
    appointments,
    appointment_requests,
    claims,
    idempotency_keys,
    events,
    client_reads,
    event_reasons,
);

impl Scoped for entity::practices::Entity {
    const PRACTICE: Self::Column = entity::practices::Column::Id;
}

/// One practice, seen through one connection or transaction.
pub struct Scope<'c> {
    executor: DatabaseExecutor<'c>,
    practice: PracticeId,
    shared: &'c Shared,
}

impl<'c> Scope<'c> {
    pub(super) fn new(executor: DatabaseExecutor<'c>, practice: PracticeId, shared: &'c Shared) -> Self {
        Self { executor, practice, shared }
    }

    /// The practice it is of.
    pub fn practice(&self) -> PracticeId {
        self.practice
    }

    /// Which store it is kept in, where the two have no common words.
    pub(super) fn backend(&self) -> DbBackend {
        self.executor.get_database_backend()
    }

    /// An id's column as 32 hexadecimal digits, where many rows come as one text: a row for each costs more than what is in
    /// it.
    pub(super) fn id_text(&self, column: &str) -> String {
        match self.backend() {
            DbBackend::Postgres => format!("encode(uuid_send({column}), 'hex')"),
            _ => format!("hex({column})"),
        }
    }

    fn count(&self) -> &DatabaseExecutor<'c> {
        self.shared.statements.fetch_add(1, Ordering::Relaxed);
        &self.executor
    }

    /// Waits for a statement's turn and for its answer. SQLite is in this process: it answers, or ends with it.
    async fn wait_for<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, StoreError> {
        let _turn = match self.executor {
            DatabaseExecutor::Connection(_) => Some(self.shared.read_turns.take().await?),
            // A transaction has its connection.
            _ => None,
        };
        match self.backend() {
            DbBackend::Postgres => self.shared.patience.answered(statement).await,
            _ => Ok(statement.await?),
        }
    }

    pub(super) fn select<E: Scoped>(&self) -> Select<E> {
        E::find().filter(E::PRACTICE.eq(self.practice.0))
    }

    pub(super) fn update<E: Scoped>(&self) -> UpdateMany<E> {
        E::update_many().filter(E::PRACTICE.eq(self.practice.0))
    }

    pub(super) fn delete<E: Scoped>(&self) -> DeleteMany<E> {
        E::delete_many().filter(E::PRACTICE.eq(self.practice.0))
    }

    pub(super) async fn all<E: Scoped>(&self, select: Select<E>) -> Result<Vec<E::Model>, StoreError> {
        let rows: Boxed<'_, _> = Box::pin(select.all(self.count()));
        self.wait_for(rows).await
    }

    pub(super) async fn one<E: Scoped>(&self, select: Select<E>) -> Result<Option<E::Model>, StoreError> {
        let row: Boxed<'_, _> = Box::pin(select.one(self.count()));
        self.wait_for(row).await
    }

    /// Rows with what is joined to each. The join has to be on the practice too.
    pub(super) async fn both<E: Scoped, F: Scoped>(
        &self,
        select: SelectTwo<E, F>,
    ) -> Result<Vec<(E::Model, Option<F::Model>)>, StoreError> {
        let rows: Boxed<'_, _> = Box::pin(select.all(self.count()));
        self.wait_for(rows).await
    }

    pub(super) async fn tally<E: Scoped>(&self, select: Select<E>) -> Result<u64, StoreError>
    where
        E::Model: Sync,
    {
        let count: Boxed<'_, _> = Box::pin(select.count(self.count()));
        self.wait_for(count).await
    }

    pub(super) async fn insert<E, A>(&self, row: E::Model) -> Result<(), StoreError>
    where
        E: Scoped,
        E::Model: IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = E> + Send,
    {
        let insert: Boxed<'_, _> = Box::pin(E::insert(row.into_active_model()).exec_without_returning(self.count()));
        self.wait_for(insert).await?;
        Ok(())
    }

    /// The insertion of one row, to be made together with others.
    pub(super) fn insertion<E, A>(&self, row: E::Model) -> InsertStatement
    where
        E: Scoped,
        E::Model: IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = E>,
    {
        E::insert(row.into_active_model()).into_query()
    }

    /// The insertion of many rows of one table: a statement for as many as one can bind.
    pub(super) fn insertions<E, A>(&self, rows: Vec<E::Model>) -> Vec<InsertStatement>
    where
        E: Scoped,
        E::Model: IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = E>,
    {
        let rows: Vec<_> = rows.into_iter().map(IntoActiveModel::into_active_model).collect();
        let at_once = rows_at_once::<E>();
        rows.chunks(at_once).map(|some| E::insert_many(some.to_vec()).into_query()).collect()
    }

    /// Inserts rows of any tables and moves the log's counter, all in one round trip: each costs more time than the rows.
    pub(super) async fn insert_together(&self, rows: Vec<InsertStatement>, last_event: i64) -> Result<(), StoreError> {
        let counter = self.update::<entity::practices::Entity>();
        let counter = counter.col_expr(entity::practices::Column::LastEvent, Expr::value(last_event)).into_query();
        let backend = self.backend();
        let statement = match backend {
            // What one statement of several parts inserts is checked when all of it is there.
            DbBackend::Postgres => {
                let parts = rows.into_iter().enumerate().map(|(part, row)| {
                    CommonTableExpression::new().query(row).table_name(format!("part_{part}")).to_owned()
                });
                let with = parts.fold(WithClause::new(), |mut with, part| with.cte(part).to_owned());
                backend.build(&counter.with(with))
            }
            // The values of several statements are bound one after another.
            _ => {
                let parts = rows.iter().map(|row| backend.build(row)).chain([backend.build(&counter)]);
                let (mut sql, mut values) = (String::new(), Vec::new());
                for part in parts {
                    sql += &part.sql;
                    sql.push(';');
                    values.extend(part.values.map(|values| values.0).unwrap_or_default());
                }
                Statement::from_sql_and_values(backend, sql, values)
            }
        };
        self.wait_for(self.count().execute_raw(statement)).await?;
        Ok(())
    }

    pub(super) async fn insert_all<E, A>(&self, rows: Vec<E::Model>) -> Result<(), StoreError>
    where
        E: Scoped,
        E::Model: IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = E> + Send,
    {
        let rows_at_once = rows_at_once::<E>();
        let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
        while rows.peek().is_some() {
            let some: Vec<_> = rows.by_ref().take(rows_at_once).collect();
            let insert: Boxed<'_, _> = Box::pin(E::insert_many(some).exec_without_returning(self.count()));
            self.wait_for(insert).await?;
        }
        Ok(())
    }

    /// Inserts rows that may be there already.
    pub(super) async fn insert_new<E, A>(&self, rows: Vec<E::Model>, already: OnConflict) -> Result<(), StoreError>
    where
        E: Scoped,
        E::Model: IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = E> + Send,
    {
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        let insert = E::insert_many(rows).on_conflict(already);
        let insert: Boxed<'_, _> = Box::pin(insert.exec_without_returning(self.count()));
        self.wait_for(insert).await?;
        Ok(())
    }

    pub(super) async fn run_update<E: Scoped>(&self, update: UpdateMany<E>) -> Result<u64, StoreError> {
        let update: Boxed<'_, _> = Box::pin(update.exec(self.count()));
        Ok(self.wait_for(update).await?.rows_affected)
    }

    pub(super) async fn run_delete<E: Scoped>(&self, delete: DeleteMany<E>) -> Result<u64, StoreError> {
        let delete: Boxed<'_, _> = Box::pin(delete.exec(self.count()));
        Ok(self.wait_for(delete).await?.rows_affected)
    }

    /// Says which index to follow, where the planner has no figures to find it by: SQLite's. PostgreSQL's has.
    pub(super) fn following(&self, index: &str) -> String {
        match self.executor.get_database_backend() {
            DbBackend::Sqlite => format!(" INDEXED BY {index}"),
            _ => String::new(),
        }
    }

    /// Runs a joined query that binds the practice as `$1` and `values` from `$2` on.
    pub(super) async fn query(&self, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, StoreError> {
        assert!(sql.contains("practice_id = $1"), "a query is bound to its practice: {sql}");
        let bound = std::iter::once(self.practice.0.into()).chain(values);
        let statement = Statement::from_sql_and_values(self.backend(), sql, bound);
        self.wait_for(self.count().query_all_raw(statement)).await
    }
}

/// How many values one statement binds at most: SQLite's limit (SQLITE_MAX_VARIABLE_NUMBER); PostgreSQL takes 65,535.
const VALUES_PER_STATEMENT: usize = 32_766;

/// How many rows of a table one statement inserts at most.
fn rows_at_once<E: Scoped>() -> usize {
    VALUES_PER_STATEMENT / E::Column::iter().count()
}

/// How many ids one statement names at most.
pub(super) const IDS_PER_STATEMENT: usize = 1_000;

/// `$2, $3, …`: so many placeholders from the first on.
pub(super) fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
