//! The words of the pages: looked up by key in one language, with what a person typed kept apart from the sentence.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};
use holdfast_types::{Action, Category, OrganizationKind, Purpose, Role};

static_loader! {
    static LOCALES = {
        locales: "../../web/locales",
        fallback_language: "en",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// Around each value that a person may have typed: `<bdi>` in a page, nothing in plain text.
const OPEN: char = '\u{2068}';
const CLOSE: char = '\u{2069}';

/// A language the pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    En,
    Es,
    /// English turned around, for the gallery alone: whether pages hold in a language that is read from right to left.
    Turned,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::En, Self::Es];

    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::Turned => "ar-XB",
        }
    }

    /// Which way it is read.
    pub fn dir(self) -> &'static str {
        if self == Self::Turned { "rtl" } else { "ltr" }
    }

    /// The language's name in itself, as the switch shows it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Es => "Español",
            Self::Turned => "Turned",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The first language of an `Accept-Language` header that the pages speak.
    pub fn preferred(accept_language: &str) -> Self {
        accept_language
            .split(',')
            .take(16)
            .filter_map(|range| range.split([';', '-']).next())
            .find_map(|code| Self::from_code(&code.trim().to_ascii_lowercase()))
            .unwrap_or_default()
    }

    fn id(self) -> LanguageIdentifier {
        self.code().parse().unwrap_or_default()
    }
}

/// The words of one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub lang: Lang,
}

impl Words {
    pub fn new(lang: Lang) -> Self {
        Self { lang }
    }

    /// The text of a key that takes no values. An unknown key shows as itself, so that a gap is seen.
    pub fn t(&self, key: &str) -> String {
        self.turned(LOCALES.try_lookup(&self.lang.id(), key).unwrap_or_else(|| key.to_owned()))
    }

    /// As it stands, but for the language of the gallery that shows every text from right to left.
    pub(crate) fn turned(&self, text: String) -> String {
        if self.lang == Lang::Turned { format!("\u{202e}{text}\u{202c}") } else { text }
    }

    /// A sentence to fill with values.
    pub fn say(&self, key: &str) -> Phrase {
        Phrase { words: *self, key: key.to_owned(), values: HashMap::new() }
    }

    pub fn category(&self, category: Category) -> String {
        self.t(&format!("category-{category}"))
    }

    pub fn action(&self, action: Action) -> String {
        self.t(&format!("action-{action}"))
    }

    pub fn purpose(&self, purpose: Purpose) -> String {
        self.t(&format!("purpose-{}", purpose.as_str().to_ascii_lowercase()))
    }

    pub fn role(&self, role: Role) -> String {
        self.t(&format!("role-{role}"))
    }

    pub fn organization_kind(&self, kind: OrganizationKind) -> String {
        self.t(&format!("organization-{kind}"))
    }

    /// Everybody of the role at an organisation, to choose them.
    pub fn everybody(&self, role: Role) -> String {
        self.t(&format!("share-its-{role}"))
    }

    /// Whether a locale itself (no fallback) holds the key.
    pub fn holds(&self, key: &str) -> bool {
        LOCALES.lookup_no_default_fallback::<Cow<'static, str>>(&self.lang.id(), key, None).is_some()
    }
}

/// A sentence with its values: HTML where a page shows it, or [`Phrase::plain`] text for titles and labels.
#[derive(Clone, Debug)]
pub struct Phrase {
    words: Words,
    key: String,
    values: HashMap<Cow<'static, str>, FluentValue<'static>>,
}

impl Phrase {
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Value) -> Self {
        self.values.insert(Cow::Borrowed(name), value.fluent());
        self
    }

    pub fn plain(&self) -> String {
        self.marked().replace([OPEN, CLOSE], "")
    }

    fn marked(&self) -> String {
        let text = LOCALES.try_lookup_with_args(&self.words.lang.id(), &self.key, &self.values);
        self.words.turned(text.unwrap_or_else(|| self.key.clone()))
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.marked().chars() {
            match letter {
                OPEN => f.write_str("<bdi>")?,
                CLOSE => f.write_str("</bdi>")?,
                '&' => f.write_str("&#38;")?,
                '<' => f.write_str("&#60;")?,
                '>' => f.write_str("&#62;")?,
                '"' => f.write_str("&#34;")?,
                '\'' => f.write_str("&#39;")?,
                other => fmt::Write::write_char(f, other)?,
            }
        }
        Ok(())
    }
}

impl askama::filters::HtmlSafe for Phrase {}

/// What a sentence can be filled with. Text is set apart from the sentence; numbers choose the plural.
pub trait Value {
    fn fluent(&self) -> FluentValue<'static>;
}

impl<T: Value + ?Sized> Value for &T {
    fn fluent(&self) -> FluentValue<'static> {
        (**self).fluent()
    }
}

impl Value for str {
    fn fluent(&self) -> FluentValue<'static> {
        let own = self.replace([OPEN, CLOSE], "");
        FluentValue::from(format!("{OPEN}{own}{CLOSE}"))
    }
}

impl Value for String {
    fn fluent(&self) -> FluentValue<'static> {
        self.as_str().fluent()
    }
}

macro_rules! number_values {
    ($($number:ty),*) => { $(impl Value for $number {
        fn fluent(&self) -> FluentValue<'static> { FluentValue::from(*self) }
    })* };
}
number_values!(u32, u64, usize, i64);

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_access::Roles;

    #[test]
    fn a_name_is_set_apart_and_cannot_bring_markup() {
        let phrase = Words::new(Lang::En).say("frame-acting").with("name", "<b>\u{2069}Ana");
        let html = phrase.to_string();
        assert!(html.contains("<bdi>&#60;b&#62;Ana</bdi>"), "{html}");
        assert!(phrase.plain().contains("<b>Ana"));
    }

    #[test]
    fn every_word_of_the_vocabulary_is_said_in_every_language() {
        for words in Lang::ALL.map(Words::new) {
            let said = (Category::ALL.iter().map(|word| words.category(*word)))
                .chain(Action::ALL.iter().map(|word| words.action(*word)))
                .chain(Purpose::ALL.iter().map(|word| words.purpose(*word)))
                .chain(Role::ALL.iter().map(|word| words.role(*word)))
                .chain(OrganizationKind::ALL.iter().map(|word| words.organization_kind(*word)))
                .chain(
                    OrganizationKind::ALL
                        .iter()
                        .flat_map(|kind| Roles::table().to_share_with(*kind))
                        .map(|role| words.everybody(role)),
                );
            for text in said {
                let untold = ["category-", "action-", "purpose-", "role-", "organization-", "share-its-"]
                    .iter()
                    .any(|kind| text.starts_with(kind));
                assert!(!untold, "{text} in {}", words.lang.code());
            }
        }
    }

    #[test]
    fn the_browsers_languages_are_taken_in_their_order() {
        assert_eq!(Lang::preferred("ar, es-MX;q=0.9, en;q=0.8"), Lang::Es);
        assert_eq!(Lang::preferred("fr"), Lang::En);
    }
}
