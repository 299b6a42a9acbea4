//! Invariant 8: each heavy library has its rooms. Black-box tests may look behind the contract, to see what lies there.
use crate::{
    allows, catches, holds,
    tree::{File, Tree},
};
use std::{collections::BTreeSet, process::Command};

fn outside_of_its_rooms(tree: &Tree, word: &'static str, may: fn(&File) -> bool) -> Vec<String> {
    let words: &[&str] = match word {
        "sqlx" => &["sqlx"],
        "tonic" => &["tonic", "tonic_health", "tonic_reflection", "tonic_types", "tonic_prost"],
        _ => &["cedar_policy"],
    };
    // The rules themselves speak of what they forbid.
    let others = tree.rust().filter(|file| !file.path.starts_with("tests/tests/architecture/") && !may(file));
    others.flat_map(|file| file.lines_with(words)).collect()
}

/// A migrator is the name of a folder of SQL, which `lib.rs` may hand over.
fn sqlx_has_its_rooms(tree: &Tree) -> Vec<String> {
    let found = outside_of_its_rooms(tree, "sqlx", |file| {
        ["crates/eventlog", "crates/testkit"].contains(&file.package())
            || file.is_in_room("views")
            || file.is_black_box_test()
            || (file.package() == "services/holdfast" && file.is_in_room("bench"))
            || file.path.starts_with("tests/")
    });
    found.into_iter().filter(|place| !only_names_migrations(tree, place)).collect()
}

fn only_names_migrations(tree: &Tree, place: &str) -> bool {
    let mut parts = place.split(':');
    let (Some(path), Some(Ok(number))) = (parts.next(), parts.next().map(str::parse::<usize>)) else {
        return false;
    };
    let line = tree.find(path).and_then(|file| file.text.lines().nth(number - 1)).unwrap_or_default();
    line.contains("sqlx::migrate!(") && line.matches("sqlx").count() == 1
}

fn tonic_has_its_rooms(tree: &Tree) -> Vec<String> {
    outside_of_its_rooms(tree, "tonic", |file| {
        ["crates/proto", "crates/host", "crates/testkit", "services/gateway", "services/holdfast"]
            .contains(&file.package())
            || file.is_in_room("api")
            || file.is_black_box_test()
            || file.path.starts_with("tests/")
    })
}

fn cedar_policy_has_its_room(tree: &Tree) -> Vec<String> {
    outside_of_its_rooms(tree, "cedar_policy", |file| file.package() == "crates/access")
}

#[test]
fn each_library_stays_in_its_rooms() {
    holds(sqlx_has_its_rooms);
    holds(tonic_has_its_rooms);
    holds(cedar_policy_has_its_room);
}

#[test]
fn a_library_outside_of_its_rooms_is_seen() {
    catches(
        sqlx_has_its_rooms,
        &[
            ("services/a/src/app.rs", "sqlx::query(\"SELECT 1\")"),
            ("services/a/src/api/views_of.rs", "use sqlx::PgPool;"),
            ("crates/access/src/gate.rs", "use sqlx::PgPool;"),
            ("services/holdfast/src/up.rs", "use sqlx::PgPool;"),
            ("services/gateway/src/session.rs", "let sqlx = sqlx::migrate!(\"x\");"),
        ],
    );
    catches(
        tonic_has_its_rooms,
        &[
            ("services/a/src/app/look.rs", "tonic::Status::internal(\"\")"),
            ("crates/access/src/gate.rs", "use tonic::Status;"),
            ("crates/eventlog/src/log.rs", "use tonic_types::ErrorDetails;"),
        ],
    );
    catches(cedar_policy_has_its_room, &[("services/a/src/app.rs", "use cedar_policy::Authorizer;")]);
    allows(
        sqlx_has_its_rooms,
        &[
            ("services/a/src/views/rows.rs", "sqlx::query(\"SELECT 1\")"),
            ("crates/eventlog/src/log.rs", "use sqlx::PgPool;"),
            ("services/a/src/lib.rs", "views: sqlx::migrate!(\"migrations/views\"),"),
            ("services/a/src/app.rs", "// sqlx stays out"),
        ],
    );
    allows(tonic_has_its_rooms, &[("services/a/src/api.rs", "use tonic::Status;")]);
}

/// What a package is built of, however far down, by the names in cargo's own tree.
fn built_of(package: &str) -> BTreeSet<String> {
    let mut tree = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    tree.args(["tree", "--offline", "--locked", "-e", "normal,build", "--prefix", "none", "-p", package]);
    let tree = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).unwrap();
    lines.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect()
}

/// What verifies and what witnesses must not stand on what is verified and witnessed.
#[test]
fn nothing_of_the_server_is_in_the_verifier_or_the_witness() {
    for (package, ours) in [
        ("holdfast-verify", vec!["holdfast-translog", "holdfast-types", "holdfast-verify"]),
        (
            "holdfast-witness",
            vec!["holdfast-fault", "holdfast-translog", "holdfast-types", "holdfast-witness"],
        ),
    ] {
        let built_of = built_of(package);
        let named: Vec<&str> =
            built_of.iter().map(String::as_str).filter(|name| name.starts_with("holdfast")).collect();
        assert_eq!(named, ours);
        assert!(built_of.contains("aws-lc-rs"), "{built_of:?}");
    }
    let verifier = built_of("holdfast-verify");
    for server in
        ["axum", "async-nats", "cedar-policy", "object_store", "sqlx", "sqlx-core", "tonic", "askama"]
    {
        assert!(!verifier.contains(server), "{server}");
    }
}
