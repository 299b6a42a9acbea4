//! Keeps the read models in the append transaction, by the batch: a large import is a handful of statements.
use super::{
    proposals,
    rows::{DirectoryRows, ItemRows, Retractions},
    sealing, signed,
};
use crate::domain::{directory, import, item, locks::chosen, patient, proposal};
use holdfast_eventlog::{DecodeError, Header, KeyRing, Opened, Projection, ProjectionError};
use rayon::prelude::*;
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
    /// The items of a file are nearly all of it, and their digests are what takes longest.
    fn read_ahead(&self, events: &[Opened]) {
        let items = events.par_iter().filter(|opened| opened.is::<item::Event>());
        items.for_each(|opened| {
            opened.decode_ahead(|event: &item::Event| {
                if let Some(content) = event.content() {
                    content.resource.sha256();
                }
            });
        });
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError> {
        let mut wave = Wave::default();
        let said: Vec<_> = events.par_iter().map(Said::of).collect();
        for (opened, said) in events.iter().zip(said) {
            if !wave.seen.insert(opened.header.stream.id()) {
                std::mem::take(&mut wave).flush(conn).await?;
                wave.seen.insert(opened.header.stream.id());
            }
            match said? {
                Said::Item(event) => self.item(&mut wave, &opened.header, event).await?,
                Said::Patient(event) => self.patient(conn, &opened.header, &event).await?,
                Said::Import(event) => self.import(conn, &opened.header, event).await?,
                Said::Proposal(event) => proposals::project(conn, &opened.header, &event).await?,
                Said::Locks(event) => locked(conn, &opened.header, &event).await?,
                Said::Directory(directory::Event::Recorded(entry)) => {
                    let key = self.keys.existing(opened.header.subject).await?;
                    wave.directory.push(&opened.header, &key, &entry)?;
                }
                Said::Nothing => {}
            }
        }
        wave.flush(conn).await
    }
}

/// What an event says to the read models.
enum Said {
    Item(item::Event),
    Patient(patient::Event),
    Import(import::Event),
    Proposal(proposal::Event),
    Locks(chosen::Event),
    Directory(directory::Event),
    Nothing,
}

impl Said {
    fn of(opened: &Opened) -> Result<Self, DecodeError> {
        Ok(if opened.is::<item::Event>() {
            Self::Item(opened.decode()?)
        } else if opened.is::<patient::Event>() {
            Self::Patient(opened.decode()?)
        } else if opened.is::<import::Event>() {
            Self::Import(opened.decode()?)
        } else if opened.is::<directory::Event>() {
            Self::Directory(opened.decode()?)
        } else if opened.is::<proposal::Event>() {
            Self::Proposal(opened.decode()?)
        } else if opened.is::<chosen::Event>() {
            Self::Locks(opened.decode()?)
        } else {
            Self::Nothing
        })
    }
}

impl RecordViews {
    async fn import(
        &self,
        conn: &mut PgConnection,
        header: &Header,
        event: import::Event,
    ) -> Result<(), ProjectionError> {
        let import::Event::Completed { source, content, .. } = event else { return Ok(()) };
        source_read(conn, header, source).await?;
        // Of those that were taken in before it was noted nothing is known.
        let Some(content) = content else { return Ok(()) };
        let (key, import) = (self.keys.existing(header.subject).await?, header.stream.id());
        sqlx::query(
            "INSERT INTO imports (patient, import, source, read_time, content) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(header.subject)
        .bind(import)
        .bind(source)
        .bind(header.recorded)
        .bind(sealing::seal_digest(&key, sealing::OF_IMPORTS, import, &content)?)
        .execute(conn)
        .await?;
        Ok(())
    }

    async fn item(
        &self,
        wave: &mut Wave,
        header: &Header,
        event: item::Event,
    ) -> Result<(), ProjectionError> {
        match event {
            item::Event::Recorded(content) | item::Event::Changed(content) => {
                let key = self.keys.existing(header.subject).await?;
                wave.items.push(header, key, &content);
            }
            item::Event::Retracted { .. } => wave.retractions.push(header),
        }
        Ok(())
    }

    async fn patient(
        &self,
        conn: &mut PgConnection,
        header: &Header,
        event: &patient::Event,
    ) -> Result<(), ProjectionError> {
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

async fn locked(
    conn: &mut PgConnection,
    header: &Header,
    chosen::Event::Set { after, .. }: &chosen::Event,
) -> Result<(), ProjectionError> {
    let locks = serde_json::to_string(after).map_err(|source| {
        let event_type = header.event_type.clone();
        DecodeError::Malformed { event_type, source }
    })?;
    sqlx::query(
        "INSERT INTO field_locks (tenant, revision, locks) VALUES ($1, $2, $3)
         ON CONFLICT (tenant) DO UPDATE SET revision = excluded.revision, locks = excluded.locks
            WHERE field_locks.revision < excluded.revision",
    )
    .bind(header.stream.id())
    .bind(signed(header.revision))
    .bind(locks)
    .execute(conn)
    .await?;
    Ok(())
}

async fn source_read(conn: &mut PgConnection, header: &Header, source: Uuid) -> Result<(), ProjectionError> {
    sqlx::query(
        "INSERT INTO sources (patient, source, read_time) VALUES ($1, $2, $3)
         ON CONFLICT (patient, source) DO UPDATE SET read_time = greatest(sources.read_time, excluded.read_time)",
    )
    .bind(header.subject)
    .bind(source)
    .bind(header.recorded)
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
