//! Codes and the words people use for them.
use crate::json::Json;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coding {
    pub system: Option<String>,
    pub code: Option<String>,
    pub display: Option<String>,
}

impl Coding {
    fn from_json(json: &Json<'_>) -> Self {
        let owned = |name| json.text_at(name).map(str::to_owned);
        Self { system: owned("system"), code: owned("code"), display: owned("display") }
    }

    /// The codings of a concept.
    pub(crate) fn all(concept: &Json<'_>) -> impl Iterator<Item = Self> {
        concept.each("coding").map(Self::from_json)
    }
}

/// What a concept (or a bare coding) says to a person: its text, else the words of a coding, else a code.
pub(crate) fn words(concept: &Json<'_>) -> Option<String> {
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let of_codings = |name| concept.each("coding").find_map(move |coding| coding.text_at(name));
    let found = concept
        .text_at("text")
        .or_else(|| of_codings("display"))
        .or_else(|| concept.text_at("display"))
        .or_else(|| of_codings("code"))
        .or_else(|| concept.text_at("code"))?;
    filled(found)
}

/// The words of each concept of an element, in order, without repetition.
pub(crate) fn words_of(resource: &Json<'_>, element: &str) -> Vec<String> {
    let mut all = Vec::new();
    for spoken in resource.each(element).filter_map(words) {
        if !all.contains(&spoken) {
            all.push(spoken);
        }
    }
    all
}

/// The first code of an element's concept.
pub(crate) fn code_of<'a>(resource: &'a Json<'_>, element: &str) -> Option<&'a str> {
    resource
        .each(element)
        .flat_map(|concept| concept.each("coding"))
        .find_map(|coding| coding.text_at("code"))
}

/// An absolute URI or URN, as a code system must be named.
pub(crate) fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_fits = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let rest_fits = match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => {
            rest.strip_prefix("//").is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        }
        "urn" => rest.split_once(':').is_some_and(|(space, name)| !space.is_empty() && !name.is_empty()),
        _ => !rest.is_empty(),
    };
    scheme_fits && rest_fits && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::is_absolute_uri;

    #[test]
    fn a_code_system_is_named_in_full() {
        for text in ["http://loinc.org", "urn:oid:2.16.840.1", "urn:ietf:bcp:47", "tag:example.org,2020:x"] {
            assert!(is_absolute_uri(text), "{text}");
        }
        for text in
            ["", "loinc", "LOINC", "/codes", "http:", "http:///x", "urn:", "urn:oid", "http://a b", "1a:b"]
        {
            assert!(!is_absolute_uri(text), "{text}");
        }
    }
}
