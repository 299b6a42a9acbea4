//! Second factors: the step after the link, what an account has set up, a new authenticator app, and recovery codes, shown once.

use askama::Template;
use qrcode::{Color, QrCode};

use super::Frame;
use super::parts::{Field, Problem, When};

/// Modules of white around a QR code (ISO/IEC 18004, section 6.3.8).
const QUIET: usize = 4;

/// POST `/sign-in/code` with `code`; POST `/sign-in/passkey` with `credential`.
#[derive(Debug, Template)]
#[template(path = "second_step.html")]
pub struct SecondStep {
    pub frame: Frame,
    pub code: Field,
    pub problems: Vec<Problem>,
    /// Who is signed in shows the factor again; else it is the last step of signing in.
    pub again: bool,
}

/// Who has no second factor shows again who it is by a new link. POST `/sign-in` with `email`.
#[derive(Debug, Template)]
#[template(path = "link_again.html")]
pub struct LinkAgain {
    pub frame: Frame,
    pub email: String,
}

#[derive(Debug)]
pub struct Passkey {
    pub name: String,
    pub since: When,
    pub last: Option<When>,
    /// POST takes it away.
    pub remove_href: String,
}

/// POST `/second-factor/app` begins; POST `/second-factor/app/remove`; POST `/second-factor/codes`; POST `/second-factor/passkeys`
/// with `name` and `credential`.
#[derive(Debug, Template)]
#[template(path = "second_factor.html")]
pub struct SecondFactor {
    pub frame: Frame,
    /// Nothing else can be reached before.
    pub wanted: bool,
    pub app: bool,
    pub codes_left: u32,
    pub passkeys: Vec<Passkey>,
    pub name: Field,
    pub problems: Vec<Problem>,
}

impl SecondFactor {
    pub fn has_any(&self) -> bool {
        self.app || !self.passkeys.is_empty()
    }
}

/// POST `/second-factor/app/confirm` with `code`.
#[derive(Debug, Template)]
#[template(path = "set_up_app.html")]
pub struct SetUpApp {
    pub frame: Frame,
    pub picture: Picture,
    /// The secret for typing it in, in groups.
    pub secret: String,
    pub code: Field,
    pub problems: Vec<Problem>,
    /// What the page comes back with after a wrong code.
    pub carried: Carried,
}

/// The secret stays in the page, and nowhere else, until it is confirmed.
#[derive(Debug)]
pub struct Carried {
    pub secret: String,
    pub uri: String,
}

#[derive(Debug, Template)]
#[template(path = "recovery_codes.html")]
pub struct RecoveryCodes {
    pub frame: Frame,
    pub codes: Vec<String>,
}

/// A QR code as one path of squares.
#[derive(Debug, Default)]
pub struct Picture {
    pub path: String,
    pub width: usize,
}

impl Picture {
    /// None where the text is longer than a QR code holds.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::new(text).ok()?;
        let width = code.width();
        let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
        let path =
            dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET)).collect();
        Some(Self { path, width: width + 2 * QUIET })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_white_around_it_and_a_corner_where_readers_look_for_one() {
        let picture = Picture::of("otpauth://totp/Holdfast:rosa@example.org?secret=GEZDGNBV").unwrap();
        assert!(picture.path.starts_with("M4 4h1v1h-1z") && picture.path.contains("M10 10h1v1h-1z"));
        assert!(picture.width > 8 + 21 && !picture.path.contains("M3 "));
        assert!(Picture::of(&"a".repeat(5000)).is_none());
    }
}
