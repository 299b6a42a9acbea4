//! Keeps the read models, event by event, in the order of each patient's lane.
use super::paper::{seal_paper, seal_reason};
use crate::domain::{
    document::{self, Paper},
    upload::{self, Announced},
};
use crate::keys::PaperKey;
use holdfast_eventlog::{Header, KeyRing, Opened, Projection, ProjectionError};
use holdfast_types::Actor;
use sqlx::PgConnection;

pub struct Documents(KeyRing);

impl Documents {
    pub const fn new(keys: KeyRing) -> Self {
        Self(keys)
    }
}

#[async_trait::async_trait]
impl Projection for Documents {
    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError> {
        for opened in events {
            let header = &opened.header;
            if opened.is::<document::Event>() {
                let key = PaperKey::of(&self.0, header.subject, header.stream.id()).await?;
                match opened.decode()? {
                    document::Event::Added(paper) => {
                        added(conn, header, &paper, &seal_paper(&key, header.stream.id(), &paper)?).await?;
                    }
                    document::Event::Withdrawn { reason, withdrawn, .. } => {
                        sqlx::query(
                            "UPDATE documents
                             SET withdraw_time = $2, reason = $3, revision = $4, withdrawn_by = $5
                             WHERE document = $1",
                        )
                        .bind(header.stream.id())
                        .bind(withdrawn)
                        .bind(seal_reason(&key, header.stream.id(), &reason)?)
                        .bind(revision(header))
                        .bind(header.actor.to_string())
                        .execute(&mut *conn)
                        .await?;
                    }
                }
            } else if opened.is::<upload::Event>() {
                match opened.decode()? {
                    upload::Event::Started(announced) => started(conn, header, &announced).await?,
                    upload::Event::Completed { .. } | upload::Event::Abandoned { .. } => {
                        sqlx::query("UPDATE uploads SET open = false WHERE upload = $1")
                            .bind(header.stream.id())
                            .execute(&mut *conn)
                            .await?;
                    }
                }
            }
        }
        Ok(())
    }
}

async fn added(
    conn: &mut PgConnection,
    header: &Header,
    paper: &Paper,
    sealed: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO documents (document, patient, category, added_time, revision, paper, added_by)
         SELECT $1::uuid, $2::uuid, $3::text, $4::timestamptz, $5::bigint, $6::bytea, $7::text
         WHERE NOT EXISTS (SELECT FROM erased_documents WHERE document = $1 AND patient = $2)
         ON CONFLICT (document) DO NOTHING",
    )
    .bind(header.stream.id())
    .bind(paper.patient.uuid())
    .bind(paper.category.as_str())
    .bind(paper.added)
    .bind(revision(header))
    .bind(sealed)
    .bind(Actor::Account(paper.added_by).to_string())
    .execute(conn)
    .await?;
    Ok(())
}

async fn started(conn: &mut PgConnection, header: &Header, announced: &Announced) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO uploads (upload, patient, tenant, account, category, expire_time, open)
         VALUES ($1, $2, $3, $4, $5, $6, true)
         ON CONFLICT (upload) DO NOTHING",
    )
    .bind(header.stream.id())
    .bind(announced.patient.uuid())
    .bind(header.tenant.uuid())
    .bind(announced.by.uuid())
    .bind(announced.category.as_str())
    .bind(announced.expires)
    .execute(conn)
    .await?;
    Ok(())
}

fn revision(header: &Header) -> i64 {
    i64::try_from(header.revision).unwrap_or(i64::MAX)
}
