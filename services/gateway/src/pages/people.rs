//! Whose record: the records an account may open, and how to add one.

use askama::Template;

use super::Frame;
use super::import::FileTrouble;
use super::parts::{Badge, Choice, Field, Problem};

#[derive(Debug)]
pub struct PersonCard {
    pub href: String,
    pub name: String,
    /// "6 years · you are his mother · all, until Mar 3, 2038"
    pub detail: String,
    pub badge: Option<Badge>,
    pub stripe: u8,
}

#[derive(Debug, Template)]
#[template(path = "people.html")]
pub struct People {
    pub frame: Frame,
    pub people: Vec<PersonCard>,
}

/// POST `/people/new` with `relation`, the names and `birth_date`, or as a file to `/people/import` with `relation` and `bundle`.
#[derive(Debug, Template)]
#[template(path = "add_person.html")]
pub struct AddPerson {
    pub frame: Frame,
    /// Whose record it is; sent as `relation`.
    pub relations: Vec<Choice>,
    pub fields: Vec<Field>,
    pub problems: Vec<Problem>,
    /// "20 MB"
    pub size_max: String,
    /// Why the file made no record.
    pub trouble: Option<FileTrouble>,
}
