//! Which link a secret is of, and the links of a record in the order in which they were made.
use super::row::ViewsError;
use crate::domain::link::{Digest, Event};
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit};
use holdfast_eventlog::Header;
use holdfast_types::{AccountId, GrantId, PatientId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A link, and whose record it is of.
#[derive(Debug, Clone, Copy)]
pub struct KnownLink {
    pub link: GrantId,
    pub patient: PatientId,
}

/// A link in a list; what it says stands in the log.
#[derive(Debug, Clone, Copy)]
pub struct ListedLink {
    pub link: GrantId,
    pub made: DateTime<Utc>,
}

/// Asked before anything is known of who asks.
pub async fn known_link(pool: &PgPool, secret: Digest) -> Result<Option<KnownLink>, ViewsError> {
    let known: Option<(Uuid, Uuid)> =
        sqlx::query_as("SELECT link_id, patient FROM links WHERE secret_sha256 = $1")
            .bind(secret.0.as_slice())
            .fetch_optional(pool)
            .await?;
    Ok(known.map(|(link, patient)| KnownLink { link: GrantId::new(link), patient: PatientId::new(patient) }))
}

/// Whether an account is the bearer of a link.
pub async fn is_link(pool: &PgPool, account: AccountId) -> Result<bool, ViewsError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM links WHERE link_id = $1)")
        .bind(account.uuid())
        .fetch_one(pool)
        .await?)
}

/// Those of permitted rooms, the one made last first.
pub async fn links(
    pool: &PgPool,
    permit: &Permit<Parts>,
    count_max: u32,
) -> Result<Vec<ListedLink>, ViewsError> {
    let rooms: Vec<&str> = permit.categories().iter().map(|room| room.as_str()).collect();
    let rows: Vec<(Uuid, DateTime<Utc>)> = sqlx::query_as(
        "SELECT links.link_id, links.made_time
         FROM links
         JOIN access_grants AS grants ON grants.grant_id = links.link_id
         WHERE links.patient = $1 AND grants.categories && $2
         ORDER BY links.made_time DESC, links.link_id DESC
         LIMIT $3",
    )
    .bind(permit.patient().uuid())
    .bind(rooms)
    .bind(i64::from(count_max))
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(link, made)| ListedLink { link: GrantId::new(link), made }).collect())
}

/// How often it was opened is known from its stream.
pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: &Event,
) -> Result<(), sqlx::Error> {
    let Event::Made(terms) = event else { return Ok(()) };
    sqlx::query(
        "INSERT INTO links (link_id, patient, secret_sha256, made_time) VALUES ($1, $2, $3, $4)
         ON CONFLICT (link_id) DO NOTHING",
    )
    .bind(header.stream.id())
    .bind(terms.patient.uuid())
    .bind(terms.secret.0.as_slice())
    .bind(header.recorded)
    .execute(conn)
    .await?;
    Ok(())
}
