//! Who recorded what, and when, as the source says.
use crate::concept::words;
use crate::json::Json;
use crate::reference::{Reference, Target};
use crate::time::FhirDateTime;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    pub source_key: String,
    pub targets: Vec<Reference>,
    pub recorded: Option<FhirDateTime>,
    pub agents: Vec<Agent>,
    pub json: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// In words: author, transmitter.
    pub role: Option<String>,
    pub who: Reference,
    pub on_behalf_of: Option<Reference>,
}

impl Provenance {
    pub(crate) fn read(source_key: String, resource: &Json<'_>) -> Self {
        let json = resource.to_bytes();
        Self {
            source_key,
            targets: resource.each("target").filter_map(Reference::from_json).collect(),
            recorded: resource.text_at("recorded").and_then(|text| FhirDateTime::parse(text).ok()),
            agents: resource.each("agent").filter_map(Agent::from_json).collect(),
            json,
        }
    }

    /// The source keys of what it speaks of, the patient left out.
    pub(crate) fn resource_targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().filter_map(|reference| match &reference.target {
            Target::Resource { source_key } => Some(source_key.as_str()),
            _ => None,
        })
    }
}

impl Agent {
    fn from_json(json: &Json<'_>) -> Option<Self> {
        Some(Self {
            role: json.get("type").and_then(words),
            who: Reference::from_json(json.get("who")?)?,
            on_behalf_of: json.get("onBehalfOf").and_then(Reference::from_json),
        })
    }
}
