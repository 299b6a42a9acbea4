//! Invariant 4, on its way out: what a read model tells of a record, it tells whoever shows a `Permit`.
use crate::{allows, catches, holds, tree::Tree};

/// Those that keep something of records. Identity's read models are of accounts.
const OF_RECORDS: &[&str] = &["records", "documents", "consent", "messaging", "audit"];

/// Asked before there is a permit or beside any, for a command or for the service's own work: ids, states and sums of sealed bytes, no
/// words of anybody's. What is answered to a caller has no place here.
const WITHOUT: &[(&str, &str)] = &[
    // What a command needs to know of what it is about.
    ("records", "heads"),
    ("records", "categories_of"),
    ("records", "directory_heads"),
    ("records", "directory_keys"),
    ("records", "earlier_import"),
    ("records", "turn"),
    ("documents", "known"),
    ("documents", "upload"),
    ("documents", "progress"),
    ("consent", "patient_of"),
    // What a service does by itself.
    ("documents", "due"),
    ("documents", "uncleared"),
    ("consent", "erased"),
    ("consent", "erased_documents"),
    ("audit", "reached"),
    ("audit", "heard"),
    // Records that the gate is then asked about, one by one.
    ("consent", "candidates"),
];
/// Answers that hold nothing of anybody's: done, whether, how many.
const BARE: &[&str] = &["Result<(), ", "Result<bool, ", "Result<u32, ", "Result<i32, ", "Result<i64, "];

struct Function<'a> {
    name: &'a str,
    parameters: &'a str,
    returns: &'a str,
}

/// The asynchronous functions that a room gives to the others.
fn given(text: &str) -> impl Iterator<Item = Function<'_>> {
    ["pub async fn ", "pub(crate) async fn "].into_iter().flat_map(move |start| {
        text.match_indices(start).filter_map(move |(at, _)| {
            let rest = &text[at + start.len()..];
            let opened = rest.find('(')?;
            let closed = closing(&rest[opened..])? + opened;
            let ends = rest[closed..].find('{')? + closed;
            let name = rest[..opened].split('<').next()?;
            let returns = rest[closed + 1..ends].trim().strip_prefix("->").unwrap_or_default().trim();
            Some(Function { name, parameters: &rest[opened..closed], returns })
        })
    })
}

/// Where the first parenthesis of a text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.char_indices().find_map(|(at, sign)| {
        match sign {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        (sign == ')' && open == 0).then_some(at)
    })
}

fn what_is_told_of_a_record_wants_a_permit(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for service in OF_RECORDS {
        let room = format!("services/{service}/src/views");
        for file in tree.rust().filter(|file| file.path.starts_with(&room)) {
            for Function { name, parameters, returns } in given(&file.text) {
                let bare = BARE.iter().any(|answer| returns.starts_with(answer));
                let excused = WITHOUT.contains(&(service, name)) && !returns.contains("Unreleased<");
                if !parameters.contains("Permit") && !bare && !excused {
                    broken.push(format!("{}: `{name}` answers {returns} to whoever asks", file.path));
                }
            }
        }
    }
    broken
}

fn every_exception_is_there(tree: &Tree) -> Vec<String> {
    let is_there = |(service, name): &&(&str, &str)| {
        let room = format!("services/{service}/src/views");
        let mut files = tree.rust().filter(|file| file.path.starts_with(&room));
        files.any(|file| given(&file.text).any(|function| function.name == *name))
    };
    WITHOUT.iter().filter(|one| !is_there(one)).map(|(service, name)| format!("{service}: {name}")).collect()
}

#[test]
fn read_models_tell_of_records_by_permit() {
    holds(what_is_told_of_a_record_wants_a_permit);
    holds(every_exception_is_there);
}

#[test]
fn what_is_told_to_whoever_asks_is_seen() {
    let at = "services/records/src/views/a.rs";
    catches(
        what_is_told_of_a_record_wants_a_permit,
        &[
            (at, "pub(crate) async fn goals(pool: &PgPool) -> Result<Vec<Goal>, ViewsError> {"),
            (
                at,
                "pub async fn goals<T>(pool: &PgPool, also: impl Fn(T) -> T) -> Result<Unreleased<Goal>, E> {",
            ),
            (at, "pub async fn heads(pool: &PgPool) -> Result<Unreleased<Goal>, ViewsError> {"),
            (
                "services/consent/src/views.rs",
                "pub async fn heads(\n    pool: &PgPool,\n) -> Result<Goal, E>\n{",
            ),
        ],
    );
    allows(
        what_is_told_of_a_record_wants_a_permit,
        &[
            (
                at,
                "pub(crate) async fn goals(pool: &PgPool, permit: &Permit<Parts>) -> Result<Vec<Goal>, E> {",
            ),
            (at, "pub(crate) async fn heads(pool: &PgPool) -> Result<HashMap<ItemId, ItemHead>, E> {"),
            (
                at,
                "pub async fn note(pool: &PgPool) -> Result<(), E> {\n}\nasync fn open() -> Result<Vec<Goal>, E> {",
            ),
            ("services/identity/src/views.rs", "pub async fn account(pool: &PgPool) -> Result<Account, E> {"),
            ("services/records/src/app.rs", "pub async fn goals(&self) -> Result<Vec<Goal>, E> {"),
        ],
    );
}
