//! One service is away, and the others are there: its pages say in both languages what does not answer, that nothing is lost and when
//! to come again; they are there again, without a restart, as soon as it is.
#![cfg(test)]

#[path = "../telemetry/browser.rs"]
mod browser;
#[path = "../telemetry/installation.rs"]
mod installation;

use browser::{Answer, Browser};
use holdfast_supervise::Postgres;
use holdfast_testkit::service::patiently;
use installation::Installation;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};
use tonic::Status;

const EMAIL: &str = "hanna.beispielhaft@families.example";
/// The service, its page under a record, and what people know it by in both languages.
const PARTS: [(&str, &str, [&str; 2]); 5] = [
    ("records", "", ["Record", "Historial"]),
    ("documents", "/papers", ["Papers", "Papeles"]),
    ("messaging", "/messages", ["Messages", "Mensajes"]),
    ("consent", "/sharing", ["Sharing", "Permisos"]),
    ("audit", "/looked", ["Who looked", "Quién lo vio"]),
];

/// The database of one service, as who runs the server.
async fn database(data: &Path, service: &str, there: bool) {
    let url = Postgres::url_in(&data.join("postgres"), "postgres", "postgres").unwrap();
    let mut server = PgConnection::connect(&url).await.unwrap();
    let allow = format!("ALTER DATABASE {service} ALLOW_CONNECTIONS {there}");
    sqlx::raw_sql(AssertSqlSafe(allow)).execute(&mut server).await.unwrap();
    if !there {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        sqlx::query(end).bind(service).execute(&mut server).await.unwrap();
    }
    server.close().await.unwrap();
}

#[track_caller]
fn says_what_is_away(answer: &Answer, part: &str, nothing: &str) {
    let text = answer.text.replace("<bdi>", "").replace("</bdi>", "");
    assert_eq!((answer.status, answer.again.as_str()), (503, "60"), "{part}: {text}");
    assert!(text.contains(part) && text.contains(nothing), "{part}: {text}");
}

/// A form is sent until it is taken: that what is away answers 503 is part of it.
async fn is_taken(browser: &mut Browser, page: &str, fields: &[(&str, &str)]) {
    let browser = tokio::sync::Mutex::new(browser);
    let sent = || async {
        match browser.lock().await.post(page, page, fields).await.status {
            503 => Err(Status::unavailable(format!("{page}: 503"))),
            status => Ok(status),
        }
    };
    assert_eq!(patiently(sent).await.unwrap(), 200, "{page}");
}

async fn is_back(browser: &mut Browser, page: &str) {
    let browser = tokio::sync::Mutex::new(browser);
    let shown = || async {
        match browser.lock().await.get(page).await.status {
            200 => Ok(()),
            status => Err(Status::unavailable(format!("{page}: {status}"))),
        }
    };
    patiently(shown).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_say_what_is_away_and_are_back_when_it_is() {
    let root = tempfile::tempdir().unwrap();
    // PostgreSQL does not run as root: its own account has to get in.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let data = root.path().join("data");
    let mut up = Installation::up(&data, &[]).await;
    let mut browser = Browser::new(up.site.clone());

    database(&data, "identity", false).await;
    let asked = browser.post("/sign-in", "/sign-in", &[("email", EMAIL)]).await;
    says_what_is_away(&asked, "Not answering now: Signing in.", "Nothing was lost or changed.");
    database(&data, "identity", true).await;
    is_taken(&mut browser, "/sign-in", &[("email", EMAIL)]).await;
    let link = up.link().await;
    let token = link.path().rsplit('/').next().unwrap().to_owned();
    let confirmed = browser.post(link.path(), "/sign-in/confirm", &[("token", &token)]).await;
    assert_eq!(confirmed.status, 303);
    let fields = [
        ("relation", "parent"),
        ("given_name", "Wrenna"),
        ("family_name", "Beispielhaft"),
        ("birth_date", "3 4 2019"),
    ];
    let record = browser.post("/people/new", "/people/new", &fields).await.location;

    for (service, page, [english, spanish]) in PARTS {
        let path = format!("{record}{page}");
        is_back(&mut browser, &path).await;
        database(&data, service, false).await;
        browser.speak("en");
        let away = browser.get(&path).await;
        says_what_is_away(&away, &format!("Not answering now: {english}."), "Nothing was ");
        browser.speak("es");
        let away = browser.get(&path).await;
        says_what_is_away(&away, &format!("No responde ahora: {spanish}."), " nada.");
        assert_eq!(browser.get("/me").await.status, 200, "{service}: what needs it not is there");
        database(&data, service, true).await;
        is_back(&mut browser, &path).await;
    }
    up.down().await;
}
