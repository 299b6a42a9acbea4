//! What one resource says of another, in the few forms that remain once a bundle is read.
use crate::json::Json;
use crate::shape::is_id;

/// A reference and the words that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub target: Target,
    pub display: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The person whom the record is about, whatever the source called them.
    Patient,
    /// Inside the same source: equals the `source_key` of what it leads to.
    Resource { source_key: String },
    /// By a business identifier, to be looked up in the directory when it is read: import order does not matter.
    Logical { resource_type: Option<String>, identifier: Identifier },
    /// `#id`: inside the same resource.
    Contained { id: String },
    /// An address outside of the source, kept as written.
    External { url: String },
    /// Only words.
    Described,
}

/// A business identifier: an NPI, a member number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    pub system: Option<String>,
    pub value: String,
}

/// How stored JSON refers to the patient of the record.
pub const PATIENT_REFERENCE: &str = "Patient/self";

impl Reference {
    /// Reads a reference of stored JSON.
    pub(crate) fn from_json(json: &Json<'_>) -> Option<Self> {
        let object = json.object()?;
        let display = json.text_at("display").map(str::to_owned);
        let target = match object.get("reference").and_then(Json::text) {
            Some(PATIENT_REFERENCE) => Target::Patient,
            Some(text) => match text.strip_prefix('#') {
                Some(id) => Target::Contained { id: id.to_owned() },
                None if leads_inside(text) => Target::Resource { source_key: text.to_owned() },
                None => Target::External { url: text.to_owned() },
            },
            None => match object.get("identifier").and_then(Identifier::from_json) {
                Some(identifier) => {
                    Target::Logical { resource_type: json.text_at("type").map(str::to_owned), identifier }
                }
                None if display.is_some() => Target::Described,
                None => return None,
            },
        };
        Some(Self { target, display })
    }
}

impl Identifier {
    pub(crate) fn from_json(json: &Json<'_>) -> Option<Self> {
        let value = json.text_at("value")?.to_owned();
        Some(Self { system: json.text_at("system").map(str::to_owned), value })
    }

    pub(crate) fn all(resource: &Json<'_>) -> Vec<Self> {
        resource.each("identifier").filter_map(Self::from_json).collect()
    }
}

/// Type names begin with a capital letter, the schemes of addresses do not.
pub(crate) fn leads_inside(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
}

/// A reference as a source writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Written<'a> {
    Contained(&'a str),
    /// The resource that holds the contained one (`#` alone).
    Container,
    /// `urn:uuid:` or `urn:oid:`: must be the fullUrl of an entry.
    Urn(&'a str),
    Url(&'a str),
    Relative {
        resource_type: &'a str,
        id: &'a str,
    },
    Conditional {
        resource_type: &'a str,
        system: &'a str,
        value: &'a str,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenError {
    Malformed,
    Ambiguous,
}

impl<'a> Written<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, WrittenError> {
        if let Some(id) = text.strip_prefix('#') {
            return match id {
                "" => Ok(Self::Container),
                id if is_id(id) => Ok(Self::Contained(id)),
                _ => Err(WrittenError::Malformed),
            };
        }
        if text.contains(char::is_whitespace) {
            return Err(WrittenError::Malformed);
        }
        if text.starts_with("urn:uuid:") || text.starts_with("urn:oid:") {
            return Ok(Self::Urn(text));
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return Ok(Self::Url(text));
        }
        if let Some((resource_type, query)) = text.split_once('?') {
            let (system, value) = parse_condition(query)?;
            return is_type(resource_type)
                .then_some(Self::Conditional { resource_type, system, value })
                .ok_or(WrittenError::Malformed);
        }
        let mut parts = text.split('/');
        let (resource_type, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let versioned = match (parts.next(), parts.next(), parts.next()) {
            (None, _, _) => true,
            (Some("_history"), Some(version), None) => is_id(version),
            _ => false,
        };
        if versioned && is_type(resource_type) && is_id(id) {
            Ok(Self::Relative { resource_type, id })
        } else {
            Err(WrittenError::Malformed)
        }
    }
}

/// `identifier=system|value`, the one condition that names one thing whatever else a server holds.
pub(crate) fn parse_condition(query: &str) -> Result<(&str, &str), WrittenError> {
    if query.contains('&') || query.contains(',') {
        return Err(WrittenError::Ambiguous);
    }
    let token = query.strip_prefix("identifier=").ok_or(WrittenError::Ambiguous)?;
    let (system, value) = token.split_once('|').ok_or(WrittenError::Ambiguous)?;
    if system.is_empty() || value.is_empty() || value.contains('|') {
        return Err(WrittenError::Ambiguous);
    }
    Ok((system, value))
}

fn is_type(name: &str) -> bool {
    crate::category::ResourceType::parse(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Written, WrittenError};

    #[test]
    fn each_form_of_reference_is_told_apart() {
        let written = |text| Written::parse(text);
        assert_eq!(written("#p1"), Ok(Written::Contained("p1")));
        assert_eq!(written("urn:uuid:1"), Ok(Written::Urn("urn:uuid:1")));
        assert_eq!(written("Patient/1"), Ok(Written::Relative { resource_type: "Patient", id: "1" }));
        assert_eq!(
            written("Patient/1/_history/2"),
            Ok(Written::Relative { resource_type: "Patient", id: "1" })
        );
        assert_eq!(
            written("Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|99"),
            Ok(Written::Conditional {
                resource_type: "Practitioner",
                system: "http://hl7.org/fhir/sid/us-npi",
                value: "99"
            })
        );
        for text in
            ["", "Patient", "Patient/", "Pacient/1", "Patient/a b", "Patient/1/2", "Pacient?identifier=a|b"]
        {
            assert_eq!(written(text), Err(WrittenError::Malformed), "{text}");
        }
        for text in [
            "Patient?name=x",
            "Patient?identifier=x",
            "Patient?identifier=s|v&name=x",
            "Patient?identifier=s|a,s|b",
        ] {
            assert_eq!(written(text), Err(WrittenError::Ambiguous), "{text}");
        }
    }
}
