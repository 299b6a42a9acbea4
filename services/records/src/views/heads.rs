//! What a command needs to know of items before it is decided.
use super::{ViewsError, sealing, unsigned};
use crate::domain::{
    content::SourceKind,
    item::{Standing, State},
};
use holdfast_eventlog::KeyRing;
use holdfast_types::{Category, ItemId, PatientId};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

pub(crate) struct ItemHead {
    pub(crate) revision: u64,
    pub(crate) state: State,
}

type Row = (Uuid, Uuid, String, String, String, i64, bool, Vec<u8>, Vec<u8>);

/// Those of the items that there are.
pub(crate) async fn heads(
    pool: &PgPool,
    keys: &KeyRing,
    patient: PatientId,
    items: &[ItemId],
) -> Result<HashMap<ItemId, ItemHead>, ViewsError> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT v.item, v.origin, v.category, v.resource_type,
            -- Who keeps it: the last who was no family.
            coalesce((
                SELECT w.source_kind FROM item_versions AS w
                WHERE w.patient = v.patient AND w.item = v.item AND w.source_kind <> 'patient'
                ORDER BY w.revision DESC
                LIMIT 1), 'patient'),
            v.revision, v.retracted, v.content, v.sent
         FROM item_versions AS v WHERE v.patient = $1 AND v.item = ANY($2) AND v.superseded IS NULL",
    )
    .bind(patient.uuid())
    .bind(ids)
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let key = keys.existing(patient.uuid()).await?;
    let head = |(item, origin, category, resource_type, keeper, revision, retracted, content, sent): Row| {
        let standing = Standing {
            origin,
            category: category.parse().map_err(|_| ViewsError::Malformed("category"))?,
            resource_type,
            keeper: SourceKind::ALL
                .into_iter()
                .find(|known| known.as_str() == keeper)
                .ok_or(ViewsError::Malformed("source kind"))?,
            content: sealing::open_digest(&key, sealing::OF_ITEMS, item, &content)?,
            sent: sealing::open_digest(&key, sealing::OF_ITEMS, item, &sent)?,
            resource: None,
        };
        let state = if retracted { State::Retracted(standing) } else { State::Standing(standing) };
        Ok((ItemId::new(item), ItemHead { revision: unsigned(revision), state }))
    };
    rows.into_iter().map(head).collect()
}

/// The categories that an item's versions have had; none: there is no such item.
pub(crate) async fn categories_of(
    pool: &PgPool,
    patient: PatientId,
    item: ItemId,
) -> Result<Vec<Category>, ViewsError> {
    let words: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT category FROM item_versions WHERE patient = $1 AND item = $2 ORDER BY category",
    )
    .bind(patient.uuid())
    .bind(item.uuid())
    .fetch_all(pool)
    .await?;
    words.iter().map(|word| word.parse().map_err(|_| ViewsError::Malformed("category"))).collect()
}
