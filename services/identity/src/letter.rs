//! The words of a sign-in mail, in the reader's language. Nothing of anybody but the link.
use secrecy::{ExposeSecret, SecretString};
use url::Url;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Spanish,
}

pub(crate) struct Letter {
    language: Language,
    link: SecretString,
}

impl Letter {
    /// `locale` is BCP 47; a language that is not spoken here reads English.
    pub(crate) fn new(public_url: &Url, secret: &SecretString, locale: &str) -> Self {
        let primary = locale.split('-').next().unwrap_or_default();
        let language = if primary.eq_ignore_ascii_case("es") { Language::Spanish } else { Language::English };
        let mut url = public_url.clone();
        url.set_path(&format!("/sign-in/{}", secret.expose_secret()));
        Self { language, link: String::from(url).into() }
    }

    pub(crate) fn link(&self) -> &str {
        self.link.expose_secret()
    }

    pub(crate) const fn subject(&self) -> &'static str {
        match self.language {
            Language::English => "Holdfast: your sign-in link",
            Language::Spanish => "Holdfast: su enlace para entrar",
        }
    }

    pub(crate) fn text(&self) -> String {
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
        format!("{before}\n\n{}\n\n{after}\n", self.link())
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
}
