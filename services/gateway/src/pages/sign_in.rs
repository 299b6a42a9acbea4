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

#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOut {
    pub frame: Frame,
    /// The session ended by itself.
    pub by_time: bool,
}
