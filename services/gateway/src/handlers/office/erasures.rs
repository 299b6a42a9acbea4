//! What families ask to have erased, for the officer who carries it out, or orders that it be kept.
use super::tenant;
use crate::{
    directory::Known,
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        erasure::{ErasureCard, Erasures},
        parts::{Fact, Field, Problem},
        sharing::Carried,
        show, show_as,
    },
    visitor::Signed,
};
use axum::extract::Query;
use holdfast_proto::consent::v1::{Erasure, ListErasuresRequest, ListErasuresResponse};
use http::StatusCode;
use serde::Deserialize;

const PAGE_SIZE: i32 = 25;

#[derive(Default, Deserialize)]
pub(super) struct At {
    #[serde(default)]
    page: String,
}

async fn listed(
    signed: &Signed,
    page_size: i32,
    page_token: String,
) -> Result<ListErasuresResponse, Failure> {
    let tenant_id = tenant(signed).ok_or_else(Failure::not_shown)?;
    let asked = ListErasuresRequest { tenant_id, page_size, page_token };
    Ok(signed.erasures().list_erasures(asked).await?.into_inner())
}

/// How many wait to be carried out.
pub(super) async fn waiting(signed: &Signed) -> Result<usize, Failure> {
    Ok(usize::try_from(listed(signed, 1, String::new()).await?.open_size).unwrap_or_default())
}

pub(super) async fn list(signed: Signed, Query(at): Query<At>) -> Answer {
    Ok(show(&page(&signed, at.page, &Fields::default(), None).await?))
}

/// After a number was typed that is none.
pub(super) async fn again(signed: &Signed, fields: &Fields, key: &str) -> Answer {
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(signed, String::new(), fields, Some(key)).await?))
}

async fn page(
    signed: &Signed,
    page_token: String,
    fields: &Fields,
    wrong: Option<&str>,
) -> Result<Erasures, Failure> {
    let answer = listed(signed, PAGE_SIZE, page_token).await?;
    let known = signed.known(answer.erasures.iter().map(|one| one.requested_by_account_id.as_str())).await?;
    let words = signed.words();
    let other = Field::line("patient", words.t("office-patient-number")).hint(words.t("erasures-other-hint"));
    let other = other.value(fields.one("patient"));
    let next = Some(answer.next_page_token).filter(|token| !token.is_empty());
    Ok(Erasures {
        frame: super::frame(signed),
        waiting: usize::try_from(answer.open_size).unwrap_or_default(),
        cards: answer.erasures.iter().map(|erasure| card(signed, &known, erasure)).collect(),
        other: match wrong {
            Some(key) => other.wrong(words.t(key)),
            None => other,
        },
        problems: wrong
            .map(|key| Problem { field: "patient".to_owned(), text: words.t(key) })
            .into_iter()
            .collect(),
        next: next.map(|token| format!("/office/erasures?page={token}")),
    })
}

fn card(signed: &Signed, known: &Known, erasure: &Erasure) -> ErasureCard {
    ErasureCard {
        carried: naming(erasure),
        title: title(signed, erasure),
        facts: about(signed, known, erasure),
        held: !erasure.holds.is_empty(),
    }
}

pub(super) fn title(signed: &Signed, erasure: &Erasure) -> String {
    signed.words().t(if erasure.document_id.is_empty() { "erasures-whole" } else { "erasures-one" })
}

/// Of what, by whom and since when.
pub(super) fn about(signed: &Signed, known: &Known, erasure: &Erasure) -> Vec<Fact> {
    let words = signed.words();
    let mut facts = vec![Fact::new(words.t("emergencies-patient"), erasure.patient_id.clone())];
    if !erasure.document_id.is_empty() {
        facts.push(Fact::new(words.t("erasures-paper"), erasure.document_id.clone()));
    }
    if !erasure.requested_by_account_id.is_empty() {
        let by = known.actor(signed, &erasure.requested_by_account_id).name;
        facts.push(Fact::new(words.t("erasure-asked-by"), by));
    }
    let when = signed.when(erasure.requested_time.as_ref());
    facts.extend(when.map(|when| Fact::new(words.t("erasure-asked-on"), when.text)));
    facts
}

/// What names it to its page.
pub(super) fn naming(erasure: &Erasure) -> Vec<Carried> {
    let carried = |name: &str, value: &str| Carried { name: name.to_owned(), value: value.to_owned() };
    vec![carried("patient", &erasure.patient_id), carried("document", &erasure.document_id)]
}
