//! `holdfast import-directory` beside an installation that serves.
use super::{Installation, family};
use holdfast_access::{Claims, TokenSigner};
use holdfast_types::{Clock as _, SystemClock};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

/// A file of places and organizations, each with its number.
fn file(folder: &Path, name: &str, numbers: std::ops::Range<u32>) -> PathBuf {
    let entries = numbers.map(|number| {
        format!(
            r#"{{"resource":{{"resourceType":"Organization","id":"o{number}","name":"Clinic {number}",
            "identifier":[{{"system":"https://practice.example/sites","value":"S-{number}"}}]}}}}"#
        )
    });
    let entries = entries.collect::<Vec<_>>().join(",");
    let path = folder.join(name);
    fs::write(&path, format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{entries}]}}"#))
        .unwrap();
    path
}

struct Ended {
    code: Option<i32>,
    said: String,
    error: String,
}

async fn import(data: &Path, more: &[&str], files: &[&Path]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.args(["import-directory", "--tenant", "5f0c8b1e-3d27-4a94-b6c8-71d290ae4e55", "--data-dir"]);
    command.arg(data).args(more).args(files);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), said: text(output.stdout), error: text(output.stderr) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_is_brought_in_from_files_and_a_file_that_is_wrong_is_told_with_its_place() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let data = root.path().join("data");
    let up = Installation::up(&data, &[]).await;
    let (first, second) = (file(root.path(), "first.json", 0..3), file(root.path(), "second.json", 2..5));

    let brought = import(&data, &[], &[&first, &second]).await;
    assert_eq!(brought.code, Some(0), "{}", brought.error);
    let lines: Vec<_> = brought.said.lines().collect();
    let of = |path: &Path, told: &str| format!("{}: {told}", path.display());
    assert_eq!(
        lines,
        [
            of(&first, "3 new, 0 changed, 0 as they were"),
            of(&second, "2 new, 0 changed, 1 as they were"),
            "in all: 5 new, 0 changed, 1 as they were".to_owned()
        ]
    );
    assert_eq!(brought.error, format!("1 of 2: {} …\n2 of 2: {} …\n", first.display(), second.display()));
    let again = import(&data, &[], &[&second]).await;
    assert!(again.said.ends_with("in all: 0 new, 0 changed, 3 as they were\n"), "{}", again.said);

    let broken = root.path().join("broken.json");
    let text = fs::read_to_string(&first).unwrap().replacen("\"Clinic 1\"", "[]", 1);
    fs::write(&broken, text).unwrap();
    let refused = import(&data, &[], &[&second, &broken, &first]).await;
    assert_eq!((refused.code, refused.said.lines().count()), (Some(1), 1), "{}", refused.error);
    let told = refused.error.lines().last().unwrap();
    let (file, reason) = told.split_once("is not brought in: ").unwrap();
    assert!(file.contains("broken.json"), "{told}");
    assert!(reason.starts_with("BUNDLE_MALFORMED: `Bundle.entry[1].resource.name`"), "{told}");

    let missing = import(&data, &[], &[&first, &root.path().join("missing.json")]).await;
    assert_eq!((missing.code, missing.said.as_str()), (Some(1), ""), "nothing was sent");
    assert!(missing.error.contains("missing.json` cannot be read"), "{}", missing.error);

    let signer = TokenSigner::from_pkcs8(&fs::read(data.join("secrets/token.key")).unwrap()).unwrap();
    let iat = SystemClock.now().timestamp();
    let claims = Claims { account: family(), session: None, roles: Vec::new(), iat, exp: iat + 300 };
    let token = root.path().join("token");
    fs::write(&token, signer.sign(&claims).unwrap()).unwrap();
    let stranger = import(&data, &["--token-file", token.to_str().unwrap()], &[&first]).await;
    assert_eq!((stranger.code, stranger.said.as_str()), (Some(1), ""));
    assert!(stranger.error.contains("NOT_PERMITTED"), "{}", stranger.error);
    let elsewhere = ["--records-addr", "https://records.example:7100"];
    let elsewhere = import(&data, &elsewhere, &[&first]).await;
    assert_eq!(elsewhere.code, Some(1));
    assert!(elsewhere.error.contains("say who asks"), "{}", elsewhere.error);
    up.down().await;
}
