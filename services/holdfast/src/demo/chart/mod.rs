//! The items of a record as FHIR resources, each sent by who wrote it.
mod form;
mod health;
mod home;
mod measured;
mod money;
mod plan;
mod visits;

use super::{
    Loading,
    accounts::People,
    ids::{id, request},
    installation::send,
    record::Record,
};
use anyhow::{Context, Result};
use holdfast_demo::{Key, Language, Network, Patient, SelfReference, Sex};
use holdfast_fhir::authored::Named;
use holdfast_proto::records::v1 as pb;
use std::collections::BTreeMap;

/// `BatchCreateItems` takes no more.
const BATCH_MAX: usize = 500;

/// What a record's items are written from.
#[derive(Clone, Copy)]
struct Chart<'a> {
    network: &'a Network,
    people: &'a People,
    patient: &'a Patient,
}

/// A resource and who wrote it.
struct Entry {
    author: Key,
    /// `Type/id`, as references name it.
    key: String,
    json: Vec<u8>,
}

impl Entry {
    fn new(author: &Key, resource_type: &str, key: &Key, json: Vec<u8>) -> Self {
        Self { author: author.clone(), key: format!("{resource_type}/{}", item(key)), json }
    }
}

/// The id of a resource inside its source.
fn item(key: &Key) -> String {
    id("item", key).to_string()
}

impl Chart<'_> {
    fn person(&self, key: &Key) -> Named {
        let display = self.network.person(key).map(super::accounts::shown_name).unwrap_or_default();
        let staff = self.network.person(key).is_some_and(|person| person.practice().is_some());
        let account = self.people.speaker(key).ok().filter(|_| staff).map(|speaker| speaker.account);
        Named { key: account.map(|account| format!("Practitioner/{account}")), display }
    }

    fn practice(&self, key: &Key) -> Named {
        let found = self.network.practices.iter().find(|practice| practice.key == *key);
        let display = found.map(|practice| practice.name.clone()).unwrap_or_default();
        Named { key: Some(format!("Organization/{}", super::accounts::practice(key))), display }
    }

    fn goal(&self, key: &Key) -> Named {
        let display = self.patient.goal(key).map(|goal| goal.label.clone()).unwrap_or_default();
        Named { key: Some(format!("Goal/{}", item(key))), display }
    }

    fn speaks_spanish(&self) -> bool {
        self.patient.demographics.languages.first() == Some(&Language::Spanish)
    }

    fn entries(self) -> Result<Vec<Entry>> {
        let mut entries = health::entries(self);
        entries.extend(plan::entries(self)?);
        entries.extend(visits::entries(self)?);
        entries.extend(measured::entries(self)?);
        entries.extend(money::entries(self)?);
        entries.extend(home::entries(self)?);
        entries.into_iter().map(|entry| Ok(Entry { json: form::made_up(&entry.json)?, ..entry })).collect()
    }
}

pub(super) async fn register(loading: Loading<'_>, record: &Record<'_>) -> Result<()> {
    let message = pb::RegisterPatientRequest {
        request_id: request("RegisterPatient", &record.patient.key),
        patient_id: record.id.clone(),
        demographics: Some(demographics(loading.network, record.patient)),
    };
    let client = loading.installation.records(loading.people.speaker(record.holder)?, &record.after)?;
    send(&client, &message, |mut client, message| async move { client.register_patient(message).await })
        .await?;
    Ok(())
}

pub(super) async fn write(loading: Loading<'_>, record: &Record<'_>) -> Result<()> {
    let chart = Chart { network: loading.network, people: loading.people, patient: record.patient };
    let mut by_author: BTreeMap<Key, Vec<pb::NewItem>> = BTreeMap::new();
    for Entry { author, key, json } in chart.entries()? {
        let new = pb::NewItem { fhir_json: json.into(), source_key: key };
        by_author.entry(record.hand(loading, &author).clone()).or_default().push(new);
    }
    for (author, items) in by_author {
        let client = loading.installation.records(loading.people.speaker(&author)?, &record.after)?;
        for (number, batch) in items.chunks(BATCH_MAX).enumerate() {
            let message = pb::BatchCreateItemsRequest {
                request_id: request("BatchCreateItems", format!("{} {author} {number}", record.patient.key)),
                patient_id: record.id.clone(),
                items: batch.to_vec(),
            };
            send(
                &client,
                &message,
                |mut client, message| async move { client.batch_create_items(message).await },
            )
            .await
            .with_context(|| format!("by `{author}`"))?;
        }
    }
    Ok(())
}

fn demographics(network: &Network, patient: &Patient) -> pb::Demographics {
    let known = &patient.demographics;
    let home = known.households.first();
    let address = home.map(|home| {
        let address = &home.address;
        format!("{}\n{}, {} {}", address.line, address.city, address.state, address.postal_code)
    });
    let charts = patient.enrolments.iter().filter_map(|enrolment| {
        let practice = network.practices.iter().find(|practice| practice.key == enrolment.practice)?;
        let (_, host) = practice.email.split_once('@')?;
        Some(format!("https://{host}/charts|{}", enrolment.chart_number))
    });
    let identity_language = match known.self_reference {
        SelfReference::PersonFirst => "person-first",
        SelfReference::IdentityFirst => "identity-first",
        SelfReference::NotYetAsked => "",
    };
    pb::Demographics {
        family_name: known.name.family.clone(),
        given_name: known.name.given.clone(),
        birth_date: known.birth_date.to_string(),
        gender: match known.sex {
            Sex::Female => "female",
            Sex::Male => "male",
        }
        .to_owned(),
        address: address.unwrap_or_default(),
        phone: home.map(|home| home.phone.clone()).unwrap_or_default(),
        languages: known.languages.iter().map(|language| language.tag().to_owned()).collect(),
        identity_language: identity_language.to_owned(),
        identifiers: charts.collect(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests;
