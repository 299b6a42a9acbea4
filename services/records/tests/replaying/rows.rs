//! The read models as rows of text, to compare them.
use crate::steps::Known;
use holdfast_eventlog::KeyRing;
use holdfast_types::PatientId;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, PgPool};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Every row of every table, by the table. What is sealed stands there opened: it is sealed with a nonce of its own each time.
pub(crate) async fn all(pool: &PgPool, keys: &KeyRing) -> BTreeMap<String, Vec<String>> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'views' AND tablename <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let sql = format!("SELECT to_jsonb(t)::text FROM views.{table} AS t");
        let sealed: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap();
        let mut rows = Vec::new();
        for row in sealed {
            rows.push(opened(&table, serde_json::from_str(&row).unwrap(), keys).await);
        }
        rows.sort();
        all.insert(table, rows);
    }
    all
}

/// The items that stand, in the order of their ids.
pub(crate) async fn known(pool: &PgPool, patient: PatientId) -> Vec<Known> {
    let newest = "SELECT item, revision, resource_type = 'Goal' FROM item_versions
                  WHERE patient = $1 AND superseded IS NULL ORDER BY item";
    let newest = sqlx::query_as(newest).bind(patient.uuid()).fetch_all(pool).await.unwrap();
    newest.into_iter().map(|(item, revision, is_goal)| Known { item, revision, is_goal }).collect()
}

/// What waits to be decided, oldest first.
pub(crate) async fn waiting(pool: &PgPool, patient: PatientId) -> Vec<Uuid> {
    let waiting = "SELECT proposal FROM proposals WHERE patient = $1 AND state = 'waiting' ORDER BY create_time, proposal";
    sqlx::query_scalar(waiting).bind(patient.uuid()).fetch_all(pool).await.unwrap()
}

async fn opened(table: &str, mut row: Map<String, Value>, keys: &KeyRing) -> String {
    let said = |column: &str| match &row[column] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let place = match table {
        "patients" => Some(("patient", format!("views.patients/{}/{}", said("patient"), said("revision")))),
        "item_versions" => Some(("patient", format!("views.items/{}/0", said("item")))),
        "imports" => Some(("patient", format!("views.imports/{}/0", said("import")))),
        "directory" => Some(("tenant", format!("views.directory/{}/{}", said("entry"), said("revision")))),
        _ => None,
    };
    let place = place.map(|(owner, place)| (said(owner).parse().unwrap(), place));
    for value in row.values_mut() {
        let Some(sealed) = value.as_str().and_then(|text| text.strip_prefix("\\x")) else { continue };
        let (owner, place) = place.as_ref().expect("a place that it is sealed to");
        let key = keys.existing(*owner).await.unwrap();
        let plain = key.open(place.as_bytes(), &hex::decode(sealed).unwrap()).unwrap();
        *value =
            Value::String(String::from_utf8(plain).unwrap_or_else(|digest| hex::encode(digest.as_bytes())));
    }
    Value::Object(row).to_string()
}
