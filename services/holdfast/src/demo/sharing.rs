//! What the family decides: who holds the record, and what it shares with whom and how long.
use super::{
    Loading,
    accounts::practice,
    ids::{id, request},
    installation::send,
    plan::days_after,
    record::Record,
};
use anyhow::{Context, Result};
use holdfast_demo::{Authority, Key, Partner, PartnerKind, Patient, Role as Post};
use holdfast_proto::{
    Word,
    consent::v1::{self as pb, grantee::Kind},
    r#type::v1::Position,
};
use holdfast_types::{Action, Category, Purpose, Relationship, Role};

/// What those who treat need.
const CLINICAL: &[Category] = &[
    Category::Demographics,
    Category::Conditions,
    Category::Medications,
    Category::Allergies,
    Category::Immunizations,
    Category::Results,
    Category::VitalSigns,
    Category::Observations,
    Category::Procedures,
    Category::Visits,
    Category::Notes,
    Category::CarePlans,
    Category::CareTeam,
    Category::Goals,
    Category::Devices,
    Category::Claims,
    Category::Appointments,
    Category::Documents,
    Category::Forms,
    Category::Messages,
];
const DESK: &[Category] =
    &[Category::Demographics, Category::Appointments, Category::Coverage, Category::Messages];
const SECOND_OPINION: &[Category] =
    &[Category::Demographics, Category::Goals, Category::CarePlans, Category::Observations];
const PEDIATRICIAN: &[Category] = &[
    Category::Demographics,
    Category::Conditions,
    Category::Medications,
    Category::Allergies,
    Category::CarePlans,
    Category::Goals,
    Category::Documents,
];

/// For the plan of the child's schooling.
const SCHOOL: &[Category] =
    &[Category::Demographics, Category::Goals, Category::CarePlans, Category::Documents];
/// What a claim rests on.
const INSURER: &[Category] = &[
    Category::Demographics,
    Category::Coverage,
    Category::Claims,
    Category::Goals,
    Category::CarePlans,
    Category::Visits,
];

struct Offer<'a> {
    /// Tells it from the record's other offers, so that it is made once.
    name: String,
    to: pb::Grantee,
    categories: &'a [Category],
    actions: &'a [Action],
    purposes: &'a [Purpose],
    days: Option<u64>,
}

pub(super) async fn open<'a>(
    loading: Loading<'a>,
    number: usize,
    patient: &'a Patient,
) -> Result<Record<'a>> {
    let guardians = patient.family.iter().filter(|member| member.authority != Authority::HelperOnly);
    let mut holders: Vec<&Key> = guardians.map(|member| &member.account).collect();
    let holder = *holders.first().context("a guardian")?;
    let mut record = Record {
        patient,
        id: id("patient", &patient.key).to_string(),
        holder,
        holders: Vec::new(),
        after: Vec::new(),
    };
    let opened = open_record(loading, &record).await?;
    keep(&mut record.after, opened);
    for other in holders.iter().skip(1) {
        let position = add_holder(loading, &record, other, Relationship::Parent).await?;
        keep(&mut record.after, position);
    }
    if let Some(own) = &patient.account {
        let position = add_holder(loading, &record, own, Relationship::Patient).await?;
        keep(&mut record.after, position);
        holders.push(own);
    }
    record.holders = holders;
    share(loading, number, &mut record).await?;
    Ok(record)
}

/// A practice at which the patient is not treated: the family asked for its opinion, or changed its mind.
pub(super) fn stranger<'a>(loading: Loading<'a>, patient: &Patient) -> Option<&'a Key> {
    let treats = |key: &Key| patient.enrolments.iter().any(|enrolment| enrolment.practice == *key);
    loading.network.practices.iter().map(|one| &one.key).find(|key| !treats(key))
}

/// Whether the family shared with a stranger and took it back.
pub(super) fn changed_its_mind(number: usize, patient: &Patient) -> bool {
    patient.cast.is_some() || number.is_multiple_of(7)
}

async fn share(loading: Loading<'_>, number: usize, record: &mut Record<'_>) -> Result<()> {
    let patient = record.patient;
    for offer in offers(loading, number, patient)? {
        let (_, position) = give(loading, record, offer).await?;
        keep(&mut record.after, position);
    }
    if changed_its_mind(number, patient)
        && let Some(stranger) = stranger(loading, patient)
    {
        let offer = Offer {
            name: "regretted".to_owned(),
            to: everybody(stranger, Role::Therapist),
            categories: SECOND_OPINION,
            actions: &[Action::Read],
            purposes: &[],
            days: None,
        };
        let (grant_id, _) = give(loading, record, offer).await?;
        let message = pb::RevokeGrantRequest {
            request_id: request("RevokeGrant", &patient.key),
            grant_id,
            etag: String::new(),
        };
        let client = loading.installation.consent(loading.people.speaker(record.holder)?)?;
        let revoked =
            send(&client, &message, |mut client, message| async move { client.revoke_grant(message).await })
                .await?;
        keep(&mut record.after, revoked.position);
    }
    Ok(())
}

fn offers<'a>(loading: Loading<'a>, number: usize, patient: &'a Patient) -> Result<Vec<Offer<'a>>> {
    use Action::{Contribute, Download, Read};
    let mut offers = Vec::new();
    let mut practices: Vec<&Key> = patient.enrolments.iter().map(|enrolment| &enrolment.practice).collect();
    practices.sort_unstable();
    practices.dedup();
    for key in practices {
        let (therapists, desk) = (everybody(key, Role::Therapist), everybody(key, Role::FrontDesk));
        let actions: &[Action] = &[Read, Contribute, Download];
        offers.push(Offer {
            name: format!("therapists {key}"),
            to: therapists,
            categories: CLINICAL,
            actions,
            purposes: &[],
            days: None,
        });
        let purposes: &[Purpose] = &[Purpose::Treatment, Purpose::Payment, Purpose::Operations];
        offers.push(Offer {
            name: format!("desk {key}"),
            to: desk,
            categories: DESK,
            actions: &[Read, Contribute],
            purposes,
            days: None,
        });
    }
    for member in patient.family.iter().filter(|member| member.authority == Authority::HelperOnly) {
        let to = || person(loading, &member.account);
        let calendar = &[Category::Demographics, Category::Appointments, Category::Messages];
        offers.push(Offer {
            name: format!("helper {}", member.account),
            to: to()?,
            categories: calendar,
            actions: &[Read],
            purposes: &[],
            days: None,
        });
        let write = &[Category::Messages];
        offers.push(Offer {
            name: format!("helper writes {}", member.account),
            to: to()?,
            categories: write,
            actions: &[Contribute],
            purposes: &[],
            days: None,
        });
    }
    if number.is_multiple_of(3)
        && let Some(doctor) = loading
            .network
            .people
            .iter()
            .find(|person| matches!(person.role, Post::Outside { what: "pediatrician" }))
    {
        let to = person(loading, &doctor.key)?;
        let actions: &[Action] = &[Read, Download];
        offers.push(Offer {
            name: "pediatrician".to_owned(),
            to,
            categories: PEDIATRICIAN,
            actions,
            purposes: &[],
            days: Some(90),
        });
    }
    if number % 5 == 1
        && let Some(stranger) = stranger(loading, patient)
    {
        let to = everybody(stranger, Role::Therapist);
        offers.push(Offer {
            name: "opinion".to_owned(),
            to,
            categories: SECOND_OPINION,
            actions: &[Read],
            purposes: &[],
            days: Some(30),
        });
    }
    offers.extend(to_partners(loading, patient));
    if patient.cast.is_some() {
        let to = pb::Grantee { kind: Some(Kind::AccountId(loading.people.app.account_id.clone())), role: 0 };
        let seen = &[Category::Demographics, Category::Appointments];
        offers.push(Offer {
            name: "app".to_owned(),
            to,
            categories: seen,
            actions: &[Read],
            purposes: &[],
            days: Some(180),
        });
    }
    Ok(offers)
}

/// The child's own school and the plan that pays, where they use the network.
fn to_partners<'a>(loading: Loading<'a>, patient: &Patient) -> impl Iterator<Item = Offer<'a>> {
    let concerned = |partner: &&Partner| match partner.kind {
        PartnerKind::School => patient.demographics.school.as_ref() == Some(&partner.name),
        PartnerKind::Insurer => patient.coverages.iter().any(|coverage| coverage.payer == partner.name),
    };
    let offer = |partner: &Partner| {
        let (role, categories) = match partner.kind {
            PartnerKind::School => (Role::SchoolCoordinator, SCHOOL),
            PartnerKind::Insurer => (Role::PayerReviewer, INSURER),
        };
        Offer {
            name: format!("partner {}", partner.key),
            to: everybody(&partner.key, role),
            categories,
            actions: &[Action::Read, Action::Download],
            purposes: &[],
            days: Some(180),
        }
    };
    let partners: Vec<Offer<'a>> = loading.network.partners.iter().filter(concerned).map(offer).collect();
    partners.into_iter()
}

async fn open_record(loading: Loading<'_>, record: &Record<'_>) -> Result<Option<Position>> {
    let people = loading.people;
    let message = pb::OpenRecordRequest {
        request_id: request("OpenRecord", &record.patient.key),
        relationship: Relationship::Parent.to_proto(),
        tenant_id: people.tenant.to_string(),
        patient_id: record.id.clone(),
        holder_account_id: people.speaker(record.holder)?.account.to_string(),
    };
    let client = loading.installation.consent(&people.operator)?;
    Ok(send(&client, &message, |mut client, message| async move { client.open_record(message).await })
        .await?
        .position)
}

async fn add_holder(
    loading: Loading<'_>,
    record: &Record<'_>,
    who: &Key,
    relationship: Relationship,
) -> Result<Option<Position>> {
    let message = pb::AddHolderRequest {
        request_id: request("AddHolder", format!("{} {who}", record.patient.key)),
        patient_id: record.id.clone(),
        account_id: loading.people.speaker(who)?.account.to_string(),
        relationship: relationship.to_proto(),
    };
    let client = loading.installation.consent(loading.people.speaker(record.holder)?)?;
    Ok(send(&client, &message, |mut client, message| async move { client.add_holder(message).await })
        .await?
        .position)
}

async fn give(
    loading: Loading<'_>,
    record: &Record<'_>,
    offer: Offer<'_>,
) -> Result<(String, Option<Position>)> {
    let message = pb::GiveGrantRequest {
        request_id: request("GiveGrant", format!("{} {}", record.patient.key, offer.name)),
        patient_id: record.id.clone(),
        grantee: Some(offer.to),
        categories: offer.categories.iter().map(|category| category.to_proto()).collect(),
        actions: offer.actions.iter().map(|action| action.to_proto()).collect(),
        purposes: offer.purposes.iter().map(|purpose| purpose.to_proto()).collect(),
        from_time: None,
        until_time: offer.days.map(|days| days_after(loading.network.today, days)),
        ..pb::GiveGrantRequest::default()
    };
    let client = loading.installation.consent(loading.people.speaker(record.holder)?)?;
    let given =
        send(&client, &message, |mut client, message| async move { client.give_grant(message).await })
            .await
            .with_context(|| format!("the grant `{}`", offer.name))?;
    Ok((given.grant.unwrap_or_default().grant_id, given.position))
}

/// All that consent says of one patient stands in one lane: the last place is enough.
fn keep(after: &mut Vec<Position>, position: Option<Position>) {
    if let Some(position) = position
        && after.last().is_none_or(|last| last.seq < position.seq)
    {
        *after = vec![position];
    }
}

fn everybody(at: &Key, role: Role) -> pb::Grantee {
    pb::Grantee { kind: Some(Kind::PracticeId(practice(at).to_string())), role: role.to_proto() }
}

fn person(loading: Loading<'_>, key: &Key) -> Result<pb::Grantee> {
    let account = loading.people.speaker(key)?.account;
    Ok(pb::Grantee { kind: Some(Kind::AccountId(account.to_string())), role: 0 })
}
