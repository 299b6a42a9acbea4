//! A JSON tree of our own: numbers keep their text (`1.50` stays `1.50`), names are sorted and unique, depth is bounded.
//!
//! `serde_json` can keep number text only by a feature that changes every crate of the workspace, and it lets a
//! repeated name pass silently; in a health record the two would each lose something.
mod parse;
mod write;

use std::borrow::Cow;

pub(crate) use parse::{FaultKind, parse};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// The text of the number, as written.
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Object<'a>),
}

/// Sorted by name, each name once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Object<'a> {
    /// `None` when a name is repeated.
    pub(crate) fn from_pairs(mut pairs: Vec<(Cow<'a, str>, Json<'a>)>) -> Option<Self> {
        pairs.sort_by(|left, right| left.0.cmp(&right.0));
        let unique = pairs.iter().zip(pairs.iter().skip(1)).all(|(left, right)| left.0 != right.0);
        unique.then_some(Self(pairs))
    }

    /// One after the other: objects of FHIR are short, and most names differ in their length.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.iter().find(|pair| pair.0 == name).map(|pair| &pair.1)
    }

    pub(crate) fn set(&mut self, name: &'static str, value: Json<'a>) {
        match self.0.binary_search_by(|pair| pair.0.as_ref().cmp(name)) {
            Ok(at) => {
                if let Some(pair) = self.0.get_mut(at) {
                    pair.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (Cow::Borrowed(name), value)),
        }
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Json<'a>> {
        let at = self.0.binary_search_by(|pair| pair.0.as_ref().cmp(name)).ok()?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Json<'a>)> {
        self.0.iter_mut().map(|(name, value)| (&**name, value))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Json<'a> {
    pub(crate) const fn object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The element of that name, when this is an object that has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.object()?.get(name)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn text_at(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    pub(crate) fn number(&self) -> Option<&str> {
        match self {
            Self::Number(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) const fn bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The members of a list, or the one value that is not a list.
    pub(crate) fn members(&self) -> &[Json<'a>] {
        match self {
            Self::List(members) => members,
            other => std::slice::from_ref(other),
        }
    }

    /// The members of the element of that name; none when it is absent.
    pub(crate) fn each(&self, name: &str) -> impl Iterator<Item = &Json<'a>> {
        self.get(name).map_or(&[][..], Json::members).iter()
    }

    pub(crate) fn first(&self, name: &str) -> Option<&Json<'a>> {
        self.each(name).next()
    }
}
