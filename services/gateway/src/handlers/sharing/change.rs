//! Changing what is shared: the questions of sharing, answered with what stands.
use super::{
    answers::{Answers, To, Until},
    get_grant,
    new::page,
    thing::Only,
};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    handlers::{
        days,
        given::{Standing, is_emergency, is_treatment},
    },
    links::is_link,
    pages::show,
    shelf::Open,
    site::Site,
};
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use chrono::{DateTime, Utc};
use holdfast_proto::{
    Word,
    consent::v1::{Grant, Narrowing, grantee::Kind},
    time, timestamp,
};
use holdfast_types::{Action, Category, Narrowing as Part, Role};
use std::{str::FromStr, sync::Arc};
use uuid::Uuid;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/r/{r}/sharing/{grant}/change", get(form))
}

/// What stands, as it was seen, and what no page asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub grant: Uuid,
    pub etag: String,
    /// None: all of the rooms.
    pub part: Option<Part>,
    /// Where it begins later.
    pub from: Option<DateTime<Utc>>,
}

impl Changed {
    pub(super) fn read(fields: &Fields) -> Option<Self> {
        Some(Self {
            grant: fields.one("changes").parse().ok()?,
            etag: fields.one("changes_etag").to_owned(),
            part: serde_json::from_str(fields.one("changes_part")).ok(),
            from: fields.one("changes_from").parse().ok(),
        })
    }

    /// In the form, on every page.
    pub(super) fn carried(&self) -> Vec<(&'static str, String)> {
        let part = self.part.as_ref().and_then(|part| serde_json::to_string(part).ok());
        vec![
            ("changes", self.grant.to_string()),
            ("changes_etag", self.etag.clone()),
            ("changes_part", part.unwrap_or_default()),
            ("changes_from", self.from.map(|from| from.to_rfc3339()).unwrap_or_default()),
        ]
    }
}

/// Where a grant can be changed: what was taken in an emergency, is a link's, is over, or is not all of it the reader's to share, cannot.
pub(super) fn href(open: &Open, grant: &Grant, standing: Standing) -> Option<String> {
    let shares = |number: &i32| {
        Category::from_proto(*number).is_some_and(|room| open.record.holds(Action::Share, room))
    };
    let own = !is_emergency(grant) && !is_link(grant) && !is_treatment(grant);
    let may = !standing.is_over() && own && grant.categories.iter().all(shares);
    may.then(|| open.path(&format!("/sharing/{}/change", grant.grant_id)))
}

async fn form(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    open.stepped_up()?;
    let grant = get_grant(&open, id).await?;
    if href(&open, &grant, Standing::of(&grant, open.now())).is_none() {
        return Ok(Redirect::to(&open.path(&format!("/sharing/{}", grant.grant_id))).into_response());
    }
    let answers = standing(&grant, open.now()).ok_or_else(Failure::not_shown)?;
    let step = answers.next(open.local_now().date_naive());
    Ok(show(&page(&open, &Fields::default(), &answers, step, Vec::new()).await?))
}

/// The answers that a grant is; none to what no page can say.
fn standing(grant: &Grant, now: DateTime<Utc>) -> Option<Answers> {
    let at = |moment: &Option<prost_types::Timestamp>| moment.as_ref().and_then(|at| time(at).ok());
    let until = at(&grant.until_time);
    let part = match &grant.narrowing {
        Some(part) => Some(read(part)?),
        None => None,
    };
    Some(Answers {
        to: Some(to(grant)?),
        categories: words(&grant.categories),
        actions: words(&grant.actions),
        purposes: words(&grant.purposes),
        until: Some(if until.is_some() { Until::Day } else { Until::Open }),
        // What ends at midnight is good for the day before.
        until_day: until.map(|until| days::of(until - days::MOMENT).to_string()).unwrap_or_default(),
        uses: u32::try_from(grant.uses_max).ok().filter(|uses| *uses > 0),
        only: part.is_some().then_some(Only::Kept),
        changed: Some(Changed {
            grant: grant.grant_id.parse().ok()?,
            etag: grant.etag.clone(),
            part,
            from: at(&grant.from_time).filter(|from| *from > now),
        }),
        ..Answers::default()
    })
}

fn to(grant: &Grant) -> Option<To> {
    let grantee = grant.grantee.as_ref()?;
    Some(match grantee.kind.as_ref()? {
        Kind::AccountId(id) => To::Account(id.parse().ok()?),
        Kind::PracticeId(id) => To::Practice(id.parse().ok()?, Role::from_proto(grantee.role)?),
    })
}

fn words<W: Word>(numbers: &[i32]) -> Vec<W> {
    numbers.iter().filter_map(|number| W::from_proto(*number)).collect()
}

fn read(part: &Narrowing) -> Option<Part> {
    let at = |moment: &Option<prost_types::Timestamp>| moment.as_ref().and_then(|at| time(at).ok());
    Some(Part {
        items: ids(&part.item_ids)?,
        authors: ids(&part.author_account_ids)?,
        since: at(&part.occurred_from_time),
        until: at(&part.occurred_until_time),
    })
}

fn ids<T: FromStr>(texts: &[String]) -> Option<Vec<T>> {
    texts.iter().map(|id| id.parse().ok()).collect()
}

/// As the contract says it.
pub(super) fn told(part: &Part) -> Narrowing {
    Narrowing {
        item_ids: part.items.iter().map(ToString::to_string).collect(),
        author_account_ids: part.authors.iter().map(ToString::to_string).collect(),
        occurred_from_time: part.since.map(timestamp),
        occurred_until_time: part.until.map(timestamp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::consent::v1::Grantee;

    const ID: &str = "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001";

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(day * 86_400, 0).unwrap()
    }

    fn grant() -> Grant {
        Grant {
            grant_id: ID.to_owned(),
            etag: "\"1\"".to_owned(),
            grantee: Some(Grantee { kind: Some(Kind::AccountId(ID.to_owned())), role: 0 }),
            categories: vec![Category::Notes.to_proto(), Category::Goals.to_proto()],
            actions: vec![Action::Read.to_proto()],
            purposes: vec![holdfast_types::Purpose::FamilyRequest.to_proto()],
            from_time: Some(timestamp(at(20_000))),
            until_time: None,
            narrowing: Some(Narrowing {
                item_ids: vec![ID.to_owned()],
                occurred_from_time: Some(timestamp(at(19_000))),
                ..Narrowing::default()
            }),
            ..Grant::default()
        }
    }

    #[test]
    fn what_stands_is_answered_and_travels_through_the_form_as_it_stands() {
        let grant = grant();
        let answers = standing(&grant, at(20_001)).unwrap();
        let today = days::of(at(20_001));
        assert_eq!(answers.next(today), crate::pages::sharing::Step::Check);
        assert_eq!(answers.narrowing(), grant.narrowing);
        assert_eq!((answers.end(today), answers.changed.as_ref().unwrap().from), (Some(None), None));
        let carried = answers.carried(crate::pages::sharing::Step::Check);
        let fields = Fields::new(carried.into_iter().map(|one| (one.name, one.value)).collect());
        assert_eq!(Answers::read(&fields), answers);
        let later = standing(&grant, at(19_999)).unwrap();
        assert_eq!(later.changed.unwrap().from, Some(at(20_000)), "it begins when it would have begun");
    }

    #[test]
    fn the_part_that_stands_can_be_given_up_for_all_of_the_rooms() {
        let answers = standing(&grant(), at(20_001)).unwrap();
        let whole = Answers { only: Some(Only::Whole), ..answers.clone() };
        assert_eq!(whole.narrowing(), None);
        let unsaid = Answers { only: None, ..answers };
        assert_eq!(unsaid.next(days::of(at(20_001))), crate::pages::sharing::Step::What);
    }
}
