//! The settled list of who holds which rooms of a record, as consent tells it and as the tables keep it: beside each holder their own spans.
use super::feed::{id, moment, words};
use holdfast_proto::{Word as _, consent::v1 as pb};
use holdfast_types::{AccountId, Category, PatientId, Period, Relationship, Span};
use sqlx::{PgConnection, types::Json};
use std::collections::BTreeSet;

pub(super) fn spans(settled: &pb::AuthoritySettled) -> Result<Vec<Span>, &'static str> {
    let mut spans: Vec<Span> = settled.spans.iter().map(span).collect::<Result<_, _>>()?;
    if !settled.tells_protected_rooms_apart {
        spans.iter_mut().for_each(|span| Category::tell_apart(&mut span.categories));
    }
    Ok(spans)
}

fn span(span: &pb::Span) -> Result<Span, &'static str> {
    let from = moment(span.from_time.as_ref())?.ok_or("no beginning")?;
    Ok(Span {
        account: id(&span.account_id)?,
        relationship: Relationship::from_proto(span.relationship).ok_or("unknown relationship")?,
        categories: words(&span.categories)?,
        actions: words(&span.actions)?,
        period: Period::try_new(from, moment(span.until_time.as_ref())?)
            .map_err(|_| "ends before it begins")?,
        authority: match span.authority_id.as_str() {
            "" => None,
            text => Some(id(text)?),
        },
    })
}

/// Whoever the list does not name holds nothing from then on.
pub(super) async fn settle(
    conn: &mut PgConnection,
    patient: PatientId,
    spans: &[Span],
    revision: u64,
) -> Result<(), sqlx::Error> {
    let newer = sqlx::query(
        "UPDATE access_records SET authority_revision = $2 WHERE patient = $1 AND authority_revision < $2",
    )
    .bind(patient.uuid())
    .bind(i64::try_from(revision).unwrap_or(i64::MAX))
    .execute(&mut *conn)
    .await?;
    if newer.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query("DELETE FROM access_holders WHERE patient = $1")
        .bind(patient.uuid())
        .execute(&mut *conn)
        .await?;
    let accounts: BTreeSet<AccountId> = spans.iter().map(|span| span.account).collect();
    for account in accounts {
        let own: Vec<&Span> = spans.iter().filter(|span| span.account == account).collect();
        let named = own.last().map(|span| span.relationship.as_str());
        sqlx::query(
            "INSERT INTO access_holders (patient, account, relationship, spans) VALUES ($1, $2, $3, $4)",
        )
        .bind(patient.uuid())
        .bind(account.uuid())
        .bind(named)
        .bind(Json(own))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
