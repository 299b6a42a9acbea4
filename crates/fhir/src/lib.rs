//! The FHIR R4 boundary: the one place that knows FHIR JSON. Pure: bytes in, values out, no clock, no IO.
//!
//! [`read_bundle`] takes a transaction, batch or collection over all or nothing. [`summary::of`] says what a stored
//! resource means to a person. [`authored`] writes the resources that people enter here.
//!
//! How references come out:
//!
//! | written in the bundle | stored |
//! |---|---|
//! | anything that means the bundle's patient | `Patient/self` |
//! | `urn:uuid:…`, URL or `Type/id` of an entry | that entry's `source_key`; an entry with `ifNoneExist` in the directory: its identifier |
//! | `urn:…` of no entry | refused |
//! | `Type/id` or URL of no entry | kept as written, with a warning: it may have come with an earlier bundle |
//! | `Type?identifier=system\|value` | `type` and `identifier`, looked up in the directory when read, so that import order does not matter; `Bundle::sought` has it where the bundle does not hold it |
//! | any other condition | refused: it could mean more than one thing |
//! | `#id` | kept, and it must be contained in the same resource |
//!
//! Elements that the tables in `definitions/` do not name are kept and warned about; a code system must be absolute, and
//! one that is not known is kept and warned about. Where nothing but such a code says what an entry is, `Bundle::unknown_codes` has it:
//! whether that is taken is for the caller to decide.
pub mod authored;
mod bundle;
mod category;
mod concept;
mod directory;
mod entry;
mod error;
mod index;
mod item;
mod json;
mod limits;
mod patient;
mod person;
mod place;
mod provenance;
mod reference;
mod resolve;
mod shape;
pub mod summary;
mod terminology;
mod time;

pub use bundle::{Bundle, category_of_stored, read_bundle, read_resource};
pub use category::ResourceType;
pub use concept::Coding;
pub use directory::{DirectoryEntry, DirectoryKind};
pub use entry::BundleKind;
pub use error::{BundleError, Problem, Warning, WarningKind};
pub use item::Item;
pub use limits::Limits;
pub use patient::{Deceased, MatchKey, PatientResource};
pub use person::{Address, HumanName, Telecom};
pub use provenance::{Agent, Provenance};
pub use reference::{Identifier, PATIENT_REFERENCE, Reference, Target};
pub use resolve::Sought;
pub use terminology::{UnknownCodes, UnknownSystem};
pub use time::{DateTimeError, FhirDateTime, Precision};
