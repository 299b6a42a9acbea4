//! The person whom a bundle is about.
use crate::concept::words;
use crate::json::Json;
use crate::person::{Address, HumanName, Telecom};
use crate::reference::Identifier;
use crate::time::FhirDateTime;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientResource {
    pub source_key: String,
    pub names: Vec<HumanName>,
    pub birth_date: Option<FhirDateTime>,
    /// Administrative: `male`, `female`, `other`, `unknown`.
    pub sex: Option<String>,
    pub birth_sex: Option<String>,
    pub race: Vec<String>,
    pub ethnicity: Vec<String>,
    pub identifiers: Vec<Identifier>,
    pub addresses: Vec<Address>,
    pub telecoms: Vec<Telecom>,
    /// In words, the preferred ones first.
    pub languages: Vec<String>,
    pub deceased: Deceased,
    pub json: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deceased {
    No,
    Yes,
    At(FhirDateTime),
}

const US_CORE: &str = "http://hl7.org/fhir/us/core/StructureDefinition/";

impl PatientResource {
    pub(crate) fn read(source_key: String, resource: &Json<'_>) -> Self {
        let json = resource.to_bytes();
        let owned = |name| resource.text_at(name).map(str::to_owned);
        let moment = |name| resource.text_at(name).and_then(|text| FhirDateTime::parse(text).ok());
        let deceased =
            match (moment("deceasedDateTime"), resource.get("deceasedBoolean").and_then(Json::bool)) {
                (Some(at), _) => Deceased::At(at),
                (None, Some(true)) => Deceased::Yes,
                (None, _) => Deceased::No,
            };
        Self {
            source_key,
            names: HumanName::all(resource),
            birth_date: moment("birthDate"),
            sex: owned("gender"),
            birth_sex: extension(resource, "us-core-birthsex")
                .and_then(|e| e.text_at("valueCode"))
                .map(str::to_owned),
            race: categories(resource, "us-core-race"),
            ethnicity: categories(resource, "us-core-ethnicity"),
            identifiers: Identifier::all(resource),
            addresses: Address::all(resource),
            telecoms: Telecom::all(resource),
            languages: languages(resource),
            deceased,
            json,
        }
    }

    /// What tells two people apart at a first look; `None` when a part of it is missing.
    #[must_use]
    pub fn match_key(&self) -> Option<MatchKey> {
        let name = HumanName::current(&self.names)?;
        MatchKey::new(name.family.as_deref()?, name.given.first()?, self.birth_date.as_ref()?.as_str())
    }

    #[must_use]
    pub fn spoken_name(&self) -> Option<String> {
        HumanName::current(&self.names).map(HumanName::spoken).filter(|name| !name.is_empty())
    }
}

/// Family name, first given name and birth date, whatever their case and spacing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MatchKey {
    family: String,
    given: String,
    birth_date: String,
}

impl MatchKey {
    /// `None` when a part is empty.
    #[must_use]
    pub fn new(family: &str, given: &str, birth_date: &str) -> Option<Self> {
        let folded =
            |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let key =
            Self { family: folded(family), given: folded(given), birth_date: birth_date.trim().to_owned() };
        (!key.family.is_empty() && !key.given.is_empty() && !key.birth_date.is_empty()).then_some(key)
    }
}

/// Names people; it stays out of logs.
impl std::fmt::Debug for MatchKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MatchKey(…)")
    }
}

fn extension<'r, 'j>(resource: &'r Json<'j>, name: &str) -> Option<&'r Json<'j>> {
    let fits = |url: &str| url.strip_prefix(US_CORE) == Some(name);
    resource.each("extension").find(|extension| extension.text_at("url").is_some_and(fits))
}

/// The detailed ones where given, else the broad ones, else the text.
fn categories(resource: &Json<'_>, name: &str) -> Vec<String> {
    let Some(extension) = extension(resource, name) else { return Vec::new() };
    let part =
        |url: &'static str| extension.each("extension").filter(move |part| part.text_at("url") == Some(url));
    let coded =
        |url| part(url).filter_map(|part| part.get("valueCoding")).filter_map(words).collect::<Vec<_>>();
    let spoken = || part("text").filter_map(|part| part.text_at("valueString")).map(str::to_owned).collect();
    [coded("detailed"), coded("ombCategory")]
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_else(spoken)
}

fn languages(resource: &Json<'_>) -> Vec<String> {
    let preferred = |entry: &&Json<'_>| entry.get("preferred").and_then(Json::bool) == Some(true);
    let (first, rest): (Vec<_>, Vec<_>) = resource.each("communication").partition(preferred);
    first.into_iter().chain(rest).filter_map(|entry| entry.get("language")).filter_map(words).collect()
}
