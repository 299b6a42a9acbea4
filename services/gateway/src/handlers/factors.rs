//! What an account shows besides its mailbox: an authenticator app, passkeys, recovery codes; set up here, and taken away.
use super::second_step::{json, of_passkey, wrong_code};
use crate::{
    cookie::{self, Cookie},
    failure::{Answer, Failure, FailureKind},
    form::Fields,
    pages::{
        Tab,
        factors::{Carried, Passkey, Picture, RecoveryCodes, SecondFactor, SetUpApp},
        parts::{Field, Problem},
        show, show_as,
    },
    site::Site,
    visitor::{Arriving, Signed},
};
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use holdfast_proto::identity::v1::{
    AddPasskeyRequest, BeginPasskeyRequest, BeginTotpRequest, ConfirmTotpRequest, GetFactorsRequest,
    MakeRecoveryCodesRequest, RemovePasskeyRequest, RemoveTotpRequest,
};
use http::StatusCode;
use std::sync::Arc;

const HERE: &str = "/second-factor";
const LATER_SECONDS: u32 = 365 * 24 * 60 * 60;
const NAME_CHARACTERS_MAX: u32 = 60;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route(HERE, get(overview))
        .route("/second-factor/app", post(begin))
        .route("/second-factor/app/confirm", post(confirm))
        .route("/second-factor/app/remove", post(remove))
        .route("/second-factor/codes", post(codes))
        .route("/second-factor/passkeys", post(add_passkey))
        .route("/second-factor/passkeys/challenge", post(challenge))
        .route("/second-factor/passkeys/{id}/remove", post(remove_passkey))
        .route("/second-factor/later", post(later))
}

async fn overview(Arriving(signed): Arriving) -> Answer {
    signed.shown_lately()?;
    Ok(show(&page(&signed, None).await?))
}

async fn page(signed: &Signed, wrong: Option<&'static str>) -> Result<SecondFactor, Failure> {
    let words = signed.words();
    let held = signed.identity().get_factors(GetFactorsRequest {}).await?.into_inner();
    let passkeys = held.passkeys.into_iter().filter_map(|passkey| {
        Some(Passkey {
            name: passkey.display_name,
            since: signed.when(passkey.create_time.as_ref())?,
            last: signed.when(passkey.last_use_time.as_ref()),
            remove_href: format!("/second-factor/passkeys/{}/remove", passkey.passkey_id),
        })
    });
    let wrong = wrong.map(|key| words.t(key));
    let name = Field::line("name", words.t("passkey-name")).hint(words.t("passkey-name-hint"));
    Ok(SecondFactor {
        frame: signed.frame(Tab::Me),
        wanted: signed.who.withheld,
        app: held.totp,
        codes_left: u32::try_from(held.recovery_codes_left).unwrap_or_default(),
        passkeys: passkeys.collect(),
        problems: wrong.iter().map(|text| Problem { field: "name".to_owned(), text: text.clone() }).collect(),
        name: Field { size_max: NAME_CHARACTERS_MAX, wrong, ..name },
    })
}

async fn begin(Arriving(signed): Arriving, fields: Fields) -> Answer {
    let request_id = fields.request_id()?.to_string();
    let begun = signed.identity().begin_totp(BeginTotpRequest { request_id }).await;
    let begun = here(&signed, begun)?.into_inner();
    let carried = Carried { secret: begun.secret_base32, uri: begun.otpauth_uri };
    Ok(show(&set_up(&signed, carried, None)?))
}

fn set_up(signed: &Signed, carried: Carried, wrong: Option<&str>) -> Result<SetUpApp, Failure> {
    let words = signed.words();
    let wrong = wrong.map(|key| words.t(key));
    let signs: Vec<char> = carried.secret.chars().collect();
    let groups = signs.chunks(4).map(|group| group.iter().collect::<String>());
    let field = Field::line("code", words.t("app-code")).autocomplete("one-time-code");
    Ok(SetUpApp {
        frame: signed.frame(Tab::Me),
        picture: Picture::of(&carried.uri).ok_or_else(Failure::bad_form)?,
        secret: groups.collect::<Vec<_>>().join(" "),
        problems: wrong.iter().map(|text| Problem { field: "code".to_owned(), text: text.clone() }).collect(),
        code: Field { wrong, size_max: 10, ..field },
        carried,
    })
}

async fn confirm(Arriving(signed): Arriving, fields: Fields) -> Answer {
    let (request_id, code) = (fields.request_id()?.to_string(), fields.one("code").to_owned());
    let answer = signed.identity().confirm_totp(ConfirmTotpRequest { request_id, code }).await;
    match answer.map_err(Failure::from) {
        Ok(made) => Ok(made_codes(&signed, made.into_inner().codes)),
        Err(failure) => {
            let Some(key) = wrong_code(&failure) else { return Err(failure) };
            let carried =
                Carried { secret: fields.one("secret").to_owned(), uri: fields.one("uri").to_owned() };
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &set_up(&signed, carried, Some(key))?))
        }
    }
}

async fn remove(signed: Signed, fields: Fields) -> Answer {
    let request_id = fields.request_id()?.to_string();
    here(&signed, signed.identity().remove_totp(RemoveTotpRequest { request_id }).await)?;
    Ok(changed(&signed))
}

async fn codes(signed: Signed, fields: Fields) -> Answer {
    let request_id = fields.request_id()?.to_string();
    let made = signed.identity().make_recovery_codes(MakeRecoveryCodesRequest { request_id }).await;
    Ok(made_codes(&signed, here(&signed, made)?.into_inner().codes))
}

async fn challenge(Arriving(signed): Arriving) -> Answer {
    Ok(json(signed.identity().begin_passkey(BeginPasskeyRequest {}).await?.into_inner().options_json))
}

async fn add_passkey(Arriving(signed): Arriving, fields: Fields) -> Answer {
    let display_name = fields.one("name").to_owned();
    let asked = AddPasskeyRequest {
        request_id: fields.request_id()?.to_string(),
        credential_json: fields.one("credential").to_owned(),
        display_name: if display_name.is_empty() {
            signed.words().t("passkey-unnamed")
        } else {
            display_name
        },
    };
    match signed.identity().add_passkey(asked).await.map_err(Failure::from) {
        Ok(made) => Ok(made_codes(&signed, made.into_inner().codes)),
        Err(failure) if of_passkey(&failure) => {
            let page = page(&signed, Some("passkey-refused")).await?;
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(failure) => Err(failure),
    }
}

async fn remove_passkey(signed: Signed, Path(passkey_id): Path<String>, fields: Fields) -> Answer {
    let request_id = fields.request_id()?.to_string();
    let asked = RemovePasskeyRequest { request_id, passkey_id };
    here(&signed, signed.identity().remove_passkey(asked).await)?;
    Ok(changed(&signed))
}

/// The invitation is put off in this browser.
async fn later(signed: Signed) -> Redirect {
    signed.set(Cookie::new(cookie::FACTOR_LATER, "yes").lasting(LATER_SECONDS));
    Redirect::to("/me")
}

/// A form of this page that wants a fresh factor leads to it, and back to this page.
fn here<T>(signed: &Signed, answer: Result<T, tonic::Status>) -> Result<T, Failure> {
    answer.map_err(Failure::from).inspect_err(|failure| {
        if failure.kind == FailureKind::StepUp {
            signed.come_back_to(HERE);
        }
    })
}

/// The codes are shown once: the page is made by the answer to the form, and by nothing else.
fn made_codes(signed: &Signed, codes: Vec<String>) -> axum::response::Response {
    signed.forget_sessions();
    if codes.is_empty() {
        signed.say_next("factor-saved");
        return Redirect::to(HERE).into_response();
    }
    show(&RecoveryCodes { frame: signed.frame(Tab::Me), codes })
}

fn changed(signed: &Signed) -> axum::response::Response {
    signed.forget_sessions();
    signed.say_next("factor-removed");
    Redirect::to(HERE).into_response()
}
