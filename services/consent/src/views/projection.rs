//! Keeps the read models, event by event: idempotent, in the order of each patient's lane.
use super::{emergencies, erased, links, treatments, unreviewed, wishes};
use crate::domain::{
    authority::Event as AuthorityEvent,
    emergency::Event as EmergencyEvent,
    erasure::Event as ErasureEvent,
    grant::{Event as GrantEvent, Grantee, Terms},
    link::Event as LinkEvent,
    mark::{Event as MarkEvent, KeptFrom, Mark, Marked},
    record::Event as RecordEvent,
    treatment::Event as TreatmentEvent,
    treatment_policy::Event as TreatmentPolicyEvent,
    visit::Event as VisitEvent,
};
use holdfast_access::{
    GrantFact, Grantee as Reached, KeptFrom as Kept, MarkFact, Marked as Said, Uses,
    views::{ConsentFact, VisitFact, apply},
};
use holdfast_eventlog::{Header, Opened, Projection, ProjectionError};
use holdfast_types::{Basis, GrantId, PatientId};
use sqlx::PgConnection;

pub struct Consent;

#[async_trait::async_trait]
impl Projection for Consent {
    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError> {
        for opened in events {
            if opened.is::<RecordEvent>() {
                record(conn, &opened.header, &opened.decode()?).await?;
            } else if opened.is::<GrantEvent>() {
                grant(conn, &opened.header, opened.decode()?).await?;
            } else if opened.is::<VisitEvent>() {
                visit(conn, &opened.header, &opened.decode()?).await?;
            } else if opened.is::<LinkEvent>() {
                links::apply(conn, &opened.header, &opened.decode()?).await?;
            } else if opened.is::<EmergencyEvent>() {
                let EmergencyEvent::Reviewed(review) = opened.decode()?;
                emergencies::reviewed(conn, opened.header.stream.id(), review.reviewed).await?;
            } else if opened.is::<AuthorityEvent>() {
                let patient = PatientId::new(opened.header.stream.id());
                let (AuthorityEvent::Settled { change, spans }, revision) =
                    (opened.decode()?, opened.header.revision);
                unreviewed::apply(conn, &opened.header, &change).await?;
                apply(conn, &ConsentFact::AuthoritySettled { patient, spans, revision }).await?;
            } else if opened.is::<MarkEvent>() {
                let patient = PatientId::new(opened.header.stream.id());
                apply(conn, &mark(patient, opened.decode()?)).await?;
            } else if opened.is::<TreatmentEvent>() {
                treatments::apply(conn, &opened.header, &opened.decode()?).await?;
            } else if opened.is::<TreatmentPolicyEvent>() {
                treatments::set_policy(conn, &opened.header, &opened.decode()?).await?;
            } else if opened.is::<ErasureEvent>() {
                erasure(conn, &opened.header, &opened.decode()?).await?;
            }
        }
        Ok(())
    }
}

async fn erasure(conn: &mut PgConnection, header: &Header, event: &ErasureEvent) -> Result<(), sqlx::Error> {
    wishes::apply(conn, header, event).await?;
    let Some(destroyed) = event.destroyed() else { return Ok(()) };
    let patient = PatientId::new(header.stream.id());
    match destroyed.document {
        None => apply(conn, &ConsentFact::RecordErased { patient, erased: destroyed.erased }).await,
        Some(document) => erased::document(conn, document, patient, header.tenant).await,
    }
}

async fn record(conn: &mut PgConnection, header: &Header, event: &RecordEvent) -> Result<(), sqlx::Error> {
    let patient = PatientId::new(header.stream.id());
    let fact = match event {
        RecordEvent::Opened { tenant } => ConsentFact::RecordOpened { patient, tenant: *tenant },
        RecordEvent::HolderAdded(holder) => {
            ConsentFact::HolderAdded { patient, account: holder.account, relationship: holder.relationship }
        }
    };
    apply(&mut *conn, &fact).await?;
    sqlx::query(
        "INSERT INTO record_revisions (patient, revision) VALUES ($1, $2)
         ON CONFLICT (patient) DO UPDATE SET revision = greatest(record_revisions.revision, excluded.revision)",
    )
    .bind(patient.uuid())
    .bind(i64::try_from(header.revision).unwrap_or(i64::MAX))
    .execute(conn)
    .await?;
    Ok(())
}

async fn grant(conn: &mut PgConnection, header: &Header, event: GrantEvent) -> Result<(), sqlx::Error> {
    let (id, revision) = (GrantId::new(header.stream.id()), header.revision);
    match event {
        GrantEvent::Given(terms) | GrantEvent::Taken(terms) => {
            if terms.basis == Basis::Emergency {
                emergencies::began(conn, header, terms.patient).await?;
            }
            sqlx::query(
                "INSERT INTO given_grants (grant_id, patient, given_by, given_time, replaces) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (grant_id) DO NOTHING",
            )
            .bind(id.uuid())
            .bind(terms.patient.uuid())
            .bind(terms.given_by.uuid())
            .bind(header.recorded)
            .bind(terms.replaces.map(GrantId::uuid))
            .execute(&mut *conn)
            .await?;
            apply(conn, &ConsentFact::GrantGiven(fact(id, revision, terms))).await
        }
        GrantEvent::Revoked { revoked, replaced_by, .. } => {
            if let Some(by) = replaced_by {
                sqlx::query("UPDATE given_grants SET replaced_by = $2 WHERE grant_id = $1")
                    .bind(id.uuid())
                    .bind(by.uuid())
                    .execute(&mut *conn)
                    .await?;
            }
            apply(conn, &ConsentFact::GrantRevoked { grant: id, revoked, revision }).await
        }
    }
}

fn fact(id: GrantId, revision: u64, terms: Terms) -> GrantFact {
    let Terms {
        patient,
        given_by: _,
        grantee,
        categories,
        actions,
        purposes,
        period,
        narrowing,
        basis,
        reason: _,
        replaces: _,
        uses_max,
    } = terms;
    let grantee = match grantee {
        Grantee::Account(account) => Reached::Account(account),
        Grantee::Practice { practice, role } => Reached::Practice { practice, role },
    };
    GrantFact {
        id,
        revision,
        patient,
        grantee,
        categories,
        actions,
        purposes,
        period,
        revoked: None,
        narrowing,
        basis,
        uses: uses_max.map(Uses::of),
    }
}

async fn visit(conn: &mut PgConnection, header: &Header, event: &VisitEvent) -> Result<(), sqlx::Error> {
    let (VisitEvent::Begun(visit), grant) = (event, GrantId::new(header.stream.id()));
    sqlx::query("UPDATE given_grants SET last_use_time = greatest(last_use_time, $2) WHERE grant_id = $1")
        .bind(grant.uuid())
        .bind(visit.begun)
        .execute(&mut *conn)
        .await?;
    let (patient, account) = (visit.patient, visit.account);
    let fact = VisitFact { patient, grant, account, number: visit.number, until: visit.until };
    apply(conn, &ConsentFact::VisitBegun(fact)).await
}

fn mark(patient: PatientId, event: MarkEvent) -> ConsentFact {
    let Mark { mark: id, what, kept_from, .. } = match event {
        MarkEvent::Set(mark) => mark,
        MarkEvent::Lifted { mark, .. } => return ConsentFact::MarkLifted { patient, mark },
    };
    let what = match what {
        Marked::Category(category) => Said::Category(category),
        Marked::Item(item) => Said::Item(item),
        Marked::Author(author) => Said::Author(author),
    };
    let kept_from = match kept_from {
        KeptFrom::Everybody => Kept::Everybody,
        KeptFrom::Account(account) => Kept::Account(account),
        KeptFrom::Practice(practice) => Kept::Practice(practice),
    };
    ConsentFact::MarkSet(MarkFact { id, patient, what, kept_from })
}
