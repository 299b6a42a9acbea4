//! Invariant 2: `domain/` is pure: no async, no IO, no clock, no ids made there.
use crate::{allows, catches, holds, tree::Tree};

const IMPURE: &[&str] = &[
    "async",
    "await",
    "tokio",
    "futures",
    "sqlx",
    "tonic",
    "Utc::now",
    "Local::now",
    "SystemTime",
    "Instant",
    "now_v7",
    "new_v4",
    "Clock",
    "Ids",
    "rand",
    "std::fs",
    "std::net",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
    "println",
    "reqwest",
];
/// The golden tests read the environment and write their file when told to accept it; those of a standard's vectors say where there
/// are none.
const TESTS_MAY: &[&str] = &["std::fs", "std::env", "println"];

fn domain_rooms_are_pure(tree: &Tree) -> Vec<String> {
    tree.rust()
        .filter(|file| file.path.starts_with("services/") && file.is_in_room("domain"))
        .flat_map(|file| {
            let is_test = file.is_in_room("golden") || file.is_in_room("tests");
            let may = move |found: &String| {
                is_test && TESTS_MAY.iter().any(|word| found.ends_with(&format!("`{word}`")))
            };
            file.lines_with(IMPURE).filter(move |found| !may(found))
        })
        .collect()
}

#[test]
fn domains_are_pure() {
    holds(domain_rooms_are_pure);
}

#[test]
fn impurity_is_seen() {
    catches(
        domain_rooms_are_pure,
        &[
            ("services/a/src/domain/b.rs", "pub async fn decide() {}"),
            ("services/a/src/domain.rs", "let now = Utc::now();"),
            ("services/a/src/domain/b.rs", "use tokio::sync::Mutex;"),
            ("services/a/src/domain/b.rs", "let id = Uuid::now_v7();"),
            ("services/a/src/domain/b/c.rs", "fn decide(clock: &dyn Clock) {}"),
            ("services/a/src/domain/b.rs", "std::fs::read(path)"),
            ("services/a/src/domain/golden.rs", "sqlx::query(\"\")"),
        ],
    );
    allows(
        domain_rooms_are_pure,
        &[
            ("services/a/src/domain/b.rs", "// Utc::now is not for us\nfn decide() {}"),
            ("services/a/src/app.rs", "pub async fn decide() {}"),
            ("services/a/src/domain/golden.rs", "std::env::var_os(\"HOLDFAST_BLESS\")"),
        ],
    );
}
