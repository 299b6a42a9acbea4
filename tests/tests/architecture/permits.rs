//! Invariant 4, on its way out: what a read model tells of a record or of a person, it tells whoever shows a `Permit`.
use crate::{allows, catches, holds, tree::Tree};

/// Those that keep something of records, and identity, which keeps who people are.
const OF_PEOPLE: &[&str] = &["records", "documents", "consent", "messaging", "audit", "identity"];

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
    ("records", "proposal_head"),
    ("documents", "known"),
    ("documents", "upload"),
    ("documents", "progress"),
    ("consent", "patient_of"),
    // Whose a link's secret is: whoever shows it is whom the grant reaches.
    ("consent", "known_link"),
    ("consent", "treatment_of"),
    // What a service does by itself.
    ("documents", "due"),
    ("documents", "uncleared"),
    ("consent", "erased"),
    ("consent", "erased_documents"),
    ("consent", "standing_at"),
    ("consent", "policy_versions"),
    ("audit", "reached"),
    ("audit", "heard"),
    ("audit", "policies_then"),
    ("identity", "claim_notices"),
    ("identity", "knows_device"),
    // Records that the gate is then asked about, one by one.
    ("consent", "candidates"),
    ("records", "waiting"),
    // What an account is told of itself: the exception of invariant 4. It is signed in, and nobody else is told.
    ("identity", "own_account"),
    ("identity", "own_invitations"),
    ("identity", "factors"),
    ("identity", "passkeys"),
    ("identity", "open_sessions"),
    // Before it is known who asks: whose a secret, an address or a key is, and what was shown with it.
    ("identity", "account_of"),
    ("identity", "link"),
    ("identity", "owner_of_passkey"),
    ("identity", "service_keys"),
    ("identity", "provider_of"),
    ("identity", "begun"),
    ("identity", "linked"),
    ("identity", "standing"),
    ("identity", "session_of"),
    ("identity", "shown"),
    // What a command of identity needs to know.
    ("identity", "invitation"),
    ("identity", "require_second_factor"),
    ("identity", "organization"),
    ("identity", "unended_sessions"),
    // Places of care and what they are called: of nobody.
    ("identity", "practices"),
    // What a practice wants to see of whom it treats: of nobody.
    ("consent", "treatment_policy"),
];
/// Those that are asked again until there is something.
const UNTIL_FOUND: &[&str] = &["services/audit/src/sequencer/views/proof.rs"];
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

fn what_is_told_of_anybody_wants_a_permit(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for service in OF_PEOPLE {
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

/// A look that found nothing is a look: `Unreleased<Option<T>>` has to be released to be known, `Option<Unreleased<T>>` has not.
fn that_nothing_was_found_wants_a_release(tree: &Tree) -> Vec<String> {
    let of_services = tree.rust().filter(|file| file.path.starts_with("services/"));
    let told = of_services.filter(|file| file.text.contains("Result<Option<Unreleased<"));
    told.filter(|file| !UNTIL_FOUND.contains(&file.path.as_str()))
        .map(|file| format!("{}: who finds nothing leaves no look", file.path))
        .collect()
}

#[test]
fn read_models_tell_of_anybody_by_permit() {
    holds(what_is_told_of_anybody_wants_a_permit);
    holds(every_exception_is_there);
}

#[test]
fn that_nothing_was_found_is_told_by_release() {
    holds(that_nothing_was_found_wants_a_release);
    let at = "services/records/src/app/reading.rs";
    let found = |returns: &str| format!("async fn version() -> Result<{returns}, Failure> {{");
    catches(that_nothing_was_found_wants_a_release, &[(at, &found("Option<Unreleased<Version>>"))]);
    allows(that_nothing_was_found_wants_a_release, &[(at, &found("Unreleased<Option<Version>>"))]);
}

#[test]
fn what_is_told_to_whoever_asks_is_seen() {
    let at = "services/records/src/views/a.rs";
    catches(
        what_is_told_of_anybody_wants_a_permit,
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
            (
                "services/identity/src/views.rs",
                "pub async fn account(&self, id: AccountId) -> Result<Account, E> {",
            ),
        ],
    );
    allows(
        what_is_told_of_anybody_wants_a_permit,
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
            (
                "services/identity/src/views/accounts.rs",
                "pub(crate) async fn own_account(&self, account: AccountId) -> Result<Account, E> {",
            ),
            ("services/records/src/app.rs", "pub async fn goals(&self) -> Result<Vec<Goal>, E> {"),
        ],
    );
}
