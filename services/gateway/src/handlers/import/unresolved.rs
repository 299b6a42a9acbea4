//! Whom a file names by an identifier and nobody here knows, in words.
use crate::words::Words;
use holdfast_proto::records::v1::UnresolvedReferences;
use std::collections::BTreeMap;

pub(super) fn told(words: &Words, unresolved: &[UnresolvedReferences]) -> Vec<String> {
    let counted = counted(unresolved).into_iter();
    counted.map(|(key, count)| words.say(key).with("count", count).plain()).collect()
}

/// By the key of the words.
fn counted(unresolved: &[UnresolvedReferences]) -> BTreeMap<&'static str, usize> {
    let mut counted = BTreeMap::new();
    for of_type in unresolved {
        let key = match of_type.resource_type.as_str() {
            "Practitioner" | "PractitionerRole" => "imported-unknown-people",
            "Organization" => "imported-unknown-clinics",
            "Location" => "imported-unknown-places",
            _ => "imported-unknown-others",
        };
        *counted.entry(key).or_default() += usize::try_from(of_type.target_count).unwrap_or_default();
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_nobody_here_knows_is_said_by_kind() {
        let of = |resource_type: &str, target_count| UnresolvedReferences {
            resource_type: resource_type.to_owned(),
            target_count,
            reference_count: 40,
        };
        assert!(counted(&[]).is_empty());
        let said =
            counted(&[of("Device", 1), of("Location", 4), of("Practitioner", 2), of("PractitionerRole", 1)]);
        let expected =
            [("imported-unknown-others", 1), ("imported-unknown-people", 3), ("imported-unknown-places", 4)];
        assert_eq!(said, BTreeMap::from(expected));
    }
}
