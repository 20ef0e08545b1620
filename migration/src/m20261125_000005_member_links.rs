//! Who signs in by an issuer: its subjects, each linked to one member.

use sea_orm_migration::prelude::*;

use crate::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // Without this a step that fails half-way stays half-done on SQLite.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run_on_both(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop_tables(manager, &["member_links"]).await
    }
}

// A token of an issuer names no practice, so that its subject must be unique over all of them.
const TABLES: &str = "
CREATE TABLE member_links (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    issuer TEXT NOT NULL CHECK (length(issuer) BETWEEN 1 AND 255),
    subject TEXT NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    linked_by UUID,
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_member_links_subject UNIQUE (issuer, subject),
    CONSTRAINT fk_member_links_member FOREIGN KEY (practice_id, member_id) REFERENCES members (practice_id, id),
    CONSTRAINT fk_member_links_linked_by FOREIGN KEY (practice_id, linked_by) REFERENCES members (practice_id, id)
);
CREATE INDEX ix_member_links_by_member ON member_links (practice_id, member_id);
";
