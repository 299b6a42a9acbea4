//! Who the person is: names, dates and ways to reach them, field by field.
use holdfast_fhir::MatchKey;
use serde::{Deserialize, Serialize};

macro_rules! demographics {
    ($($(#[$doc:meta])* $name:ident: $kind:ty => $field:ident,)+) => {
        #[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Demographics { $($(#[$doc])* #[serde(skip_serializing_if = "is_default")] pub $name: $kind),+ }

        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Field { $($field),+ }

        impl Field {
            pub const ALL: &'static [Self] = &[$(Self::$field),+];

            /// As an update mask names it.
            pub const fn path(self) -> &'static str {
                match self { $(Self::$field => stringify!($name)),+ }
            }
        }

        impl Demographics {
            /// Takes one field over from another.
            pub fn take(&mut self, field: Field, from: &Self) {
                match field { $(Field::$field => self.$name.clone_from(&from.$name)),+ }
            }

            /// In which of the fields the other differs.
            pub fn differing(&self, other: &Self) -> Vec<Field> {
                Field::ALL.iter().copied().filter(|field| match field { $(Field::$field => self.$name != other.$name),+ }).collect()
            }
        }
    };
}

demographics! {
    family_name: String => FamilyName,
    given_name: String => GivenName,
    /// The name the person goes by.
    preferred_name: String => PreferredName,
    /// ISO 8601; a source may know no more than the year or the month.
    birth_date: String => BirthDate,
    /// FHIR administrative-gender.
    gender: String => Gender,
    address: String => Address,
    phone: String => Phone,
    email: String => Email,
    /// BCP 47, the preferred one first.
    languages: Vec<String> => Languages,
    identity_language: String => IdentityLanguage,
    /// `system|value`.
    identifiers: Vec<String> => Identifiers,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Names a person; it stays out of logs.
impl std::fmt::Debug for Demographics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Demographics(…)")
    }
}

impl Demographics {
    /// With some fields as another has them, and which of them that changed.
    pub fn with(&self, fields: &[Field], values: &Self) -> (Self, Vec<Field>) {
        let mut changed = self.clone();
        for field in fields {
            changed.take(*field, values);
        }
        let fields = self.differing(&changed);
        (changed, fields)
    }

    /// Those fields alone.
    pub fn only(&self, fields: &[Field]) -> Self {
        Self::default().with(fields, self).0
    }

    /// What tells two people apart at a first look: with all given names, and with the first of them. Empty when a name or
    /// the birth date is missing.
    pub fn match_keys(&self) -> Vec<MatchKey> {
        let first = self.given_name.split_whitespace().next().unwrap_or_default();
        let key = |given| MatchKey::new(&self.family_name, given, &self.birth_date);
        [key(&self.given_name), key(first)].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_taken_over_by_its_path_and_no_other() {
        let new =
            Demographics { phone: "555-0100".into(), family_name: "Reed".into(), ..Demographics::default() };
        let mut old = Demographics { family_name: "Fern".into(), ..Demographics::default() };
        assert_eq!(old.differing(&new), [Field::FamilyName, Field::Phone]);
        old.take(Field::Phone, &new);
        assert_eq!((old.phone.as_str(), old.family_name.as_str()), ("555-0100", "Fern"));
        assert_eq!(Field::IdentityLanguage.path(), "identity_language");
    }

    #[test]
    fn demographics_stay_out_of_logs() {
        let known = Demographics { family_name: "Fern".into(), ..Demographics::default() };
        assert_eq!(format!("{known:?}"), "Demographics(…)");
    }
}
