//! With whose eyes? Those of somebody who had to do with the record by that moment.
use super::{address, moment, told};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    moment::Moment,
    pages::{
        Tab,
        parts::{Choice, Link, Problem},
        sharing::Question,
        show, show_as, then,
    },
    shelf::Open,
};
use axum::{
    extract::Path,
    response::{IntoResponse as _, Redirect},
};
use holdfast_proto::{
    audit::v1::{ListReadersRequest, Reader},
    timestamp,
};
use holdfast_types::AccountId;
use http::StatusCode;

const NAME: &str = "reader";

pub(super) async fn page(open: Open, Path((_, text)): Path<(String, String)>) -> Answer {
    Ok(show(&drawn(&open, &text, None).await?))
}

pub(super) async fn choose(open: Open, Path((_, text)): Path<(String, String)>, fields: Fields) -> Answer {
    let moment = held(&open, &text)?;
    match fields.one(NAME).parse::<AccountId>() {
        Ok(reader) => {
            let seen = Moment { reader: Some(reader), ..moment };
            Ok(Redirect::to(&address(&open, seen)).into_response())
        }
        Err(_) => {
            let page = drawn(&open, &text, Some("then-as-wrong")).await?;
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// Whoever holds the record may see it with the eyes of others.
fn held(open: &Open, text: &str) -> Result<Moment, Failure> {
    let moment = moment(open, text)?;
    if open.is_held() { Ok(Moment { reader: None, ..moment }) } else { Err(Failure::not_shown()) }
}

async fn drawn(open: &Open, text: &str, wrong: Option<&'static str>) -> Result<then::ChooseReader, Failure> {
    let (moment, words) = (held(open, text)?, open.words());
    let at = moment.decided_at().unwrap_or_else(|| open.now());
    let asked = ListReadersRequest { patient_id: open.patient_id(), at_time: Some(timestamp(at)) };
    let mut client = open.site().services.replay(open.outgoing());
    let mut readers = client.list_readers(asked).await?.into_inner().readers;
    readers.retain(|reader| reader.account_id != open.who.account_id.to_string());
    let known = open.known(readers.iter().map(|reader| reader.account_id.as_str())).await?;
    let choice = |reader: &Reader| {
        let who = known.actor(open, &reader.account_id);
        let stood = words.t(match (reader.relationship, reader.granted) {
            (0, true) => "then-as-granted",
            (0, false) => "then-as-looked",
            (_, _) => "then-as-holder",
        });
        let hint = if who.role.is_empty() { stood } else { format!("{}: {stood}", who.role) };
        Choice::new(&reader.account_id, who.name).hint(hint)
    };
    Ok(then::ChooseReader {
        back: Link::new(address(open, moment), words.t("then-back")),
        moment: told(open, moment, open.path("")).await?,
        path: open.path(&format!("/then/{text}/as")),
        question: Question {
            name: NAME,
            legend: words.t("then-as-who"),
            hint: String::new(),
            many: false,
            choices: readers.iter().map(choice).collect(),
        },
        problems: wrong
            .map(|key| Problem { field: NAME.to_owned(), text: words.t(key) })
            .into_iter()
            .collect(),
        frame: open.frame(Tab::Record).await,
    })
}
