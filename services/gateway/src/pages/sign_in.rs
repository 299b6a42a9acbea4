//! Signing in by a link that is e-mailed, or by a passkey: ask, wait, confirm with a button (mail scanners open links), or learn why not.

use askama::Template;

use super::Frame;
use super::parts::{Field, Problem};

/// POST `/sign-in` with `email`; POST `/sign-in/passkey` with `credential`.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    pub frame: Frame,
    pub email: Field,
    pub problems: Vec<Problem>,
    /// A passkey was shown that lets nobody in.
    pub refused: bool,
}

#[derive(Debug, Template)]
#[template(path = "check_mail.html")]
pub struct CheckMail {
    pub frame: Frame,
    /// "r…@mail.example": enough to notice a slip, too little for a passer-by.
    pub address_hint: String,
}

/// POST `/sign-in/confirm` with `token`.
#[derive(Debug, Template)]
#[template(path = "confirm_sign_in.html")]
pub struct ConfirmSignIn {
    pub frame: Frame,
    pub address_hint: String,
    pub token: String,
}

/// Why a link lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkTrouble {
    UsedOrExpired,
    OtherBrowser,
}

#[derive(Debug, Template)]
#[template(path = "link_trouble.html")]
pub struct LinkTroublePage {
    pub frame: Frame,
    pub trouble: LinkTrouble,
}

/// POST `/sign-in/practice` with `email`: whose sign-in it is follows from the address.
#[derive(Debug, Template)]
#[template(path = "practice_sign_in.html")]
pub struct PracticeSignIn {
    pub frame: Frame,
    pub email: Field,
    pub problems: Vec<Problem>,
}

/// On to the practice's own page: a link, because a form may lead to no other site.
#[derive(Debug, Template)]
#[template(path = "practice_go.html")]
pub struct PracticeGo {
    pub frame: Frame,
    pub url: String,
    pub host: String,
}

/// POST `/sign-in/practice/confirm` with `state`, `code` and `issuer`.
#[derive(Debug, Template)]
#[template(path = "practice_back.html")]
pub struct PracticeBack {
    pub frame: Frame,
    pub state: String,
    pub code: String,
    pub issuer: String,
}

/// Why a practice's own sign-in lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PracticeTrouble {
    /// It was used, is too old, or was begun elsewhere.
    Again,
    /// The practice said no.
    Refused,
    /// It does not answer as it should.
    Provider,
    NotInvited,
    /// The account was there before: it is linked by whoever is signed in to it.
    LinkFirst,
}

#[derive(Debug, Template)]
#[template(path = "practice_trouble.html")]
pub struct PracticeTroublePage {
    pub frame: Frame,
    pub trouble: PracticeTrouble,
}

#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOut {
    pub frame: Frame,
    /// The session ended by itself.
    pub by_time: bool,
}
