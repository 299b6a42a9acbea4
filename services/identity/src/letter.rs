//! The words of a mail, in the reader's language. Nothing of anybody but a link for signing in, or a network's beginning; of an emergency
//! only that there is one.
use secrecy::{ExposeSecret, SecretString};
use url::Url;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Spanish,
}

pub(crate) struct Letter {
    language: Language,
    about: About,
}

enum About {
    SignIn {
        link: SecretString,
    },
    /// A device that was never signed in on before.
    NewDevice {
        network: Option<String>,
    },
    /// Whose record it was, and who opened it, is told to who has signed in.
    Emergency,
    /// Who invites, and to what, is told to who has signed in.
    Invitation {
        link: String,
    },
}

impl Letter {
    /// `locale` is BCP 47; a language that is not spoken here reads English.
    pub(crate) fn new(public_url: &Url, secret: &SecretString, locale: &str) -> Self {
        let mut url = public_url.clone();
        url.set_path(&format!("/sign-in/{}", secret.expose_secret()));
        Self { language: Language::of(locale), about: About::SignIn { link: String::from(url).into() } }
    }

    pub(crate) fn new_device(locale: &str, network: Option<&str>) -> Self {
        let about = About::NewDevice { network: network.map(str::to_owned) };
        Self { language: Language::of(locale), about }
    }

    /// To a holder of a record that somebody opened without asking.
    pub(crate) fn emergency(locale: &str) -> Self {
        Self { language: Language::of(locale), about: About::Emergency }
    }

    /// To whoever reads an address that a practice knows.
    pub(crate) fn invitation(public_url: &Url, locale: &str) -> Self {
        let mut url = public_url.clone();
        url.set_path("/invited");
        Self { language: Language::of(locale), about: About::Invitation { link: url.into() } }
    }

    /// None where there is nothing to open: a notice never asks to press on anything.
    pub(crate) fn link(&self) -> Option<&str> {
        match &self.about {
            About::SignIn { link } => Some(link.expose_secret()),
            About::Invitation { link } => Some(link),
            About::NewDevice { .. } | About::Emergency => None,
        }
    }

    pub(crate) const fn subject(&self) -> &'static str {
        match (&self.about, self.language) {
            (About::SignIn { .. }, Language::English) => "Holdfast: your sign-in link",
            (About::SignIn { .. }, Language::Spanish) => "Holdfast: su enlace para entrar",
            (About::NewDevice { .. }, Language::English) => "Holdfast: signed in on a new device",
            (About::NewDevice { .. }, Language::Spanish) => "Holdfast: entrada en un dispositivo nuevo",
            (About::Invitation { .. }, Language::English) => "Holdfast: you are invited",
            (About::Invitation { .. }, Language::Spanish) => "Holdfast: tiene una invitación",
            (About::Emergency, Language::English) => "Holdfast: opened in an emergency",
            (About::Emergency, Language::Spanish) => "Holdfast: abierto por una emergencia",
        }
    }

    pub(crate) fn text(&self) -> String {
        match &self.about {
            About::SignIn { link } => {
                let (before, after) = match self.language {
                    Language::English => (
                        "Holdfast: open this link to sign in. It works once, for 10 minutes, in the\n\
                         browser where you asked for it.",
                        "You did not ask? Then do nothing: no one got in.",
                    ),
                    Language::Spanish => (
                        "Holdfast: abra este enlace para entrar. Sirve una sola vez, durante\n\
                         10 minutos, en el navegador donde lo pidió.",
                        "¿No lo pidió? Entonces no haga nada: nadie entró.",
                    ),
                };
                format!("{before}\n\n{}\n\n{after}\n", link.expose_secret())
            }
            About::NewDevice { network } => {
                let (first, from, after) = match self.language {
                    Language::English => (
                        "Holdfast: your e-mail was used to sign in on a device that is new to us.",
                        "It came from the network",
                        "Was it you? Then do nothing. Was it not? Sign in, open Settings, and end that\n\
                         sign-in. Then change the password of your e-mail.",
                    ),
                    Language::Spanish => (
                        "Holdfast: con su correo se entró en un dispositivo que no conocíamos.",
                        "Vino de la red",
                        "¿Fue usted? Entonces no haga nada. ¿No fue usted? Entre, abra Ajustes y termine\n\
                         esa sesión. Después cambie la contraseña de su correo.",
                    ),
                };
                let from = network.as_ref().map(|network| format!("{from} {network}.\n\n"));
                format!("{first}\n\n{}{after}\n", from.unwrap_or_default())
            }
            About::Invitation { link } => {
                let (before, after) = match self.language {
                    Language::English => (
                        "Holdfast: somebody you know invites you. Sign in with this e-mail address to see\n\
                         who it is and what they ask. You decide. It is open for 14 days.",
                        "You expect nobody? Then do nothing.",
                    ),
                    Language::Spanish => (
                        "Holdfast: alguien que usted conoce le invita. Entre con esta dirección de correo\n\
                         para ver quién es y qué pide. Usted decide. Queda abierta 14 días.",
                        "¿No espera a nadie? Entonces no haga nada.",
                    ),
                };
                format!("{before}\n\n{link}\n\n{after}\n")
            }
            About::Emergency => match self.language {
                Language::English => {
                    "Holdfast: something was opened in an emergency, without asking first.\n\n\
                     Sign in to see who opened it, why, and until when. You can end it at once.\n"
                }
                Language::Spanish => {
                    "Holdfast: abrieron algo por una emergencia, sin pedir permiso antes.\n\n\
                     Entre para ver quién lo abrió, por qué y hasta cuándo. Puede terminarlo\n\
                     de inmediato.\n"
                }
            }
            .to_owned(),
        }
    }
}

impl Language {
    fn of(locale: &str) -> Self {
        let primary = locale.split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("es") { Self::Spanish } else { Self::English }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(locale: &str) -> Letter {
        let url = Url::parse("https://holdfast.example").unwrap();
        Letter::new(&url, &SecretString::from("abc"), locale)
    }

    #[test]
    fn a_letter_holds_the_link_in_the_readers_language() {
        for (locale, word) in
            [("en", "sign in"), ("es", "entrar"), ("es-MX", "entrar"), ("ar", "sign in"), ("", "sign in")]
        {
            let text = letter(locale).text();
            assert!(text.contains("\nhttps://holdfast.example/sign-in/abc\n"), "{locale}");
            assert!(text.contains(word), "{locale}");
        }
    }

    #[test]
    fn a_notice_of_an_emergency_says_to_sign_in_and_nothing_of_anybody() {
        for (locale, word) in [("en", "Sign in to see"), ("es", "Entre para ver")] {
            let notice = Letter::emergency(locale);
            assert!(notice.text().contains(word) && !notice.text().contains("http"), "{locale}");
            assert!(notice.link().is_none());
        }
    }

    #[test]
    fn a_notice_says_where_from_and_holds_nothing_to_press_on() {
        for (locale, word) in [("en", "new to us"), ("es", "no conocíamos")] {
            let notice = Letter::new_device(locale, Some("192.0.2.0/24"));
            assert!(notice.text().contains(word) && notice.text().contains(" 192.0.2.0/24."), "{locale}");
            assert!(!notice.text().contains("http") && notice.link().is_none());
            assert!(!Letter::new_device(locale, None).text().contains("192"));
        }
    }
}
