//! The sign-in provider of a practice, as whoever runs it sets it.

use holdfast_types::Role;

use super::{Draw, Look, Page};
use crate::pages::Tab;
use crate::pages::parts::{Fact, Field, Filter, Problem};
use crate::pages::provider::SignInProvider;

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("provider", |look| provider(look, false, false)),
    ("provider-set", |look| provider(look, true, false)),
    ("provider-wrong", |look| provider(look, true, true)),
];

fn provider(look: &Look, is_set: bool, is_wrong: bool) -> Page {
    let words = look.words;
    let line = |name, key: &str, value: &str| {
        let field = Field::line(name, words.t(key)).hint(words.t(&format!("{key}-hint")));
        if is_set { field.value(value) } else { field }
    };
    let domains =
        Field { kind: "textarea", ..line("email_domains", "provider-domains", "little-steps.example") };
    let wrong = is_wrong.then(|| words.t("provider-domains-taken"));
    let role = |role: Role, value: &str| {
        let field = Field::text(role.as_str(), words.role(role)).optional();
        if is_set { field.value(value) } else { field }
    };
    let secret_hint = if is_set { "provider-secret-stays" } else { "provider-secret-hint" };
    Box::new(SignInProvider {
        frame: look.therapist(false, Tab::Work),
        place: "Little Steps".to_owned(),
        at: "4c".to_owned(),
        places: vec![
            Filter::new("/work/sign-in?at=4c", "Little Steps", true),
            Filter::new("/work/sign-in?at=4d", "Stride Therapy", false),
        ],
        is_set,
        told: vec![
            Fact::new(words.t("provider-flow"), words.t("provider-flow-value")),
            Fact::new(words.t("provider-back"), "https://holdfast.example/sign-in/practice/back"),
        ],
        fields: vec![
            line("issuer", "provider-issuer", "https://sign-in.little-steps.example"),
            line("client_id", "provider-client", "holdfast"),
            Field::of("password", "client_secret", words.t("provider-secret")).hint(words.t(secret_hint)),
            Field { wrong: wrong.clone(), ..domains },
            line("role_claim", "provider-claim", "groups"),
            line("scopes", "provider-scopes", "groups").optional(),
            line("second_factor_amr", "provider-second", "mfa").optional(),
            line("second_factor_acr", "provider-level", "").optional(),
        ],
        roles: vec![
            role(Role::Therapist, "clinicians"),
            role(Role::FrontDesk, "reception"),
            role(Role::PracticeAdministrator, "managers"),
        ],
        besides: if is_set { 2 } else { 0 },
        problems: wrong.map(|text| Problem { field: "email_domains".to_owned(), text }).into_iter().collect(),
    })
}
