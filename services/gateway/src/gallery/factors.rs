//! The second step of signing in, and what an account has set up for it.

use super::{Draw, Look, Page};
use crate::pages::factors::{
    Carried, LinkAgain, Passkey, Picture, RecoveryCodes, SecondFactor, SecondStep, SetUpApp,
};
use crate::pages::parts::{Field, Problem};
use crate::pages::{Frame, Tab};

pub(super) const PAGES: &[(&str, Draw)] = &[
    ("second-step", |look| step(look, false, false)),
    ("second-step-wrong", |look| step(look, true, false)),
    ("second-step-again", |look| step(look, false, true)),
    ("link-again", |look| Box::new(LinkAgain { frame: frame(look), email: "rosa@mail.example".to_owned() })),
    ("second-factor", |look| overview(look, false, true)),
    ("second-factor-none", |look| overview(look, false, false)),
    ("second-factor-wanted", |look| overview(look, true, false)),
    ("second-factor-show", |look| overview(look, true, true)),
    ("set-up-app", |look| set_up(look, false)),
    ("set-up-app-wrong", |look| set_up(look, true)),
    ("recovery-codes", |look| {
        let codes = (2..7).map(|digit| format!("abcd-{digit}fgh-jkmn-pqr{digit}")).collect();
        Box::new(RecoveryCodes { frame: frame(look), codes })
    }),
];

/// Of RFC 6238: everybody knows it.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn frame(look: &Look) -> Frame {
    look.sized(Frame::family(look.words, None, Tab::Me, 0))
}

fn problems(field: &str, wrong: Option<&String>) -> Vec<Problem> {
    wrong.map(|text| Problem { field: field.to_owned(), text: text.clone() }).into_iter().collect()
}

fn step(look: &Look, wrong: bool, again: bool) -> Page {
    let words = look.words;
    let wrong = wrong.then(|| words.t("step-wrong"));
    let code = Field::line("code", words.t("step-code")).autocomplete("one-time-code");
    Box::new(SecondStep {
        frame: if again { frame(look) } else { look.outside() },
        problems: problems("code", wrong.as_ref()),
        code: Field { wrong, ..code.hint(words.t("step-code-hint")) },
        again,
    })
}

fn overview(look: &Look, wanted: bool, any: bool) -> Page {
    let words = look.words;
    let passkey = |name, hours, last: Option<i64>| Passkey {
        name,
        since: look.ago(hours),
        last: last.map(|hours| look.ago(hours)),
        remove_href: "/second-factor/passkeys/AQID/remove".to_owned(),
    };
    Box::new(SecondFactor {
        frame: frame(look),
        wanted,
        app: any,
        codes_left: if any { 8 } else { 0 },
        passkeys: if any {
            vec![
                passkey(look.own("My phone", "Mi teléfono"), 200, Some(3)),
                passkey(look.own("Work computer", "Computadora del trabajo"), 90, None),
            ]
        } else {
            Vec::new()
        },
        name: Field::line("name", words.t("passkey-name")).hint(words.t("passkey-name-hint")),
        problems: Vec::new(),
    })
}

fn set_up(look: &Look, wrong: bool) -> Page {
    let words = look.words;
    let wrong = wrong.then(|| words.t("step-wrong"));
    let uri = format!("otpauth://totp/Holdfast:rosa@mail.example?secret={SECRET}&issuer=Holdfast");
    Box::new(SetUpApp {
        frame: frame(look),
        picture: Picture::of(&uri).unwrap_or_default(),
        secret: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".to_owned(),
        problems: problems("code", wrong.as_ref()),
        code: Field { wrong, ..Field::line("code", words.t("app-code")).autocomplete("one-time-code") },
        carried: Carried { secret: SECRET.to_owned(), uri },
    })
}
