//! Names, addresses and telephones as people read them.
use crate::json::Json;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HumanName {
    pub use_code: Option<String>,
    pub family: Option<String>,
    pub given: Vec<String>,
    pub prefix: Vec<String>,
    pub suffix: Vec<String>,
    pub text: Option<String>,
}

impl HumanName {
    pub(crate) fn all(resource: &Json<'_>) -> Vec<Self> {
        resource.each("name").filter(|name| name.object().is_some()).map(Self::from_json).collect()
    }

    fn from_json(json: &Json<'_>) -> Self {
        let one = |name| json.text_at(name).map(str::to_owned);
        let many = |name| json.each(name).filter_map(Json::text).map(str::to_owned).collect();
        Self {
            use_code: one("use"),
            family: one("family"),
            given: many("given"),
            prefix: many("prefix"),
            suffix: many("suffix"),
            text: one("text"),
        }
    }

    /// The name in use now: the official one, else the first that is not an old one.
    #[must_use]
    pub fn current(names: &[Self]) -> Option<&Self> {
        let used = |code: &str| names.iter().find(|name| name.use_code.as_deref() == Some(code));
        let not_old = |name: &&Self| !matches!(name.use_code.as_deref(), Some("old" | "maiden"));
        used("official")
            .or_else(|| used("usual"))
            .or_else(|| names.iter().find(not_old))
            .or_else(|| names.first())
    }

    /// In the order in which it is spoken.
    #[must_use]
    pub fn spoken(&self) -> String {
        let parts = self.prefix.iter().chain(&self.given).chain(&self.family).chain(&self.suffix);
        let joined = parts.map(String::as_str).collect::<Vec<_>>().join(" ");
        if joined.is_empty() { self.text.clone().unwrap_or_default() } else { joined }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub use_code: Option<String>,
    pub lines: Vec<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
}

impl Address {
    pub(crate) fn all(resource: &Json<'_>) -> Vec<Self> {
        resource.each("address").filter(|address| address.object().is_some()).map(Self::from_json).collect()
    }

    fn from_json(json: &Json<'_>) -> Self {
        let one = |name| json.text_at(name).map(str::to_owned);
        let lines: Vec<String> = json.each("line").filter_map(Json::text).map(str::to_owned).collect();
        Self {
            use_code: one("use"),
            lines: if lines.is_empty() { one("text").into_iter().collect() } else { lines },
            city: one("city"),
            state: one("state"),
            postal_code: one("postalCode"),
            country: one("country"),
        }
    }

    /// On one line.
    #[must_use]
    pub fn spoken(&self) -> String {
        let state = [self.state.as_deref(), self.postal_code.as_deref()];
        let state = state.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let rest = [self.city.as_deref(), Some(state.as_str()), self.country.as_deref()];
        let parts = self.lines.iter().map(String::as_str).chain(rest.into_iter().flatten());
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telecom {
    /// `phone`, `email` and so on.
    pub system: Option<String>,
    pub value: String,
    pub use_code: Option<String>,
}

impl Telecom {
    pub(crate) fn all(resource: &Json<'_>) -> Vec<Self> {
        let one = |json: &Json<'_>| {
            let owned = |name| json.text_at(name).map(str::to_owned);
            Some(Self { system: owned("system"), value: owned("value")?, use_code: owned("use") })
        };
        resource.each("telecom").filter_map(one).collect()
    }

    #[must_use]
    pub fn first<'t>(all: &'t [Self], system: &str) -> Option<&'t str> {
        all.iter().find(|one| one.system.as_deref() == Some(system)).map(|one| one.value.as_str())
    }
}
