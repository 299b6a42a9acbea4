//! Pages for somebody who is not signed in, and pages of trouble.

use askama::DynTemplate;
use holdfast_types::Service;

use super::{Draw, Look};
use crate::pages::parts::{Field, Problem};
use crate::pages::shell::{Away, Help, Offline};
use crate::pages::sign_in::{
    CheckMail, ConfirmSignIn, LinkTrouble, LinkTroublePage, PracticeBack, PracticeGo, PracticeSignIn,
    PracticeTrouble, PracticeTroublePage, SignIn, SignedOut,
};
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
    ("practice-sign-in", |look| practice(look, false)),
    ("practice-sign-in-none", |look| practice(look, true)),
    ("practice-go", |look| {
        let (url, host) = ("/gallery".to_owned(), "login.little-steps.example".to_owned());
        Box::new(PracticeGo { frame: look.outside(), url, host })
    }),
    ("practice-back", |look| {
        let (state, code, issuer) = ("made-up".to_owned(), "made-up".to_owned(), String::new());
        Box::new(PracticeBack { frame: look.outside(), state, code, issuer })
    }),
    ("practice-again", |look| practice_trouble(look, PracticeTrouble::Again)),
    ("practice-refused", |look| practice_trouble(look, PracticeTrouble::Refused)),
    ("practice-away", |look| practice_trouble(look, PracticeTrouble::Provider)),
    ("practice-uninvited", |look| practice_trouble(look, PracticeTrouble::NotInvited)),
    ("practice-link-first", |look| practice_trouble(look, PracticeTrouble::LinkFirst)),
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

fn practice(look: &Look, none: bool) -> Box<dyn DynTemplate> {
    let words = look.words;
    let mut email = Field::of("email", "email", words.t("practice-email")).autocomplete("username");
    let mut problems = Vec::new();
    if none {
        email = email.value("dana@mail.example").wrong(words.t("practice-none"));
        problems.push(Problem { field: "email".to_owned(), text: words.t("practice-none") });
    }
    Box::new(PracticeSignIn { frame: look.outside(), email, problems })
}

fn practice_trouble(look: &Look, trouble: PracticeTrouble) -> Box<dyn DynTemplate> {
    Box::new(PracticeTroublePage { frame: look.outside(), trouble })
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
