//! The code systems that are known here, and what of a bundle says what it is by codes of none of them.
use crate::category::ResourceType;
use crate::json::Json;
use crate::place::Place;

/// Systems that a refusal names, each at the first place where it was met.
const SYSTEMS_MAX: usize = 10;
const SYSTEM_BYTES_MAX: usize = 200;

/// Entries that say what they are by a code, and by none of a system that is known: nobody here can tell what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnknownCodes {
    pub systems: Vec<UnknownSystem>,
    /// Entries of this kind, those of systems that are not named here, too.
    pub count: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSystem {
    /// Such as `Bundle.entry[12].resource.code.coding[0].system`.
    pub place: String,
    /// Its URI, cut to 200 bytes.
    pub system: String,
}

impl UnknownCodes {
    pub(crate) fn look_at(&mut self, resource: &Json<'_>, place: &Place<'_>) {
        let contained = place.field("contained");
        for (position, inner) in resource.each("contained").enumerate() {
            let kind = inner.text_at("resourceType").and_then(ResourceType::parse);
            if kind.is_some_and(|kind| !kind.is_directory()) {
                self.look_at(inner, &contained.index(position));
            }
        }
        match what_it_is(resource) {
            Some(What { group: Some(group), name, element }) => {
                self.look_at_element(element, &place.field(group).field(name));
            }
            Some(What { group: None, name, element }) => self.look_at_element(element, &place.field(name)),
            None => {}
        }
    }

    /// One known coding is enough: the others are translations of it, as sources write them beside.
    fn look_at_element(&mut self, element: &Json<'_>, place: &Place<'_>) {
        let mut first = None;
        for (position, concept) in element.members().iter().enumerate() {
            for (coding, system) in concept.each("coding").map(|coding| coding.text_at("system")).enumerate()
            {
                match system {
                    Some(system) if is_known_system(system) => return,
                    Some(system) => first = first.or(Some((position, coding, system))),
                    None => {}
                }
            }
        }
        let Some((position, coding, system)) = first else { return };
        let at = |concept: &Place<'_>| concept.field("coding").index(coding).field("system").to_string();
        let place = if matches!(element, Json::List(_)) { at(&place.index(position)) } else { at(place) };
        self.count += 1;
        self.name(UnknownSystem { place, system: cut(system).to_owned() });
    }

    /// Takes in what was met further on.
    pub(crate) fn join(&mut self, later: Self) {
        self.count += later.count;
        later.systems.into_iter().for_each(|system| self.name(system));
    }

    fn name(&mut self, unknown: UnknownSystem) {
        let is_named = self.systems.iter().any(|named| named.system == unknown.system);
        if !is_named && self.systems.len() < SYSTEMS_MAX {
            self.systems.push(unknown);
        }
    }
}

fn cut(system: &str) -> &str {
    system.get(..system.floor_char_boundary(SYSTEM_BYTES_MAX)).unwrap_or(system)
}

/// The element by which a resource says what it is.
pub(crate) struct What<'j, 'a> {
    group: Option<&'static str>,
    name: &'static str,
    /// A concept, or a list of them.
    pub(crate) element: &'j Json<'a>,
}

pub(crate) fn what_it_is<'j, 'a>(resource: &'j Json<'a>) -> Option<What<'j, 'a>> {
    const WHAT: &[&str] = &[
        "code",
        "medicationCodeableConcept",
        "vaccineCode",
        "procedureCode",
        "description",
        "serviceType",
        "type",
    ];
    const SUPPLIED: (&str, &str) = ("suppliedItem", "itemCodeableConcept");
    if let Some(element) = resource.get(SUPPLIED.0).and_then(|item| item.get(SUPPLIED.1)) {
        return Some(What { group: Some(SUPPLIED.0), name: SUPPLIED.1, element });
    }
    WHAT.iter().find_map(|name| {
        let element = resource.get(name)?;
        element.members().first()?.get("coding")?;
        Some(What { group: None, name, element })
    })
}

/// Systems whose codes people here know how to look up; codes of others are kept, and shown as they were written.
pub(crate) fn is_known_system(system: &str) -> bool {
    FAMILIES.iter().any(|family| system.starts_with(family)) || KNOWN.contains(&system)
}

/// What HL7 defines or names itself, countries, languages and the standards of ISO.
const FAMILIES: &[&str] =
    &["http://terminology.hl7.org/", "http://hl7.org/fhir/", "urn:iso:", "urn:ietf:", "urn:std:iso:"];

/// What FHIR R4, US Core and HL7's terminology (THO) name of others, by their URIs and, as documents in CDA do, by their OIDs.
const KNOWN: &[&str] = &[
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://unitsofmeasure.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://www.nlm.nih.gov/research/umls/hcpcs",
    "http://ncimeta.nci.nih.gov",
    "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "http://www.ama-assn.org/go/cpt",
    "http://www.ada.org/cdt",
    "http://www.ada.org/snodent",
    "http://nucc.org/provider-taxonomy",
    "http://fdasis.nlm.nih.gov",
    "http://www.whocc.no/atc",
    "http://standardterms.edqm.eu",
    "http://id.who.int/icd/release/11/mms",
    "http://www.icd10data.com/icd10pcs",
    "http://www.cms.gov/Medicare/Coding/ICD10",
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/AcuteInpatientPPS/MS-DRG-Classifications-and-Software",
    "http://dicom.nema.org/resources/ontology/DCM",
    "http://ihe.net/fhir/ValueSet/IHE.FormatCode.codesystem",
    "http://www.nubc.org/patient-discharge",
    "https://www.nubc.org/CodeSystem/RevenueCodes",
    "https://nahdo.org/sopt",
    "http://www.genenames.org",
    "http://www.ebi.ac.uk/ipd/imgt/hla",
    "http://varnomen.hgvs.org",
    "http://www.ncbi.nlm.nih.gov/clinvar",
    "http://www.ncbi.nlm.nih.gov/nuccore",
    "http://www.omim.org",
    "http://sequenceontology.org",
    "http://unstats.un.org/unsd/methods/m49/m49.htm",
    "urn:iso-astm:E1762-95:2013",
    // LOINC, CPT, RxNorm, ICD-10-CM, SNOMED CT, NUCC, ICD-9-CM, race and ethnicity, CVX.
    "urn:oid:2.16.840.1.113883.6.1",
    "urn:oid:2.16.840.1.113883.6.12",
    "urn:oid:2.16.840.1.113883.6.88",
    "urn:oid:2.16.840.1.113883.6.90",
    "urn:oid:2.16.840.1.113883.6.96",
    "urn:oid:2.16.840.1.113883.6.101",
    "urn:oid:2.16.840.1.113883.6.103",
    "urn:oid:2.16.840.1.113883.6.238",
    "urn:oid:2.16.840.1.113883.12.292",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_systems_name_is_cut_between_letters() {
        let long = format!("https://codes.example/{}", "ü".repeat(200));
        assert!(cut(&long).len() <= SYSTEM_BYTES_MAX && long.starts_with(cut(&long)));
        assert_eq!(cut("http://loinc.org"), "http://loinc.org");
    }

    #[test]
    fn no_system_is_listed_twice_or_is_of_a_family_anyway() {
        let mut all = KNOWN.to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), KNOWN.len());
        assert!(KNOWN.iter().all(|system| !FAMILIES.iter().any(|family| system.starts_with(family))));
    }
}
