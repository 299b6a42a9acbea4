//! Who and where care is given: practitioners, their roles, organizations, places.
use crate::category::ResourceType;
use crate::concept::words_of;
use crate::json::Json;
use crate::person::{Address, HumanName, Telecom};
use crate::reference::{Identifier, Reference};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    pub source_key: String,
    pub kind: DirectoryKind,
    pub identifiers: Vec<Identifier>,
    pub name: String,
    /// Specialties and types, in words.
    pub specialties: Vec<String>,
    pub addresses: Vec<Address>,
    pub telecoms: Vec<Telecom>,
    /// Of a role: whose, where and for whom. Of a place: who runs it.
    pub related: Vec<Reference>,
    pub json: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DirectoryKind {
    Practitioner,
    PractitionerRole,
    Organization,
    Location,
}

impl DirectoryKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Practitioner => "Practitioner",
            Self::PractitionerRole => "PractitionerRole",
            Self::Organization => "Organization",
            Self::Location => "Location",
        }
    }
}

impl DirectoryEntry {
    pub(crate) fn read(source_key: String, resource_type: ResourceType, resource: &Json<'_>) -> Self {
        let kind = match resource_type.as_str() {
            "Practitioner" => DirectoryKind::Practitioner,
            "PractitionerRole" => DirectoryKind::PractitionerRole,
            "Organization" => DirectoryKind::Organization,
            _ => DirectoryKind::Location,
        };
        let json = resource.to_bytes();
        let mut specialties: Vec<String> = Vec::new();
        for spoken in ["specialty", "type", "code"].iter().flat_map(|element| words_of(resource, element)) {
            if !specialties.contains(&spoken) {
                specialties.push(spoken);
            }
        }
        let related = ["practitioner", "organization", "location", "managingOrganization", "partOf"];
        Self {
            source_key,
            kind,
            identifiers: Identifier::all(resource),
            name: name_of(resource),
            specialties,
            addresses: Address::all(resource),
            telecoms: Telecom::all(resource),
            related: related
                .iter()
                .flat_map(|name| resource.each(name))
                .filter_map(Reference::from_json)
                .collect(),
            json,
        }
    }
}

pub(crate) fn name_of(resource: &Json<'_>) -> String {
    let plain = resource.text_at("name").map(str::to_owned);
    let person = || HumanName::current(&HumanName::all(resource)).map(HumanName::spoken);
    let role = || resource.get("practitioner").and_then(|who| who.text_at("display")).map(str::to_owned);
    plain.or_else(person).or_else(role).unwrap_or_default()
}
