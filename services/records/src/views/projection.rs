//! Keeps the read models in the append transaction, by the batch: a large import is a handful of statements.
use super::{
    rows::{DirectoryRows, ItemRows, Retractions},
    sealing, signed,
};
use crate::domain::{directory, import, item, patient};
use holdfast_eventlog::{KeyRing, Opened, Projection, ProjectionError};
use sqlx::PgConnection;
use std::collections::HashSet;
use uuid::Uuid;

pub struct RecordViews {
    keys: KeyRing,
}

impl RecordViews {
    pub const fn new(keys: KeyRing) -> Self {
        Self { keys }
    }
}

/// Events of as many items as there are, of each item one.
#[derive(Default)]
struct Wave {
    seen: HashSet<Uuid>,
    items: ItemRows,
    retractions: Retractions,
    directory: DirectoryRows,
}

#[async_trait::async_trait]
impl Projection for RecordViews {
    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError> {
        let mut wave = Wave::default();
        for opened in events {
            if !wave.seen.insert(opened.header.stream.id()) {
                std::mem::take(&mut wave).flush(conn).await?;
                wave.seen.insert(opened.header.stream.id());
            }
            if opened.is::<item::Event>() {
                self.item(&mut wave, opened).await?;
            } else if opened.is::<patient::Event>() {
                self.patient(conn, opened).await?;
            } else if opened.is::<import::Event>() {
                source_read(conn, opened).await?;
            } else if opened.is::<directory::Event>() {
                let directory::Event::Recorded(entry) = opened.decode()?;
                let key = self.keys.existing(opened.header.subject).await?;
                wave.directory.push(&opened.header, &key, &entry)?;
            }
        }
        wave.flush(conn).await
    }
}

impl RecordViews {
    async fn item(&self, wave: &mut Wave, opened: &Opened) -> Result<(), ProjectionError> {
        match opened.decode::<item::Event>()? {
            item::Event::Recorded(content) | item::Event::Changed(content) => {
                let key = self.keys.existing(opened.header.subject).await?;
                wave.items.push(&opened.header, &key, *content)?;
            }
            item::Event::Retracted { .. } => wave.retractions.push(&opened.header),
        }
        Ok(())
    }

    async fn patient(&self, conn: &mut PgConnection, opened: &Opened) -> Result<(), ProjectionError> {
        let header = &opened.header;
        let event = opened.decode::<patient::Event>()?;
        let key = self.keys.existing(header.subject).await?;
        let body = sealing::seal(&key, header.stream.id(), header.revision, event.demographics())?;
        sqlx::query(
            "INSERT INTO patients (patient, tenant, revision, create_time, update_time, body)
             VALUES ($1, $2, $3, $4, $4, $5)
             ON CONFLICT (patient) DO UPDATE
                SET revision = excluded.revision, update_time = excluded.update_time, body = excluded.body
                WHERE patients.revision < excluded.revision",
        )
        .bind(header.stream.id())
        .bind(header.tenant.uuid())
        .bind(signed(header.revision))
        .bind(header.recorded)
        .bind(body)
        .execute(conn)
        .await?;
        Ok(())
    }
}

async fn source_read(conn: &mut PgConnection, opened: &Opened) -> Result<(), ProjectionError> {
    let import::Event::Completed { source, .. } = opened.decode::<import::Event>()? else { return Ok(()) };
    sqlx::query(
        "INSERT INTO sources (patient, source, read_time) VALUES ($1, $2, $3)
         ON CONFLICT (patient, source) DO UPDATE SET read_time = greatest(sources.read_time, excluded.read_time)",
    )
    .bind(opened.header.subject)
    .bind(source)
    .bind(opened.header.recorded)
    .execute(conn)
    .await?;
    Ok(())
}

impl Wave {
    async fn flush(self, conn: &mut PgConnection) -> Result<(), ProjectionError> {
        self.items.store(conn).await?;
        self.retractions.store(conn).await?;
        self.directory.store(conn).await
    }
}
