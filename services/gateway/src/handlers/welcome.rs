//! After the first sign-in: what to call the person. Asked once in a browser, and it can be left for later.
use crate::{
    cookie::{self, Cookie},
    failure::Answer,
    form::Fields,
    pages::{
        Tab,
        me::Welcome,
        parts::{Field, Problem},
        show, show_as,
    },
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use holdfast_proto::identity::v1::{Account, UpdateAccountRequest};
use http::{HeaderMap, StatusCode};
use prost_types::FieldMask;
use std::sync::Arc;

const NAME_CHARACTERS_MAX: u32 = 100;
const LATER_SECONDS: u32 = 365 * 24 * 60 * 60;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/welcome", get(ask).post(answer))
}

/// Nobody knows the name yet, and it was not put off in this browser.
pub(super) fn is_due(signed: &Signed, headers: &HeaderMap) -> bool {
    signed.who.account.display_name.trim().is_empty() && cookie::read(headers, cookie::NAME_LATER).is_none()
}

async fn ask(signed: Signed) -> Answer {
    Ok(show(&page(&signed, "", None)))
}

fn page(signed: &Signed, typed: &str, wrong: Option<&str>) -> Welcome {
    let words = signed.words();
    let wrong = wrong.map(|key| words.t(key));
    let field = Field::line("name", words.t("me-name")).autocomplete("name").value(typed);
    Welcome {
        frame: signed.frame(Tab::None),
        problems: wrong.iter().map(|text| Problem { field: "name".to_owned(), text: text.clone() }).collect(),
        name: Field { size_max: NAME_CHARACTERS_MAX, wrong, ..field },
    }
}

async fn answer(signed: Signed, fields: Fields) -> Answer {
    if !fields.one("skip").is_empty() {
        signed.set(Cookie::new(cookie::NAME_LATER, "yes").lasting(LATER_SECONDS));
        return Ok(Redirect::to("/h").into_response());
    }
    let name = fields.one("name");
    let wrong = match name.chars().count() {
        0 => Some("person-name-wrong"),
        length if length > NAME_CHARACTERS_MAX as usize => Some("person-text-long"),
        _ => None,
    };
    if wrong.is_some() {
        return Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&signed, name, wrong)));
    }
    let asked = UpdateAccountRequest {
        request_id: fields.request_id()?.to_string(),
        account: Some(Account { display_name: name.to_owned(), ..Account::default() }),
        update_mask: Some(FieldMask { paths: vec!["display_name".to_owned()] }),
    };
    signed.identity().update_account(asked).await?;
    signed.forget_token();
    Ok(Redirect::to("/h").into_response())
}
