//! What one version of an item says: the resource as its source wrote it, who says so, and what it is called.
use chrono::{DateTime, SubsecRound, Utc};
use holdfast_fhir::{Agent, FhirDateTime, Item, Provenance, Reference, Target};
use holdfast_types::{AccountId, Category};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};
use uuid::Uuid;

/// What is said beside the resource is cut to these; the resource has it whole.
const TITLE_CHARACTERS_MAX: usize = 300;
const SUMMARY_CHARACTERS_MAX: usize = 500;
const NAME_CHARACTERS_MAX: usize = 200;
const PERFORMERS_MAX: usize = 16;
const ATTESTED_MAX: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub source: Source,
    pub category: Category,
    /// FHIR R4.
    pub resource_type: String,
    pub title: String,
    /// The value or gist in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// FHIR status code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub performers: Vec<Named>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attested: Vec<Attested>,
    /// Where it was accepted, and not written, by who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Proposed>,
    pub resource: Resource,
}

/// By whom something was proposed that somebody else accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    pub by: AccountId,
    pub proposal: Uuid,
}

/// Who says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The same for everything that one source says of one patient.
    pub id: Uuid,
    pub kind: SourceKind,
    /// What the source calls itself; empty for an account, whose name identity knows.
    pub name: String,
    /// The item's identity inside the source.
    pub key: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    Import,
    Practice,
    Patient,
    App,
}

impl SourceKind {
    pub const ALL: [Self; 4] = [Self::Import, Self::Practice, Self::Patient, Self::App];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Practice => "practice",
            Self::Patient => "patient",
            Self::App => "app",
        }
    }
}

/// Somebody or something that a resource refers to: by words, by a name that the directory may know, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// `Type?identifier=system|value` or `Type/id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Named {
    pub fn of(reference: &Reference) -> Self {
        let key = match &reference.target {
            Target::Logical { resource_type, identifier } => identifier.system.as_ref().map(|system| {
                directory_key(resource_type.as_deref().unwrap_or_default(), system, &identifier.value)
            }),
            Target::Resource { source_key } => Some(source_key.clone()),
            Target::Patient | Target::Contained { .. } | Target::External { .. } | Target::Described => None,
        };
        Self { display: reference.display.as_ref().map(|display| cut(display, NAME_CHARACTERS_MAX)), key }
    }
}

/// How a reference by a business identifier is written as one text.
pub fn directory_key(resource_type: &str, system: &str, value: &str) -> String {
    format!("{resource_type}?identifier={system}|{value}")
}

/// What the source says of who wrote it down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// FHIR date or time, as exact as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    pub by: Vec<AttestedBy>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestedBy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    pub who: Named,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Named>,
}

impl Attested {
    pub fn of(provenance: &Provenance) -> Self {
        let by = |agent: &Agent| AttestedBy {
            role: agent.role.as_ref().map(|role| cut(role, NAME_CHARACTERS_MAX)),
            who: Named::of(&agent.who),
            on_behalf_of: agent.on_behalf_of.as_ref().map(Named::of),
        };
        Self {
            recorded: provenance.recorded.as_ref().map(|time| time.as_str().to_owned()),
            by: provenance.agents.iter().take(ATTESTED_MAX).map(by).collect(),
        }
    }
}

/// Canonical JSON, byte by byte as it was read: a number keeps the digits it was written with. Cheap to clone.
#[derive(Clone)]
pub struct Resource(Arc<Written>);

struct Written {
    json: Box<RawValue>,
    /// Made once, when it is first asked for.
    sha256: OnceLock<Sha>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the resource is not JSON")]
pub struct NotJson;

pub type Sha = [u8; 32];

impl Resource {
    pub fn parse(json: Vec<u8>) -> Result<Self, NotJson> {
        let text = String::from_utf8(json).map_err(|_| NotJson)?;
        RawValue::from_string(text).map(Self::from).map_err(|_| NotJson)
    }

    pub fn as_str(&self) -> &str {
        self.0.json.get()
    }

    pub fn sha256(&self) -> Sha {
        *self.0.sha256.get_or_init(|| Sha256::digest(self.as_str()).into())
    }
}

impl From<Box<RawValue>> for Resource {
    fn from(json: Box<RawValue>) -> Self {
        Self(Arc::new(Written { json, sha256: OnceLock::new() }))
    }
}

impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Resource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self::from)
    }
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Resource {}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({} bytes)", self.as_str().len())
    }
}

impl Content {
    /// Of an entry as it was read.
    pub fn of(item: Item, source: Source, mut attested: Vec<Attested>) -> Result<Self, NotJson> {
        attested.truncate(ATTESTED_MAX);
        Ok(Self {
            source,
            category: item.category,
            resource_type: item.resource_type.as_str().to_owned(),
            title: cut(&item.title, TITLE_CHARACTERS_MAX),
            summary: item.value_summary.map(|summary| cut(&summary, SUMMARY_CHARACTERS_MAX)),
            status: item.status,
            occurred: item.occurred.as_ref().map(moment),
            performers: item.performers.iter().take(PERFORMERS_MAX).map(Named::of).collect(),
            attested,
            proposed: None,
            resource: Resource::parse(item.json)?,
        })
    }

    /// Of what has no time, no status and nobody who did it.
    pub fn plain(
        source: Source,
        category: Category,
        resource_type: &str,
        title: &str,
        json: Vec<u8>,
    ) -> Result<Self, NotJson> {
        Ok(Self {
            source,
            category,
            resource_type: resource_type.to_owned(),
            title: cut(title, TITLE_CHARACTERS_MAX),
            summary: None,
            status: None,
            occurred: None,
            performers: Vec::new(),
            attested: Vec::new(),
            proposed: None,
            resource: Resource::parse(json)?,
        })
    }
}

pub(crate) fn cut(text: &str, characters_max: usize) -> String {
    text.chars().take(characters_max).collect()
}

/// To the microseconds that a database keeps.
pub fn moment(time: &FhirDateTime) -> DateTime<Utc> {
    time.earliest().trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_comes_back_byte_by_byte() {
        let text = r#"{"a":1.50,"b":"Ω \" ü"}"#;
        let resource = Resource::parse(text.as_bytes().to_vec()).unwrap();
        let stored = serde_json::to_vec(&resource).unwrap();
        assert_eq!(stored, text.as_bytes());
        assert_eq!(serde_json::from_slice::<Resource>(&stored).unwrap(), resource);
        assert!(Resource::parse(b"{".to_vec()).is_err() && Resource::parse(vec![b'"', 0xFF, b'"']).is_err());
    }
}
