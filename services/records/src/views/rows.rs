//! Rows on their way into the tables, column by column.
use super::{sealing, signed};
use crate::domain::{
    content::{Content, Resource},
    directory::{Entry, key_id},
};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{DataKey, Header, KeyError, ProjectionError};
use holdfast_types::TenantId;
use rayon::prelude::*;
use sqlx::PgConnection;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// New revisions of items, and where in the log their content stands.
#[derive(Default)]
pub(super) struct ItemRows {
    patients: Vec<Uuid>,
    items: Vec<Uuid>,
    revisions: Vec<i64>,
    categories: Vec<&'static str>,
    resource_types: Vec<String>,
    sources: Vec<Uuid>,
    source_kinds: Vec<&'static str>,
    occurred: Vec<Option<DateTime<Utc>>>,
    recorded: Vec<DateTime<Utc>>,
    actors: Vec<String>,
    events: Vec<i64>,
    /// With the keys under which their digests are sealed.
    resources: Vec<(Arc<DataKey>, Resource)>,
}

impl ItemRows {
    pub(super) fn push(&mut self, header: &Header, key: Arc<DataKey>, content: &Content) {
        self.patients.push(header.subject);
        self.items.push(header.stream.id());
        self.revisions.push(signed(header.revision));
        self.categories.push(content.category.as_str());
        self.sources.push(content.source.id);
        self.source_kinds.push(content.source.kind.as_str());
        self.occurred.push(content.occurred);
        self.resource_types.push(content.resource_type.clone());
        self.recorded.push(header.recorded);
        self.actors.push(header.actor.to_string());
        self.events.push(signed(header.lane_seq));
        self.resources.push((key, content.resource.clone()));
    }

    /// Of an import there are thousands, so all cores take part.
    fn digests(&self) -> Result<Vec<Vec<u8>>, KeyError> {
        let resources = self.items.par_iter().zip(&self.resources);
        resources
            .map(|(item, (key, said))| sealing::seal_digest(key, sealing::OF_ITEMS, *item, &said.sha256()))
            .collect()
    }

    pub(super) async fn store(self, conn: &mut PgConnection) -> Result<(), ProjectionError> {
        if self.items.is_empty() {
            return Ok(());
        }
        let digests = self.digests()?;
        sqlx::query(
            "INSERT INTO item_versions
                (patient, item, revision, category, resource_type, source, source_kind, occurred, recorded, actor, retracted,
                 event, said, origin, content, sent)
             SELECT
                new.patient, new.item, new.revision, new.category, new.resource_type, new.source, new.source_kind, new.occurred,
                new.recorded, new.actor, false, new.event, new.event, COALESCE(before.origin, new.source), new.digest,
                -- Who replaces an item does not speak for its origin.
                CASE WHEN before.origin <> new.source THEN before.sent ELSE new.digest END
             FROM (
                SELECT
                    unnest($1::uuid[]) AS patient, unnest($2::uuid[]) AS item, unnest($3::bigint[]) AS revision,
                    unnest($4::text[]) AS category, unnest($5::text[]) AS resource_type, unnest($6::uuid[]) AS source,
                    unnest($7::text[]) AS source_kind, unnest($8::timestamptz[]) AS occurred,
                    unnest($9::timestamptz[]) AS recorded, unnest($10::text[]) AS actor, unnest($11::bigint[]) AS event,
                    unnest($12::bytea[]) AS digest
             ) AS new
             LEFT JOIN LATERAL (
                SELECT revision, origin, sent FROM item_versions
                WHERE patient = new.patient AND item = new.item AND revision <= new.revision
                -- By its key, however large the planner takes the table for.
                ORDER BY revision DESC
                LIMIT 1
             ) AS before ON true
             -- Taken in twice is as good as once; nobody else writes under the lane's lock.
             WHERE before.revision IS DISTINCT FROM new.revision",
        )
        .bind(&self.patients)
        .bind(&self.items)
        .bind(&self.revisions)
        .bind(self.categories)
        .bind(self.resource_types)
        .bind(self.sources)
        .bind(self.source_kinds)
        .bind(self.occurred)
        .bind(&self.recorded)
        .bind(self.actors)
        .bind(self.events)
        .bind(digests)
        .execute(&mut *conn)
        .await?;
        supersede(conn, &self.patients, &self.items, &self.revisions, &self.recorded).await?;
        Ok(())
    }
}

async fn supersede(
    conn: &mut PgConnection,
    patients: &[Uuid],
    items: &[Uuid],
    revisions: &[i64],
    recorded: &[DateTime<Utc>],
) -> Result<(), sqlx::Error> {
    if revisions.iter().all(|revision| *revision == 1) {
        return Ok(());
    }
    sqlx::query(
        "UPDATE item_versions AS old SET superseded = new.recorded, content = NULL, sent = NULL
         FROM UNNEST($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[]) AS new (patient, item, revision, recorded)
         WHERE old.patient = new.patient AND old.item = new.item AND old.revision = new.revision - 1",
    )
    .bind(patients)
    .bind(items)
    .bind(revisions)
    .bind(recorded)
    .execute(conn)
    .await?;
    Ok(())
}

/// Items marked as entered in error: rare, so one by one.
#[derive(Default)]
pub(super) struct Retractions(Vec<Header>);

impl Retractions {
    pub(super) fn push(&mut self, header: &Header) {
        self.0.push(header.clone());
    }

    pub(super) async fn store(self, conn: &mut PgConnection) -> Result<(), ProjectionError> {
        for header in self.0 {
            retract(conn, &header).await?;
        }
        Ok(())
    }
}

/// An item begins with what it says: there is always a version before.
async fn retract(conn: &mut PgConnection, header: &Header) -> Result<(), ProjectionError> {
    let (patient, item) = (header.subject, header.stream.id());
    sqlx::query(
        "INSERT INTO item_versions
            (patient, item, revision, category, resource_type, source, source_kind, occurred, recorded, actor, retracted,
             event, said, origin, content, sent)
         SELECT patient, item, $3, category, resource_type, source, source_kind, occurred, $4, $5, true, $6, said, origin, content, sent
         FROM item_versions WHERE patient = $1 AND item = $2 AND revision = $3 - 1
         ON CONFLICT (patient, item, revision) DO NOTHING",
    )
    .bind(patient)
    .bind(item)
    .bind(signed(header.revision))
    .bind(header.recorded)
    .bind(header.actor.to_string())
    .bind(signed(header.lane_seq))
    .execute(&mut *conn)
    .await?;
    supersede(conn, &[patient], &[item], &[signed(header.revision)], &[header.recorded]).await?;
    Ok(())
}

#[derive(Default)]
pub(super) struct DirectoryRows {
    tenants: Vec<Uuid>,
    entries: Vec<Uuid>,
    kinds: Vec<String>,
    revisions: Vec<i64>,
    bodies: Vec<Vec<u8>>,
    /// Of several entries that claim one name, the last.
    keys: HashMap<(Uuid, Uuid), Uuid>,
}

impl DirectoryRows {
    pub(super) fn push(&mut self, header: &Header, key: &DataKey, entry: &Entry) -> Result<(), KeyError> {
        let id = header.stream.id();
        self.bodies.push(sealing::seal(key, id, header.revision, entry)?);
        self.tenants.push(header.subject);
        self.entries.push(id);
        self.kinds.push(entry.kind.clone());
        self.revisions.push(signed(header.revision));
        let names = entry.keys.iter().map(|key| (header.subject, key_id(TenantId::new(header.subject), key)));
        self.keys.extend(names.map(|name| (name, id)));
        Ok(())
    }

    pub(super) async fn store(self, conn: &mut PgConnection) -> Result<(), ProjectionError> {
        if self.entries.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO directory (tenant, entry, kind, revision, body)
             SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bytea[])
             ON CONFLICT (tenant, entry) DO UPDATE SET revision = excluded.revision, body = excluded.body
             WHERE directory.revision < excluded.revision",
        )
        .bind(self.tenants)
        .bind(self.entries)
        .bind(self.kinds)
        .bind(self.revisions)
        .bind(self.bodies)
        .execute(&mut *conn)
        .await?;
        let (names, entries): (Vec<(Uuid, Uuid)>, Vec<Uuid>) = self.keys.into_iter().unzip();
        let (tenants, keys): (Vec<Uuid>, Vec<Uuid>) = names.into_iter().unzip();
        sqlx::query(
            "INSERT INTO directory_keys (tenant, key, entry)
             SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[])
             ON CONFLICT (tenant, key) DO UPDATE SET entry = excluded.entry",
        )
        .bind(tenants)
        .bind(keys)
        .bind(entries)
        .execute(conn)
        .await?;
        Ok(())
    }
}
