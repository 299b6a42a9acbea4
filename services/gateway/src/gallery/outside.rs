//! Pages for somebody who is not signed in, and pages of trouble.

use askama::DynTemplate;
use holdfast_types::Service;

use super::{Draw, Look};
use crate::pages::parts::{Field, Problem};
use crate::pages::shell::{Away, Help, Offline};
use crate::pages::sign_in::{CheckMail, ConfirmSignIn, LinkTrouble, LinkTroublePage, SignIn, SignedOut};
use crate::pages::trouble::{Trouble, TroublePage};
use crate::pages::{Frame, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("sign-in", |look| sign_in(look, false, false)),
    ("sign-in-wrong", |look| sign_in(look, true, false)),
    ("sign-in-passkey-refused", |look| sign_in(look, false, true)),
    ("check-mail", |look| Box::new(CheckMail { frame: look.outside(), address_hint: hint() })),
    ("confirm", |look| {
        Box::new(ConfirmSignIn { frame: look.outside(), address_hint: hint(), token: "made-up".to_owned() })
    }),
    ("link-used", |look| link(look, LinkTrouble::UsedOrExpired)),
    ("link-other", |look| link(look, LinkTrouble::OtherBrowser)),
    ("signed-out", |look| Box::new(SignedOut { frame: look.outside(), by_time: false })),
    ("signed-out-time", |look| Box::new(SignedOut { frame: look.outside(), by_time: true })),
    ("offline", |look| Box::new(Offline { frame: look.outside() })),
    ("help", |look| Box::new(Help { frame: look.outside() })),
    ("away", |look| Box::new(Away { words: look.words })),
    ("not-shown", |look| trouble(look, Trouble::NotShown)),
    ("unrecordable", |look| trouble(look, Trouble::Unrecordable)),
    ("unavailable", |look| trouble(look, Trouble::Unavailable)),
    ("too-large", |look| trouble(look, Trouble::TooLarge)),
    ("bad-form", |look| trouble(look, Trouble::BadForm)),
    ("sharing-late", |look| trouble(look, Trouble::SharingLate)),
    ("failed", |look| trouble(look, Trouble::Failed)),
];

fn hint() -> String {
    "r…@mail.example".to_owned()
}

fn sign_in(look: &Look, wrong: bool, refused: bool) -> Box<dyn DynTemplate> {
    let words = look.words;
    let mut email = Field::of("email", "email", words.t("sign-in-email")).autocomplete("username webauthn");
    let mut problems = Vec::new();
    if wrong {
        email = email.value("rosa at mail").wrong(words.t("sign-in-email-wrong"));
        problems.push(Problem { field: "email".to_owned(), text: words.t("sign-in-email-wrong") });
    }
    Box::new(SignIn { frame: look.outside(), email, problems, refused })
}

fn link(look: &Look, trouble: LinkTrouble) -> Box<dyn DynTemplate> {
    Box::new(LinkTroublePage { frame: look.outside(), trouble })
}

fn trouble(look: &Look, trouble: Trouble) -> Box<dyn DynTemplate> {
    let frame = look.sized(Frame::family(look.words, None, Tab::None, 0));
    Box::new(TroublePage {
        frame,
        trouble,
        away: (trouble == Trouble::Unavailable).then_some(Service::Messaging),
        number: "R-40-7KQ2".to_owned(),
        problems: Vec::new(),
        back: Some("/h".to_owned()),
    })
}
