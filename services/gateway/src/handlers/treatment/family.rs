//! The family's side: practices that treat, asking one to, agreeing to what one asks, and ending it.
use super::care;
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        home::Need,
        parts::{Badge, Choice, Field, Icon, Link, Problem, Tone},
        sharing::{Carried, Question},
        show, show_as,
        treatment::{Care, ChoosePractice, EndTreating, PracticeCard},
    },
    shelf::Open,
};
use axum::{
    extract::{Path, Query},
    response::{IntoResponse as _, Redirect},
};
use holdfast_host::{Reason, catalogue};
use holdfast_proto::{
    Word as _,
    consent::v1::{
        AgreeToTreatmentRequest, CareLine, EndTreatmentRequest, GetTreatmentPolicyRequest,
        ListTreatmentsRequest, ProposeTreatmentRequest, Treatment, TreatmentPolicy, TreatmentSide,
        TreatmentState,
    },
    time,
};
use holdfast_types::OrganizationKind;
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

const INTRODUCTION_CHARACTERS_MAX: u32 = 200;
/// Of those that have ended.
const ENDED_MAX: usize = 5;

impl Open {
    async fn treated_by(&self) -> Result<Vec<Treatment>, Failure> {
        let asked = ListTreatmentsRequest { patient_id: self.patient_id() };
        Ok(self.treatments().list_treatments(asked).await?.into_inner().treatments)
    }

    /// One of this record that is no history yet.
    async fn treatment(&self, id: &str) -> Result<Treatment, Failure> {
        let listed = self.treated_by().await?;
        let own = listed.into_iter().find(|one| one.treatment_id == id);
        own.filter(|one| one.state() != TreatmentState::Ended).ok_or_else(Failure::not_shown)
    }

    /// Whether the family is asked something: by a practice that proposes, or by a policy that it has not answered since.
    async fn asks(&self, treatment: &Treatment) -> Result<bool, Failure> {
        match treatment.state() {
            TreatmentState::Proposed => Ok(treatment.side() == TreatmentSide::Practice),
            TreatmentState::Standing if !treatment.asked_lines.is_empty() => {
                let practice_id = treatment.practice_id.clone();
                let policy = GetTreatmentPolicyRequest { practice_id };
                let policy = self.treatments().get_treatment_policy(policy).await?.into_inner();
                Ok(treatment.by_account_id.is_empty() || is_later(&policy, treatment))
            }
            TreatmentState::Standing | TreatmentState::Ended | TreatmentState::Unspecified => Ok(false),
        }
    }

    async fn practice_name(&self, id: &str) -> Result<String, Failure> {
        Ok(self.known(None).await?.practice(self, id))
    }
}

/// The policy was set after the last word.
fn is_later(policy: &TreatmentPolicy, treatment: &Treatment) -> bool {
    let moment = |moment: Option<&prost_types::Timestamp>| moment.and_then(|moment| time(moment).ok());
    moment(policy.set_time.as_ref()) > moment(treatment.since_time.as_ref())
}

/// For the page of all that is shared.
pub(in super::super) async fn cards(open: &Open) -> Result<Vec<PracticeCard>, Failure> {
    let listed = open.treated_by().await?;
    let known = open.known(None).await?;
    let mut ended = 0;
    let told = listed.iter().filter(|one| {
        ended += usize::from(one.state() == TreatmentState::Ended);
        one.state() != TreatmentState::Ended || ended <= ENDED_MAX
    });
    let mut cards = Vec::new();
    for one in told {
        cards.push(card(open, known.practice(open, &one.practice_id), one, open.asks(one).await?));
    }
    Ok(cards)
}

fn card(open: &Open, name: String, treatment: &Treatment, asks: bool) -> PracticeCard {
    let words = open.words();
    let since = open.when(treatment.since_time.as_ref()).map_or_else(String::new, |when| when.text);
    let path = open.path(&format!("/sharing/practices/{}", treatment.treatment_id));
    let (tone, badge, way, end) = match (treatment.state(), treatment.side()) {
        (TreatmentState::Proposed, TreatmentSide::Practice) => {
            (Tone::Warn, "treating-asks", Some("treating-decide"), Some("treating-decline"))
        }
        (TreatmentState::Proposed, _) => (Tone::Info, "treating-waits", None, Some("treating-take-back")),
        (TreatmentState::Standing, _) if asks => {
            (Tone::Warn, "treating-asks-more", Some("treating-change"), Some("treating-end"))
        }
        (TreatmentState::Standing, _) => {
            (Tone::Good, "treating-now", Some("treating-change"), Some("treating-end"))
        }
        _ => (Tone::Plain, "treating-over", None, None),
    };
    let since = crate::pages::parts::Fact::new(words.t("grant-from"), since);
    PracticeCard {
        name,
        badge: Badge::new(tone, words.t(badge)),
        facts: care::facts(words, &treatment.lines).into_iter().chain([since]).collect(),
        open: way.map(|key| Link::new(path.clone(), words.t(key))),
        end: end.map(|key| Link::new(format!("{path}/end"), words.t(key))),
    }
}

/// What practices ask the family, for its first page.
pub(in super::super) async fn needs(open: &Open) -> Result<Vec<Need>, Failure> {
    let mut asking = Vec::new();
    for one in open.treated_by().await? {
        if open.asks(&one).await? {
            asking.push(one);
        }
    }
    if asking.is_empty() {
        return Ok(Vec::new());
    }
    let (known, words) = (open.known(None).await?, open.words());
    let need = |one: &Treatment| {
        let standing = one.state() == TreatmentState::Standing;
        let key = if standing { "treating-asks-more" } else { "treating-asks" };
        Need {
            href: open.path(&format!("/sharing/practices/{}", one.treatment_id)),
            title: known.practice(open, &one.practice_id),
            detail: words.t(if standing { "treating-need-more" } else { "treating-need" }),
            icon: Icon::Sharing,
            badge: Some(Badge::new(Tone::Warn, words.t(key))),
        }
    };
    Ok(asking.iter().map(need).collect())
}

/// Whoever was invited comes with the practice.
#[derive(Default, Deserialize)]
pub(super) struct At {
    #[serde(default)]
    practice: String,
}

pub(super) async fn form(open: Open, Query(at): Query<At>) -> Answer {
    may(&open)?;
    if at.practice.parse::<Uuid>().is_ok() {
        let fields = Fields::new(vec![("practice".to_owned(), at.practice)]);
        return Ok(show(&asked(&open, &fields, Vec::new()).await?));
    }
    Ok(show(&choose(&open, Vec::new()).await?))
}

fn may(open: &Open) -> Result<(), Failure> {
    if !open.record.may_share() {
        return Err(Failure::not_shown());
    }
    open.stepped_up()
}

fn treats(kind: i32) -> bool {
    let kind = OrganizationKind::from_proto(kind).unwrap_or(OrganizationKind::Practice);
    matches!(kind, OrganizationKind::Practice | OrganizationKind::Team)
}

/// Practices that neither treat nor wait for anybody's word.
async fn choose(open: &Open, problems: Vec<Problem>) -> Result<ChoosePractice, Failure> {
    let (practices, listed) = tokio::try_join!(open.practices(), open.treated_by())?;
    let busy =
        |id: &str| listed.iter().any(|one| one.practice_id == id && one.state() != TreatmentState::Ended);
    let mut choices: Vec<Choice> = (practices.values())
        // Schools and insurers treat nobody.
        .filter(|practice| !busy(&practice.practice_id) && treats(practice.kind))
        .map(|practice| Choice::new(practice.practice_id.clone(), practice.display_name.clone()))
        .collect();
    choices.sort_by_key(|choice| choice.label.to_lowercase());
    let legend = open.words().t("treating-who");
    let question = Question { name: "practice", legend, hint: String::new(), many: false, choices };
    Ok(ChoosePractice {
        path: open.path("/sharing/practices"),
        back: open.path("/sharing"),
        question: Some(question).filter(|question| !question.choices.is_empty()),
        problems,
        frame: open.frame(Tab::Sharing).await,
    })
}

pub(super) async fn step(open: Open, fields: Fields) -> Answer {
    may(&open)?;
    let words = open.words();
    let problem = |field: &str, key: &str| vec![Problem { field: field.to_owned(), text: words.t(key) }];
    if fields.one("practice").parse::<Uuid>().is_err() {
        let page = choose(&open, problem("practice", "treating-who-wrong")).await?;
        return Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    if fields.one("step") != "care" {
        return Ok(show(&asked(&open, &fields, Vec::new()).await?));
    }
    let wrong = match propose(&open, &fields).await {
        Ok(()) => {
            open.say_next("treating-proposed");
            return Ok(Redirect::to(&open.path("/sharing#practices")).into_response());
        }
        Err(failure) => said(&failure).ok_or(failure)?,
    };
    let page = asked(&open, &fields, problem("therapist", wrong)).await?;
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// What the policy of the chosen practice says, all of it ticked.
async fn asked(open: &Open, fields: &Fields, problems: Vec<Problem>) -> Result<Care, Failure> {
    let practice_id = fields.one("practice").to_owned();
    let policy = GetTreatmentPolicyRequest { practice_id: practice_id.clone() };
    let policy = open.treatments().get_treatment_policy(policy).await?.into_inner();
    let (words, name) = (open.words(), open.practice_name(&practice_id).await?);
    let introduction =
        Field::line("introduction", words.t("treating-introduction")).value(fields.one("introduction"));
    let introduction = introduction.hint(words.t("treating-introduction-hint")).optional();
    let carried = |name: &str, value: String| Carried { name: name.to_owned(), value };
    Ok(Care {
        path: open.path("/sharing/practices"),
        back: open.path("/sharing"),
        title: words.say("treating-care-title").with("name", name).plain(),
        lead: words.t("treating-care-lead"),
        carried: vec![carried("practice", practice_id), carried("version", policy.version.to_string())],
        questions: care::questions(words, &policy.lines, &policy.lines),
        fields: vec![Field { size_max: INTRODUCTION_CHARACTERS_MAX, ..introduction }],
        agree: words.t("treating-propose"),
        decline: None,
        problems,
        frame: open.frame(Tab::Sharing).await,
    })
}

async fn propose(open: &Open, fields: &Fields) -> Result<(), Failure> {
    let practice_id = fields.one("practice").to_owned();
    let policy = GetTreatmentPolicyRequest { practice_id: practice_id.clone() };
    let policy = open.treatments().get_treatment_policy(policy).await?.into_inner();
    let asked = ProposeTreatmentRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        practice_id,
        side: TreatmentSide::Family.into(),
        lines: care::ticked(fields, &policy.lines),
        policy_version: version(fields)?,
        introduction: fields.one("introduction").to_owned(),
    };
    let proposed = open.treatments().propose_treatment(asked).await?.into_inner();
    open.wrote(proposed.position);
    Ok(())
}

fn version(fields: &Fields) -> Result<u64, Failure> {
    fields.one("version").parse().map_err(|_| Failure::bad_form())
}

/// What the family can put right, or has to look at again.
fn said(failure: &Failure) -> Option<&'static str> {
    const SAID: [(&Reason, &str); 6] = [
        (catalogue::NOTHING_SHARED, "treating-nothing-wrong"),
        (catalogue::ETAG_MISMATCH, "treating-policy-moved"),
        (catalogue::BEYOND_POLICY, "treating-policy-moved"),
        (catalogue::TREATMENT_STANDS, "treating-stands"),
        (catalogue::TREATMENT_PROPOSED, "treating-proposed-already"),
        (catalogue::TOO_MANY_TREATMENTS, "treating-too-many"),
    ];
    SAID.iter().find(|(reason, _)| failure.is(reason)).map(|(_, key)| *key)
}

pub(super) async fn open(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    may(&open)?;
    let treatment = open.treatment(&id).await?;
    Ok(show(&to_agree(&open, &treatment, Vec::new()).await?))
}

/// What is agreed to, and beside it what the practice asks for.
fn offered(treatment: &Treatment) -> Vec<CareLine> {
    [treatment.lines.clone(), treatment.asked_lines.clone()].concat()
}

async fn to_agree(open: &Open, treatment: &Treatment, problems: Vec<Problem>) -> Result<Care, Failure> {
    let asks = open.asks(treatment).await?;
    if treatment.state() == TreatmentState::Proposed && !asks {
        return Err(Failure::not_shown());
    }
    let (words, name) = (open.words(), open.practice_name(&treatment.practice_id).await?);
    let standing = treatment.state() == TreatmentState::Standing;
    let (title, lead, agree, decline) = match standing {
        true => ("treating-change-title", "treating-change-lead", "treating-save", "treating-end"),
        false => ("treating-agree-title", "treating-care-lead", "treating-agree", "treating-decline"),
    };
    let lead = if standing && asks { "treating-more-lead" } else { lead };
    let path = open.path(&format!("/sharing/practices/{}", treatment.treatment_id));
    let version = Carried { name: "version".to_owned(), value: treatment.policy_version.to_string() };
    Ok(Care {
        back: open.path("/sharing"),
        title: words.say(title).with("name", name).plain(),
        lead: words.t(lead),
        carried: vec![version],
        questions: care::questions(words, &offered(treatment), &treatment.lines),
        fields: Vec::new(),
        agree: words.t(agree),
        decline: Some(Link::new(format!("{path}/end"), words.t(decline))),
        problems,
        frame: open.frame(Tab::Sharing).await,
        path,
    })
}

pub(super) async fn agree(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    may(&open)?;
    let treatment = open.treatment(&id).await?;
    let asked = AgreeToTreatmentRequest {
        request_id: fields.request_id()?.to_string(),
        treatment_id: id,
        lines: care::ticked(&fields, &offered(&treatment)),
        policy_version: version(&fields)?,
    };
    match open.treatments().agree_to_treatment(asked).await.map_err(Failure::from) {
        Ok(answer) => open.wrote(answer.into_inner().position),
        Err(failure) => {
            let text = open.words().t(said(&failure).ok_or(failure)?);
            let problem = Problem { field: "therapist".to_owned(), text };
            let page = to_agree(&open, &treatment, vec![problem]).await?;
            return Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page));
        }
    }
    open.say_next("treating-agreed");
    Ok(Redirect::to(&open.path("/sharing#practices")).into_response())
}

pub(super) async fn confirm(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    let treatment = open.treatment(&id).await?;
    let (words, name) = (open.words(), open.practice_name(&treatment.practice_id).await?);
    let (title, lead, end) = match (treatment.state(), treatment.side()) {
        (TreatmentState::Standing, _) => ("treating-end-title", "treating-end-lead", "treating-end-now"),
        (_, TreatmentSide::Practice) => {
            ("treating-decline-title", "treating-decline-lead", "treating-decline")
        }
        _ => ("treating-take-back-title", "treating-take-back-lead", "treating-take-back"),
    };
    Ok(show(&EndTreating {
        path: open.path(&format!("/sharing/practices/{id}/end")),
        back: open.path("/sharing"),
        title: words.say(title).with("name", name).plain(),
        lead: words.t(lead),
        end: words.t(end),
        frame: open.frame(Tab::Sharing).await,
    }))
}

pub(super) async fn end(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    let asked = EndTreatmentRequest {
        request_id: fields.request_id()?.to_string(),
        treatment_id: id,
        side: TreatmentSide::Family.into(),
    };
    match open.treatments().end_treatment(asked).await.map_err(Failure::from) {
        Ok(answer) => open.wrote(answer.into_inner().position),
        Err(failure) if failure.is(catalogue::TREATMENT_ENDED) => {}
        Err(failure) => return Err(failure),
    }
    open.say_next("treating-ended");
    Ok(Redirect::to(&open.path("/sharing#practices")).into_response())
}
