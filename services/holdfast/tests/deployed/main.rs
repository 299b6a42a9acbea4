//! deploy/ without an engine of containers: its secrets are made, and each container of its compose file is a plain process here, with the
//! command, the environment and the files that the compose file gives it. Then a family uses what runs, and all of it is told to end.
#![cfg(test)]

#[path = "../telemetry/browser.rs"]
mod browser;
mod compose;
mod containers;
mod mail;
mod place;

use browser::Browser;
use compose::Compose;
use containers::Containers;
use mail::Mails;
use place::Place;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"collection","entry":[
    {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{"resourceType":"Patient",
     "id":"p","name":[{"family":"Beispielhaft","given":["Wrenna"]}],"birthDate":"2019-03-04","gender":"female"}},
    {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000002","resource":{"resourceType":"Condition","id":"c",
     "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
     "code":{"coding":[{"system":"http://snomed.info/sct","code":"30188007","display":"Lavender fits"}],"text":"Lavender fits"},
     "subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"}}}]}"#;
const PAPER: &str = "The swing calms when it is painted periwinkle.";
const MAIL_PORT: u16 = 2525;

#[tokio::test(flavor = "multi_thread")]
async fn what_deploy_says_runs_serves_a_family_and_ends_in_order() {
    let dir = tempfile::tempdir().unwrap();
    // PostgreSQL does not run as root: its own account has to get in.
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let deploy = copy_of_deploy(dir.path());
    make_secrets(&deploy);
    let compose = Compose::read(&deploy.join("compose.yaml"));
    let place = Place::new(&compose, deploy.clone(), dir.path().to_owned());
    let mut mails = Mails::start().await;
    place.answers("mail.example", MAIL_PORT, mails.port);

    let mut containers = Containers::up(&compose, &place).await;
    let site = format!("http://localhost:{}", place.port("gateway", 8080));
    assert_eq!(containers.public_url(), site);
    let mut browser = Browser::new(site.parse().unwrap());
    containers.ready(&format!("{site}/healthz/ready")).await;
    use_it(&mut browser, &mut mails).await;
    cosigned(&place, &deploy).await;
    containers.down().await;

    // What must outlive the containers lies in volumes, and nothing was written beside them.
    assert!(files(&place.volume("objects")).len() == 1, "the paper, sealed");
    assert!(files(&place.volume("log")).iter().any(|file| file.ends_with("checkpoint")), "the log's files");
    for name in compose.services.keys() {
        let mut left = files(&place.root(name));
        left.retain(|file| {
            !compose.services[name].mounts().iter().any(|mount| within(&place, name, file, &mount.target))
        });
        assert!(left.is_empty(), "{name} wrote {left:?}");
    }
}

/// The witness that the secrets name has cosigned what was published, as anybody finds who has the two public keys.
async fn cosigned(place: &Place<'_>, deploy: &Path) {
    let witnesses = fs::read_to_string(deploy.join("secrets/audit/serve/witnesses")).unwrap();
    let (witness, _) = witnesses.split_once(' ').unwrap();
    // The newest checkpoint may stand a moment without its cosignature.
    let verified = || {
        let mut verify = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        verify.args(["audit", "verify", "--witness", witness, "--key"]);
        verify.arg(deploy.join("secrets/witness/serve/logs")).arg("--export").arg(place.volume("log"));
        verify.output().unwrap().status.success()
    };
    containers::until("a cosignature", async || verified()).await;
}

fn within(place: &Place<'_>, container: &str, file: &Path, target: &str) -> bool {
    file.starts_with(place.path(container, target))
}

/// The folder that an operator has, without any secrets that were made there.
fn copy_of_deploy(dir: &Path) -> PathBuf {
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy"), dir.join("deploy"));
    fs::create_dir(&to).unwrap();
    for name in ["compose.yaml", "make-secrets", "nats.conf"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
    to
}

/// As deploy/README.md has it; a second time nothing is changed.
fn make_secrets(deploy: &Path) {
    let made = || {
        let made = Command::new(deploy.join("make-secrets"))
            .arg(format!("smtp://mail.example:{MAIL_PORT}"))
            .current_dir("/")
            .env_remove("DATABASE_HOST")
            .env_remove("NATS_HOST")
            .env_remove("DOMAIN_SUFFIX")
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let files = files(&deploy.join("secrets")).into_iter();
        files.map(|file| (file.clone(), fs::read(file).unwrap())).collect::<BTreeMap<_, _>>()
    };
    let first = made();
    assert!(first.len() > 40, "{:?}", first.keys());
    assert!(made() == first, "what exists is kept");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let secrets = deploy.join("secrets");
    assert_eq!((mode(&secrets), mode(&secrets.join("ca.key"))), (0o700, 0o600));
    // Containers read theirs as another user.
    for role in ["identity", "records", "documents", "consent", "messaging", "audit", "gateway", "witness"] {
        for file in files(&secrets.join(role)) {
            assert_eq!(mode(&file) & 0o044, 0o044, "{}", file.display());
        }
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() && !path.is_symlink() { files(&path) } else { vec![path] })
        .collect()
}

/// Signed in by mail; a record opened, a file taken in and read back, a paper kept; the looks are on the log.
async fn use_it(browser: &mut Browser, mails: &mut Mails) {
    assert_eq!(
        browser.post("/sign-in", "/sign-in", &[("email", "lena.musterfrau@families.example")]).await.status,
        200
    );
    let link = mails.link().await;
    let token = link.rsplit('/').next().unwrap().to_owned();
    assert_eq!(browser.post(&link, "/sign-in/confirm", &[("token", &token)]).await.status, 303);
    let fields = [
        ("relation", "parent"),
        ("given_name", "Wrenna"),
        ("family_name", "Beispielhaft"),
        ("birth_date", "3 4 2019"),
    ];
    let opened = browser.post("/people/new", "/people/new", &fields).await;
    assert_eq!(opened.status, 303, "{}", opened.text);
    let record = opened.location;
    let path = |page: &str| format!("{record}{page}");

    let file = ("bundle", "record.json", "application/json", BUNDLE.as_bytes());
    let taken = browser.send(&path("/import"), &path("/import"), &[("source", "home")], file).await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    assert!(browser.get(&path("/c/conditions")).await.text.contains("Lavender fits"));
    let file = ("file", "swing.txt", "text/plain", PAPER.as_bytes());
    let fields = [("title", "About the swing"), ("kind", "documents")];
    let kept = browser.send(&path("/papers/new"), &path("/papers"), &fields, file).await;
    assert_eq!(kept.status, 303, "{}", kept.text);
    assert_eq!(browser.get(&format!("{}/file", kept.location)).await.text, PAPER);

    // By way of the bus to audit.
    for kind in ["look read", "look change"] {
        containers::until(kind, async || browser.get(&path("/looked?who=me")).await.text.contains(kind))
            .await;
    }
}
