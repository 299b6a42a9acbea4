//! What nobody asked: whether an account might have done something with rooms of a record, or one thing in it, at a moment.
use super::decisions::grounds_line;
use crate::line::{Line, ask};
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use clap::Args;
use holdfast_proto::{
    Word,
    audit::v1::{
        DecideHypotheticalRequest, HypotheticalThing, ThingVerdict,
        replay_service_client::ReplayServiceClient,
    },
    time, timestamp,
};
use holdfast_types::{AccountId, Action, Category, PatientId, Purpose, Relationship, TenantId};
use uuid::Uuid;

#[derive(Args)]
pub(crate) struct Hypothesis {
    /// Decide what nobody asked: whether this account might do something with `--category` or `--thing` of `--patient` at `--at`.
    #[arg(long, value_name = "ACCOUNT", requires_all = ["patient", "about"])]
    who: Option<AccountId>,
    /// The room of the record; several may be named.
    #[arg(long, value_name = "WORD", requires = "who", group = "about")]
    category: Vec<Category>,
    /// One thing of the record instead: an item, a document, a thread or a message.
    #[arg(long, value_name = "ID", requires = "who", group = "about")]
    thing: Option<Uuid>,
    /// What it would do.
    #[arg(long, value_name = "WORD", default_value = "read")]
    action: Action,
    /// Purpose of use that it would claim; otherwise the usual one.
    #[arg(long, value_name = "CODE", requires = "who")]
    purpose: Option<Purpose>,
    /// The moment; otherwise now.
    #[arg(long, value_name = "TIME", requires = "who")]
    at: Option<DateTime<Utc>>,
}

impl Hypothesis {
    pub(super) const fn is_asked(&self) -> bool {
        self.who.is_some()
    }
}

pub(super) async fn run(
    line: &mut Line,
    tenant: Option<TenantId>,
    patient: Option<PatientId>,
    asked: &Hypothesis,
) -> Result<()> {
    let who = asked.who.context("nobody is named")?;
    let patient = patient.context("no record is named")?;
    let request = DecideHypotheticalRequest {
        tenant_id: tenant.map(|id| id.to_string()).unwrap_or_default(),
        patient_id: patient.to_string(),
        account_id: who.to_string(),
        action: asked.action.to_proto(),
        categories: asked.category.iter().map(|category| category.to_proto()).collect(),
        purpose: asked.purpose.map(Word::to_proto).unwrap_or_default(),
        at_time: asked.at.map(timestamp),
        thing_id: asked.thing.map(|id| id.to_string()).unwrap_or_default(),
    };
    let client = ReplayServiceClient::with_interceptor(line.channel(), line.outgoing().await?);
    let answer = ask(|| {
        let (mut client, request) = (client.clone(), request.clone());
        async move { client.decide_hypothetical(request).await }
    })
    .await?;
    let at = answer.decided_time.as_ref().map(time).transpose()?.context("no moment is answered")?;
    println!("{}", answer.grounds.as_ref().map(grounds_line).context("no decision is answered")?);
    let permitted = answer.permitted_categories.iter().filter_map(|number| Category::from_proto(*number));
    let permitted: Vec<&str> = permitted.map(Category::as_str).collect();
    if !permitted.is_empty() {
        println!("open: {}", permitted.join(", "));
    }
    if let Some(thing) = &answer.thing {
        println!(
            "it was among: {}; {}",
            Category::from_proto(thing.category).context("no room")?,
            verdict(thing)
        );
    }
    if !answer.refusal_reason.is_empty() {
        println!("reason: {}", answer.refusal_reason);
    }
    if let Some(relationship) = Relationship::from_proto(answer.relationship) {
        println!("holds the record as: {relationship}");
    }
    println!("at {at}, consent's log up to entry {}, policies {}", answer.consent_seq, answer.policy_digest);
    Ok(())
}

fn verdict(thing: &HypotheticalThing) -> String {
    match thing.verdict() {
        ThingVerdict::Open => "open".to_owned(),
        ThingVerdict::Marked => format!("kept back by marks {}", thing.mark_ids.join(", ")),
        ThingVerdict::BeyondPart => "not of the part that is given".to_owned(),
        ThingVerdict::OfAnotherPractice => "with a practice at which they hold no role".to_owned(),
        ThingVerdict::Erased => "erased with the record".to_owned(),
        ThingVerdict::RoomClosed | ThingVerdict::Unspecified => "not open".to_owned(),
    }
}
