//! My own account: name, language, size, the second factor, and where it is signed in.
use crate::{
    cookie,
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        me::{Me, Session},
        parts::{Choice, Field},
        show,
    },
    site::Site,
    visitor::Signed,
    words::Lang,
};
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use holdfast_proto::identity::v1::{
    Account, EndSessionRequest, GetAccountRequest, ListSessionsRequest, UpdateAccountRequest,
};
use http::HeaderMap;
use prost_types::FieldMask;
use std::sync::Arc;

/// Sessions that the page shows.
const SESSIONS_MAX: i32 = 100;
const BROWSERS: [(&str, &str); 6] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/me", get(page).post(save)).route("/me/sessions/{id}/end", post(end))
}

async fn page(signed: Signed, headers: HeaderMap) -> Answer {
    let (mut of_account, mut of_sessions) = (signed.identity(), signed.identity());
    let asked = ListSessionsRequest { page_size: SESSIONS_MAX, page_token: String::new() };
    let (account, sessions) =
        tokio::try_join!(of_account.get_account(GetAccountRequest {}), of_sessions.list_sessions(asked))?;
    let (account, words) = (account.into_inner(), signed.words());
    let has_second_factor = signed.who.has_second;
    let sessions = sessions.into_inner().sessions.into_iter().filter_map(|session| {
        Some(Session {
            device: device(&session.user_agent),
            since: signed.when(session.create_time.as_ref())?,
            last: signed.when(session.last_use_time.as_ref())?,
            network: session.network,
            current: session.current,
            end_href: (!session.current).then(|| format!("/me/sessions/{}/end", session.session_id)),
        })
    });
    Ok(show(&Me {
        frame: signed.frame(Tab::Me),
        name: Field::line("name", words.t("me-name")).value(account.display_name).autocomplete("name"),
        email: account.email,
        number: signed.who.account_id.to_string(),
        has_second_factor,
        invited: !has_second_factor && cookie::read(&headers, cookie::FACTOR_LATER).is_none(),
        sessions: sessions.collect(),
        langs: Lang::ALL
            .map(|lang| Choice::new(lang.code(), lang.own_name()).chosen(lang == words.lang))
            .into(),
        sizes: vec![
            Choice::new("usual", words.t("me-size-usual")).chosen(!account.large_text),
            Choice::new("large", words.t("me-size-large"))
                .hint(words.t("me-size-large-hint"))
                .chosen(account.large_text),
        ],
    }))
}

async fn save(signed: Signed, fields: Fields) -> Answer {
    let lang = Lang::from_code(fields.one("lang")).ok_or_else(Failure::bad_form)?;
    let mut paths = vec!["locale".to_owned(), "large_text".to_owned()];
    if !fields.one("name").is_empty() {
        paths.push("display_name".to_owned());
    }
    let account = Account {
        display_name: fields.one("name").to_owned(),
        locale: lang.code().to_owned(),
        large_text: fields.one("size") == "large",
        ..Account::default()
    };
    let asked = UpdateAccountRequest {
        request_id: fields.request_id()?.to_string(),
        account: Some(account),
        update_mask: Some(FieldMask { paths }),
    };
    signed.identity().update_account(asked).await?;
    signed.forget_token();
    signed.choose(lang);
    signed.say_next("me-saved");
    Ok(Redirect::to("/me").into_response())
}

async fn end(signed: Signed, Path(session_id): Path<String>, fields: Fields) -> Answer {
    let request_id = fields.request_id()?.to_string();
    signed.identity().end_session(EndSessionRequest { request_id, session_id }).await?;
    signed.forget_sessions();
    signed.say_next("me-ended");
    Ok(Redirect::to("/me").into_response())
}

/// "Chrome, Android": what of a browser's long name a person knows again.
fn device(user_agent: &str) -> String {
    let known = |list: &[(&str, &'static str)]| {
        list.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| (*name).to_owned())
    };
    let parts: Vec<String> = known(&BROWSERS).into_iter().chain(known(&SYSTEMS)).collect();
    if parts.is_empty() { user_agent.chars().take(60).collect() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_as_people_know_it() {
        let android = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36";
        assert_eq!(device(android), "Chrome, Android");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1";
        assert_eq!(device(iphone), "Safari, iPhone");
        assert_eq!(device("curl/8.5"), "curl/8.5");
    }
}
