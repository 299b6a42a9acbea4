//! Feeds the tables from what consent says. Idempotent; ordered per patient, because a patient's events share a lane.
use super::{
    VisitFact,
    spans::{settle, spans},
    visits::visited,
};
use crate::{GrantFact, Grantee, KeptFrom, MarkFact, Marked, Uses};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{Envelope, Reaction, ReactionError};
use holdfast_proto::{Word, consent::v1 as pb, time};
use holdfast_types::{
    AccountId, Basis, Category, GrantId, MarkId, Narrowing, PatientId, Period, Relationship, Role, Span,
    TenantId,
};
use prost::Name;
use prost_types::{Any, Timestamp};
use sqlx::{PgConnection, types::Json};
use std::str::FromStr;
use uuid::Uuid;

/// What consent says about who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentFact {
    RecordOpened {
        patient: PatientId,
        tenant: TenantId,
    },
    HolderAdded {
        patient: PatientId,
        account: AccountId,
        relationship: Relationship,
    },
    /// The whole list, in the place of every earlier one and of whoever was named.
    AuthoritySettled {
        patient: PatientId,
        spans: Vec<Span>,
        revision: u64,
    },
    GrantGiven(GrantFact),
    GrantRevoked {
        grant: GrantId,
        revoked: DateTime<Utc>,
        revision: u64,
    },
    /// Somebody began a visit by a grant that is good for a number of them.
    VisitBegun(VisitFact),
    RecordErased {
        patient: PatientId,
        erased: DateTime<Utc>,
    },
    MarkSet(MarkFact),
    MarkLifted {
        patient: PatientId,
        mark: MarkId,
    },
}

/// Keeps the tables of a service that is not consent.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConsentFeed;

#[async_trait::async_trait]
impl Reaction for ConsentFeed {
    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for envelope in envelopes {
            match ConsentFact::of(envelope).map_err(ReactionError::Malformed)? {
                Some(fact) => apply(conn, &fact).await?,
                // What such an event changed is not known here: its patient waits, and with it every third party.
                None if speaks_of_access(&envelope.header.event_type) => {
                    return Err(ReactionError::Malformed("nothing readable about access"));
                }
                None => {}
            }
        }
        Ok(())
    }

    async fn forget(&self, conn: &mut PgConnection) -> Result<(), ReactionError> {
        for table in [
            "DELETE FROM access_grants",
            "DELETE FROM access_visits",
            "DELETE FROM access_marks",
            "DELETE FROM access_holders",
            "DELETE FROM access_records",
        ] {
            sqlx::query(table).execute(&mut *conn).await?;
        }
        Ok(())
    }
}

/// Whether an event changes who may do what, by its aggregate.
fn speaks_of_access(event_type: &str) -> bool {
    event_type.starts_with("grant.")
        || event_type.starts_with("record.")
        || event_type.starts_with("mark.")
        || event_type.starts_with("authority.")
        || event_type.starts_with("visit.")
        || matches!(event_type, "erasure.carried-out" | "erasure.repeated")
}

impl ConsentFact {
    pub(crate) fn of(envelope: &Envelope) -> Result<Option<Self>, &'static str> {
        envelope.public_payload.as_ref().map_or(Ok(None), Self::read)
    }

    /// `None` for public events that say nothing about access.
    pub fn read(payload: &Any) -> Result<Option<Self>, &'static str> {
        let url = payload.type_url.as_str();
        let fact = if url == pb::RecordOpened::type_url() {
            let opened: pb::RecordOpened = message(payload)?;
            let tenant =
                if opened.tenant_id.is_empty() { TenantId::new(Uuid::nil()) } else { id(&opened.tenant_id)? };
            Self::RecordOpened { patient: id(&opened.patient_id)?, tenant }
        } else if url == pb::HolderAdded::type_url() {
            let added: pb::HolderAdded = message(payload)?;
            Self::HolderAdded {
                patient: id(&added.patient_id)?,
                account: id(&added.account_id)?,
                relationship: Relationship::from_proto(added.relationship).ok_or("unknown relationship")?,
            }
        } else if url == pb::AuthoritySettled::type_url() {
            let settled: pb::AuthoritySettled = message(payload)?;
            Self::AuthoritySettled {
                patient: id(&settled.patient_id)?,
                spans: spans(&settled)?,
                revision: settled.revision,
            }
        } else if url == pb::GrantGiven::type_url() {
            let given: pb::GrantGiven = message(payload)?;
            Self::GrantGiven(given_by_holder(grant(&given.grant.ok_or("no grant")?)?)?)
        } else if url == pb::GrantGivenInPart::type_url() {
            let given: pb::GrantGivenInPart = message(payload)?;
            let given = given_by_holder(grant(&given.grant.ok_or("no grant")?)?)?;
            Self::GrantGiven(Some(given).filter(|grant| grant.narrowing.is_some()).ok_or("no part")?)
        } else if url == pb::GrantGivenForVisits::type_url() {
            let given: pb::GrantGivenForVisits = message(payload)?;
            let given = given_by_holder(grant(&given.grant.ok_or("no grant")?)?)?;
            Self::GrantGiven(Some(given).filter(|grant| grant.uses.is_some()).ok_or("no number of visits")?)
        } else if url == pb::VisitBegun::type_url() {
            let begun: pb::VisitBegun = message(payload)?;
            Self::VisitBegun(VisitFact {
                patient: id(&begun.patient_id)?,
                grant: id(&begun.grant_id)?,
                account: id(&begun.account_id)?,
                number: u32::try_from(begun.use_count).map_err(|_| "no number of a visit")?,
                until: moment(begun.until_time.as_ref())?.ok_or("no end of the visit")?,
            })
        } else if url == pb::GrantTaken::type_url() {
            let taken: pb::GrantTaken = message(payload)?;
            let taken = grant(&taken.grant.ok_or("no grant")?)?;
            Self::GrantGiven(
                Some(taken).filter(|grant| grant.basis == Basis::Emergency).ok_or("no emergency")?,
            )
        } else if url == pb::GrantRevoked::type_url() {
            let revoked: pb::GrantRevoked = message(payload)?;
            Self::GrantRevoked {
                grant: id(&revoked.grant_id)?,
                revoked: moment(revoked.revoked_time.as_ref())?.ok_or("no time of revocation")?,
                revision: revoked.revision,
            }
        } else if url == pb::RecordErased::type_url() {
            let erased: pb::RecordErased = message(payload)?;
            Self::RecordErased {
                patient: id(&erased.patient_id)?,
                erased: moment(erased.erased_time.as_ref())?.ok_or("no time of erasure")?,
            }
        } else if url == pb::MarkSet::type_url() {
            let set: pb::MarkSet = message(payload)?;
            Self::MarkSet(mark(&set.mark.ok_or("no mark")?)?)
        } else if url == pb::MarkLifted::type_url() {
            let lifted: pb::MarkLifted = message(payload)?;
            Self::MarkLifted { patient: id(&lifted.patient_id)?, mark: id(&lifted.mark_id)? }
        } else {
            return Ok(None);
        };
        Ok(Some(fact))
    }
}

/// What was taken is told in words of its own.
fn given_by_holder(grant: GrantFact) -> Result<GrantFact, &'static str> {
    match grant.basis {
        Basis::Holder | Basis::Treatment => Ok(grant),
        Basis::Emergency => Err("not given by a holder"),
    }
}

fn grant(grant: &pb::Grant) -> Result<GrantFact, &'static str> {
    let grantee = grant.grantee.as_ref().ok_or("no grantee")?;
    let grantee = match grantee.kind.as_ref().ok_or("no grantee")? {
        pb::grantee::Kind::AccountId(account) => Grantee::Account(id(account)?),
        pb::grantee::Kind::PracticeId(practice) => Grantee::Practice {
            practice: id(practice)?,
            role: match grantee.role {
                0 => Role::Therapist,
                number => Role::from_proto(number).ok_or("unknown role")?,
            },
        },
    };
    let from = moment(grant.from_time.as_ref())?.ok_or("no beginning")?;
    Ok(GrantFact {
        id: id(&grant.grant_id)?,
        revision: grant.revision,
        patient: id(&grant.patient_id)?,
        grantee,
        categories: words(&grant.categories)?,
        actions: words(&grant.actions)?,
        purposes: words(&grant.purposes)?,
        period: Period::try_new(from, moment(grant.until_time.as_ref())?)
            .map_err(|_| "ends before it begins")?,
        revoked: moment(grant.revoked_time.as_ref())?,
        basis: match grant.basis {
            0 => Basis::Holder,
            number => Basis::from_proto(number).ok_or("unknown word")?,
        },
        narrowing: grant.narrowing.as_ref().map(narrowing).transpose()?,
        uses: match grant.uses_max {
            0 => None,
            max => Some(Uses::of(u32::try_from(max).map_err(|_| "no number of visits")?)),
        },
    })
}

fn narrowing(narrowing: &pb::Narrowing) -> Result<Narrowing, &'static str> {
    Ok(Narrowing {
        items: narrowing.item_ids.iter().map(|item| id(item)).collect::<Result<_, _>>()?,
        authors: narrowing.author_account_ids.iter().map(|author| id(author)).collect::<Result<_, _>>()?,
        since: moment(narrowing.occurred_from_time.as_ref())?,
        until: moment(narrowing.occurred_until_time.as_ref())?,
    })
}

fn mark(mark: &pb::Mark) -> Result<MarkFact, &'static str> {
    let what = mark.what.as_ref().and_then(|what| what.kind.as_ref()).ok_or("nothing marked")?;
    let what = match what {
        pb::marked::Kind::Category(category) => {
            Marked::Category(Category::from_proto(*category).ok_or("unknown word")?)
        }
        pb::marked::Kind::ItemId(item) => Marked::Item(id(item)?),
        pb::marked::Kind::AuthorAccountId(author) => Marked::Author(id(author)?),
    };
    // A receiver that knows no such way of saying from whom keeps it from everybody.
    let kept_from = match mark.kept_from.as_ref().and_then(|from| from.kind.as_ref()) {
        None => KeptFrom::Everybody,
        Some(pb::kept_from::Kind::AccountId(account)) => KeptFrom::Account(id(account)?),
        Some(pb::kept_from::Kind::PracticeId(practice)) => KeptFrom::Practice(id(practice)?),
    };
    Ok(MarkFact { id: id(&mark.mark_id)?, patient: id(&mark.patient_id)?, what, kept_from })
}

pub(super) fn message<M: Name + Default>(payload: &Any) -> Result<M, &'static str> {
    payload.to_msg().map_err(|_| "not the message it says it is")
}

pub(super) fn id<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "not an id")
}

pub(super) fn words<W: Word>(numbers: &[i32]) -> Result<Vec<W>, &'static str> {
    numbers.iter().map(|number| W::from_proto(*number).ok_or("unknown word")).collect()
}

pub(super) fn moment(timestamp: Option<&Timestamp>) -> Result<Option<DateTime<Utc>>, &'static str> {
    timestamp.map(time).transpose().map_err(|_| "not a time")
}

/// Takes in one fact; one that is known already, or older than what is known, changes nothing.
pub async fn apply(conn: &mut PgConnection, fact: &ConsentFact) -> Result<(), sqlx::Error> {
    match fact {
        ConsentFact::RecordOpened { patient, tenant } => {
            sqlx::query("INSERT INTO access_records (patient, tenant) VALUES ($1, $2) ON CONFLICT (patient) DO NOTHING")
                .bind(patient.uuid())
                .bind(tenant.uuid())
                .execute(conn)
                .await?;
        }
        ConsentFact::HolderAdded { patient, account, relationship } => {
            sqlx::query(
                "INSERT INTO access_holders (patient, account, relationship)
                 SELECT $1, $2, $3
                 WHERE NOT EXISTS (SELECT FROM access_records WHERE patient = $1 AND authority_revision > 0)
                 ON CONFLICT (patient, account) DO UPDATE SET relationship = excluded.relationship",
            )
            .bind(patient.uuid())
            .bind(account.uuid())
            .bind(relationship.as_str())
            .execute(conn)
            .await?;
        }
        ConsentFact::AuthoritySettled { patient, spans, revision } => {
            settle(conn, *patient, spans, *revision).await?;
        }
        ConsentFact::GrantGiven(grant) => give(conn, grant).await?,
        ConsentFact::GrantRevoked { grant, revoked, revision } => {
            sqlx::query("UPDATE access_grants SET revoked_time = $2, revision = $3 WHERE grant_id = $1 AND revision < $3")
                .bind(grant.uuid())
                .bind(revoked)
                .bind(i64::try_from(*revision).unwrap_or(i64::MAX))
                .execute(conn)
                .await?;
        }
        ConsentFact::VisitBegun(visit) => visited(conn, visit).await?,
        ConsentFact::RecordErased { patient, erased } => {
            sqlx::query(
                "UPDATE access_records SET erased_time = $2 WHERE patient = $1 AND erased_time IS NULL",
            )
            .bind(patient.uuid())
            .bind(erased)
            .execute(conn)
            .await?;
        }
        ConsentFact::MarkSet(mark) => set(conn, mark).await?,
        ConsentFact::MarkLifted { mark, .. } => {
            sqlx::query("UPDATE access_marks SET lifted = true WHERE mark_id = $1")
                .bind(mark.uuid())
                .execute(conn)
                .await?;
        }
    }
    Ok(())
}

async fn set(conn: &mut PgConnection, mark: &MarkFact) -> Result<(), sqlx::Error> {
    let (category, item, author) = match mark.what {
        Marked::Category(category) => (Some(category.as_str()), None, None),
        Marked::Item(item) => (None, Some(item), None),
        Marked::Author(author) => (None, None, Some(author.uuid())),
    };
    let (account, practice) = match mark.kept_from {
        KeptFrom::Everybody => (None, None),
        KeptFrom::Account(account) => (Some(account.uuid()), None),
        KeptFrom::Practice(practice) => (None, Some(practice.uuid())),
    };
    sqlx::query(
        "INSERT INTO access_marks (mark_id, patient, category, item, author, from_account, from_practice)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (mark_id) DO NOTHING",
    )
    .bind(mark.id.uuid())
    .bind(mark.patient.uuid())
    .bind(category)
    .bind(item)
    .bind(author)
    .bind(account)
    .bind(practice)
    .execute(conn)
    .await?;
    Ok(())
}

async fn give(conn: &mut PgConnection, grant: &GrantFact) -> Result<(), sqlx::Error> {
    let (account, practice, role) = match grant.grantee {
        Grantee::Account(account) => (Some(account.uuid()), None, None),
        Grantee::Practice { practice, role } => (None, Some(practice.uuid()), Some(role.as_str())),
    };
    let categories: Vec<&str> = grant.categories.iter().map(|word| word.as_str()).collect();
    let actions: Vec<&str> = grant.actions.iter().map(|word| word.as_str()).collect();
    let purposes: Vec<&str> = grant.purposes.iter().map(|word| word.as_str()).collect();
    sqlx::query(
        "INSERT INTO access_grants
            (grant_id, patient, grantee_account, grantee_practice, grantee_role, categories, actions, purposes,
             from_time, until_time, revoked_time, revision, narrowing, basis, uses_max)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (grant_id) DO NOTHING",
    )
    .bind(grant.id.uuid())
    .bind(grant.patient.uuid())
    .bind(account)
    .bind(practice)
    .bind(role)
    .bind(categories)
    .bind(actions)
    .bind(purposes)
    .bind(grant.period.from())
    .bind(grant.period.until())
    .bind(grant.revoked)
    .bind(i64::try_from(grant.revision).unwrap_or(i64::MAX))
    .bind(grant.narrowing.as_ref().map(Json))
    .bind(grant.basis.as_str())
    .bind(grant.uses.map(|uses| i32::try_from(uses.max).unwrap_or(i32::MAX)))
    .execute(conn)
    .await?;
    Ok(())
}
