//! What a form sends: names and values, a name as often as it was chosen.
use crate::{failure::Failure, site::Site};
use axum::{
    Form,
    extract::{FromRequest, Request},
};
use std::sync::Arc;
use uuid::Uuid;

const FIELDS_MAX: usize = 200;

#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The value of a field, without the blanks around it; empty where it was not sent.
    pub fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// All values of a field that can be chosen more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.trim())
    }

    /// The id of the form as it was shown: a double tap counts once.
    pub fn request_id(&self) -> Result<Uuid, Failure> {
        Uuid::try_parse(self.one("request_id")).map_err(|_| Failure::bad_form())
    }
}

impl FromRequest<Arc<Site>> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Failure> {
        let Form(fields) =
            Form::<Vec<(String, String)>>::from_request(request, site).await.map_err(|rejection| {
                crate::failure::of_bare(rejection.status()).unwrap_or_else(Failure::bad_form)
            })?;
        // What was no text when it was sent has become this sign; nobody types it.
        let garbled = |text: &String| text.contains(char::REPLACEMENT_CHARACTER);
        if fields.len() > FIELDS_MAX || fields.iter().any(|(name, value)| garbled(name) || garbled(value)) {
            return Err(Failure::bad_form());
        }
        Ok(Self(fields))
    }
}

/// The id of one step of a form that takes several commands.
pub fn step(form: Uuid, name: &str) -> String {
    Uuid::new_v5(&form, name.as_bytes()).to_string()
}

/// A way back that a browser sent: an address of ours, or home.
pub fn way_back(path: &str) -> &str {
    let own = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if own { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_once_or_as_often_as_it_was_chosen() {
        let fields = |pairs: &[(&str, &str)]| {
            Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let form = fields(&[("kind", "a"), ("name", " Ana "), ("kind", "b")]);
        assert_eq!(form.one("name"), "Ana");
        assert_eq!(form.all("kind").collect::<Vec<_>>(), ["a", "b"]);
        assert!(form.request_id().is_err());
        assert!(fields(&[("request_id", "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001")]).request_id().is_ok());
    }

    #[test]
    fn the_way_back_never_leaves_the_site() {
        for path in ["//evil.example", "https://evil.example", "/\\evil.example", "", "evil", "/a\r\nb"] {
            assert_eq!(way_back(path), "/", "{path}");
        }
        assert_eq!(way_back("/r/k7m2q/c/notes?page=2"), "/r/k7m2q/c/notes?page=2");
    }

    #[test]
    fn each_step_of_a_form_has_its_own_id_and_keeps_it() {
        let form = Uuid::from_u128(1);
        assert_eq!(step(form, "open"), step(form, "open"));
        assert_ne!(step(form, "open"), step(form, "register"));
    }
}
