//! From the bytes of a bundle to what a record keeps: all of it, or the first thing that is wrong and where.
use holdfast_types::Category;
use rayon::prelude::*;

use crate::category::ResourceType;
use crate::directory::DirectoryEntry;
use crate::entry::{BUNDLE, BundleKind, Entry, read_envelope};
use crate::error::{BundleError, Problem, Warning, Warnings};
use crate::index::{Index, entry_place};
use crate::item::Item;
use crate::json::{FaultKind, Json, parse};
use crate::limits::Limits;
use crate::patient::PatientResource;
use crate::provenance::Provenance;
use crate::resolve::{Sought, resolve_resource};
use crate::shape::check_resource;
use crate::terminology::UnknownCodes;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    pub kind: BundleKind,
    pub patient: Option<PatientResource>,
    /// How the items call the patient, when the bundle holds items of one but no Patient.
    pub outside_patient: Option<String>,
    /// What tells the system that wrote this, whatever the file is called: the base address at which it keeps the patient, or the
    /// patient's id there where that is a UUID. None where the bundle does not tell.
    pub origin: Option<String>,
    pub items: Vec<Item>,
    pub provenance: Vec<Provenance>,
    pub directory: Vec<DirectoryEntry>,
    pub warnings: Vec<Warning>,
    /// What says what it is by codes that nobody here can look up.
    pub unknown_codes: UnknownCodes,
    /// Who is to be looked up in the directory.
    pub sought: Sought,
}

impl Bundle {
    fn take(&mut self, read: Read) {
        match read {
            Read::Patient { resource, origin } => {
                self.patient = Some(*resource);
                self.origin = origin;
            }
            Read::Provenance(provenance) => self.provenance.push(*provenance),
            Read::Directory(entry) => self.directory.push(*entry),
            Read::Item(item) => self.items.push(*item),
        }
    }

    /// The records of who wrote down what an item says.
    pub fn provenance_of<'b>(&'b self, item: &'b Item) -> impl Iterator<Item = &'b Provenance> {
        item.provenance.iter().filter_map(|position| self.provenance.get(*position))
    }
}

pub fn read_bundle(bytes: &[u8], limits: &Limits) -> Result<Bundle, BundleError> {
    let refuse = |problem| BundleError::at(&BUNDLE, problem);
    if bytes.len() > limits.size_bytes_max {
        return Err(refuse(Problem::TooLarge { size_bytes_max: limits.size_bytes_max }));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| refuse(Problem::NotUtf8 { byte: error.valid_up_to() }))?;
    let root = read_json(text, limits).map_err(refuse)?;
    let (kind, entries) = read_envelope(root, limits)?;
    let index = Index::build(&entries)?;
    let mut bundle = Bundle {
        kind,
        patient: None,
        outside_patient: index.outside_patient().map(str::to_owned),
        origin: index.outside_patient().and_then(|written| origin(Some(written), Some(written))),
        items: Vec::with_capacity(entries.len()),
        provenance: Vec::new(),
        directory: Vec::new(),
        warnings: Vec::new(),
        unknown_codes: UnknownCodes::default(),
        sought: Sought::new(),
    };
    let parts: Vec<_> = entries
        .into_par_iter()
        .enumerate()
        .chunks(PART_ENTRIES)
        .map(|part| read_part(part, &index, limits))
        .collect();
    let mut warnings = Warnings::new(limits.warnings_max);
    for part in parts {
        let part = part?;
        warnings.join(part.warnings);
        bundle.unknown_codes.join(part.unknown);
        part.sought.into_iter().for_each(|(whom, count)| *bundle.sought.entry(whom).or_default() += count);
        part.read.into_iter().for_each(|resource| bundle.take(resource));
    }
    bundle.warnings = warnings.into_kept();
    attach_provenance(&mut bundle);
    Ok(bundle)
}

/// Entries that one core reads in one go.
const PART_ENTRIES: usize = 128;

/// An entry as it is kept.
enum Read {
    Patient { resource: Box<PatientResource>, origin: Option<String> },
    Provenance(Box<Provenance>),
    Directory(Box<DirectoryEntry>),
    Item(Box<Item>),
}

/// What some of the entries say.
struct Part {
    read: Vec<Read>,
    /// What their reader should know of.
    warnings: Warnings,
    /// What nobody can look up.
    unknown: UnknownCodes,
    sought: Sought,
}

/// What the entries say, or the first thing that is wrong in them.
fn read_part(part: Vec<(usize, Entry<'_>)>, index: &Index, limits: &Limits) -> Result<Part, BundleError> {
    let mut warnings = Warnings::new(limits.warnings_max);
    let (mut unknown, mut sought) = (UnknownCodes::default(), Sought::new());
    let mut read = Vec::with_capacity(part.len());
    for (position, mut entry) in part {
        entry_place(position, |place| {
            let place = place.field("resource");
            resolve_resource(&mut entry.resource, index, &place, &mut warnings, &mut sought)?;
            check_resource(&entry.resource, &place, &mut warnings)?;
            if !entry.resource_type.is_directory() {
                unknown.look_at(&entry.resource, &place);
            }
            Ok(())
        })?;
        read.push(Read::of(entry));
    }
    Ok(Part { read, warnings, unknown, sought })
}

impl Read {
    fn of(entry: Entry<'_>) -> Self {
        let (key, resource) = (entry.source_key, &entry.resource);
        match entry.resource_type.as_str() {
            "Patient" => Self::Patient {
                resource: Box::new(PatientResource::read(key, resource)),
                origin: origin(entry.full_url.as_deref(), entry.local.as_deref()),
            },
            "Provenance" => Self::Provenance(Box::new(Provenance::read(key, resource))),
            _ if entry.resource_type.is_directory() => {
                Self::Directory(Box::new(DirectoryEntry::read(key, entry.resource_type, resource)))
            }
            _ => Self::Item(Box::new(Item::read(key, entry.resource_type, resource))),
        }
    }
}

/// Checks a single resource, such as one that a person has just entered, as strictly as an imported one.
pub fn read_resource(bytes: &[u8], limits: &Limits) -> Result<Item, BundleError> {
    let place = crate::place::Place::Root("resource");
    let refuse = |problem| BundleError::at(&place, problem);
    if bytes.len() > limits.size_bytes_max {
        return Err(refuse(Problem::TooLarge { size_bytes_max: limits.size_bytes_max }));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| refuse(Problem::NotUtf8 { byte: error.valid_up_to() }))?;
    let mut resource = read_json(text, limits).map_err(refuse)?;
    let resource_type = crate::shape::check_kept_type(&resource, &place)?;
    let mut warnings = Warnings::new(limits.warnings_max);
    resolve_resource(&mut resource, &Index::build(&[])?, &place, &mut warnings, &mut Sought::new())?;
    check_resource(&resource, &place, &mut warnings)?;
    let id = resource.text_at("id").ok_or_else(|| refuse(Problem::NoIdentity))?;
    Ok(Item::read(format!("{resource_type}/{id}"), resource_type, &resource))
}

/// In which category a stored resource is listed; `None` when it is not one that a record keeps.
#[must_use]
pub fn category_of_stored(bytes: &[u8]) -> Option<Category> {
    let json = read_json(std::str::from_utf8(bytes).ok()?, &Limits::default()).ok()?;
    let resource_type = ResourceType::parse(json.text_at("resourceType")?)?;
    Some(crate::category::category_of(resource_type, &json))
}

pub(crate) fn read_json<'a>(text: &'a str, limits: &Limits) -> Result<Json<'a>, Problem> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - body.len();
    parse(body, limits.depth_max).map_err(|fault| {
        let before = body.get(..fault.byte).unwrap_or(body);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        match fault.kind {
            FaultKind::Expected(expected) => {
                Problem::NotJson { byte: fault.byte + skipped, line, column, expected }
            }
            FaultKind::TooDeep => Problem::TooDeep { depth_max: limits.depth_max, line },
            FaultKind::DuplicateName => Problem::DuplicateProperty { line },
        }
    })
}

/// Of a patient's full URL and `Patient/id`. Ids that count up are everywhere the same, and a `urn:uuid:` may be made for one file.
fn origin(url: Option<&str>, local: Option<&str>) -> Option<String> {
    let served = url.filter(|url| url.starts_with("http")).and_then(|url| url.rsplit_once("/Patient/"));
    let unique =
        || local?.strip_prefix("Patient/").filter(|id| uuid::Uuid::try_parse(id).is_ok()).map(str::to_owned);
    served.map(|(base, _)| base.to_owned()).or_else(unique)
}

fn attach_provenance(bundle: &mut Bundle) {
    let mut by_target: std::collections::HashMap<&str, Vec<usize>> = std::collections::HashMap::new();
    for (position, provenance) in bundle.provenance.iter().enumerate() {
        for key in provenance.resource_targets() {
            by_target.entry(key).or_default().push(position);
        }
    }
    for item in &mut bundle.items {
        item.provenance = by_target.get(item.source_key.as_str()).cloned().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_tells_its_system_by_an_address_or_by_an_id_that_nobody_else_gives() {
        let uuid = "Patient/057aa36e-b892-9964-75b9-ffb46b097e34";
        for (url, local, expected) in [
            (Some("https://ehr.example/fhir/Patient/7"), Some("Patient/7"), Some("https://ehr.example/fhir")),
            (
                Some("urn:uuid:057aa36e-b892-9964-75b9-ffb46b097e34"),
                Some(uuid),
                uuid.strip_prefix("Patient/"),
            ),
            (Some(uuid), Some(uuid), uuid.strip_prefix("Patient/")),
            (Some("urn:uuid:057aa36e-b892-9964-75b9-ffb46b097e34"), None, None),
            (Some("urn:uuid:057aa36e-b892-9964-75b9-ffb46b097e34"), Some("Patient/7"), None),
            (None, Some("Patient/7"), None),
        ] {
            assert_eq!(origin(url, local).as_deref(), expected, "{url:?} {local:?}");
        }
    }
}
