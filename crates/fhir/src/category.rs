//! The resource types of FHIR R4, and the category of the record in which each is kept.
use holdfast_types::Category;

use crate::json::Json;

/// The name of a resource type that R4 has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType(&'static str);

impl ResourceType {
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let at = R4.binary_search(&name).ok()?;
        R4.get(at).map(|name| Self(name))
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Who and where care is given: kept once for a practice, not in one patient's record.
    #[must_use]
    pub fn is_directory(self) -> bool {
        matches!(self.0, "Organization" | "Practitioner" | "PractitionerRole" | "Location")
    }

    /// Envelopes and answers say nothing about a patient.
    pub(crate) fn is_kept(self) -> bool {
        !matches!(self.0, "Bundle" | "Parameters" | "OperationOutcome")
    }

    /// The element that says whom it is about, where the type has one.
    pub(crate) fn subject_element(self) -> Option<&'static str> {
        Some(match self.0 {
            "AllergyIntolerance"
            | "Immunization"
            | "ImmunizationEvaluation"
            | "ImmunizationRecommendation"
            | "Claim"
            | "ClaimResponse"
            | "ExplanationOfBenefit"
            | "CoverageEligibilityRequest"
            | "CoverageEligibilityResponse"
            | "Device"
            | "SupplyDelivery"
            | "RelatedPerson"
            | "FamilyMemberHistory"
            | "EpisodeOfCare"
            | "NutritionOrder"
            | "VisionPrescription"
            | "Consent"
            | "DetectedIssue"
            | "BodyStructure"
            | "MolecularSequence" => "patient",
            "Coverage" => "beneficiary",
            "EnrollmentRequest" => "candidate",
            "Task" => "for",
            _ => "subject",
        })
    }
}

impl std::fmt::Display for ResourceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Where the resource is listed and by what it is shared. A note stays a note in whatever resource it travels, and what is labelled as
/// protected is, whatever it says.
pub(crate) fn category_of(resource_type: ResourceType, resource: &Json<'_>) -> Category {
    match resource_type.0 {
        "Patient" | "RelatedPerson" | "Person" => return Category::Demographics,
        _ => {}
    }
    protected(resource).unwrap_or_else(|| by_type(resource_type, resource))
}

/// By its security labels (FHIR R4, 6.1.1): what is labelled twice goes by the first of these.
fn protected(resource: &Json<'_>) -> Option<Category> {
    let labels = || resource.get("meta").into_iter().flat_map(|meta| meta.each("security"));
    let labelled = |(_, codes): &&(Category, &[&str])| {
        labels().any(|label| {
            label.text_at("system").is_none_or(|system| LABEL_SYSTEMS.contains(&system))
                && label.text_at("code").is_some_and(|code| codes.contains(&code))
        })
    };
    PROTECTED_LABELS.iter().find(labelled).map(|(category, _)| *category)
}

/// HL7 v3 ActCode: information sensitivity, and the privacy policies and laws beside it.
const PROTECTED_LABELS: [(Category, &[&str]); 3] = [
    (Category::PsychotherapyNotes, &["PSYTHPN"]),
    (Category::SubstanceUse, &["42CFRPart2", "ETH", "ETHUD", "OPIOIDUD", "SUD"]),
    (Category::ConfidentialServices, &["ADOL"]),
];

/// As R4 writes the system, and as sources before it did.
const LABEL_SYSTEMS: [&str; 3] = [
    "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "http://hl7.org/fhir/v3/ActCode",
    "urn:oid:2.16.840.1.113883.5.4",
];

fn by_type(resource_type: ResourceType, resource: &Json<'_>) -> Category {
    match resource_type.0 {
        "Condition" => Category::Conditions,
        "Medication"
        | "MedicationRequest"
        | "MedicationStatement"
        | "MedicationAdministration"
        | "MedicationDispense"
        | "MedicationKnowledge" => Category::Medications,
        "AllergyIntolerance" => Category::Allergies,
        "Immunization" | "ImmunizationEvaluation" | "ImmunizationRecommendation" => Category::Immunizations,
        "Observation" => observation_category(resource),
        "DiagnosticReport" if has_code(resource, &["category", "code"], NOTE_CODES) => Category::Notes,
        "DiagnosticReport" | "ImagingStudy" | "Specimen" | "MolecularSequence" => Category::Results,
        "FamilyMemberHistory" | "RiskAssessment" | "DetectedIssue" | "AdverseEvent" => Category::Observations,
        "Procedure" | "ServiceRequest" => Category::Procedures,
        "Encounter" | "EpisodeOfCare" => Category::Visits,
        "Composition" | "ClinicalImpression" => Category::Notes,
        "DocumentReference" if is_note(resource) => Category::Notes,
        "DocumentReference" | "DocumentManifest" | "Media" | "Binary" | "Consent" | "Contract" => {
            Category::Documents
        }
        "CarePlan" | "NutritionOrder" | "RequestGroup" => Category::CarePlans,
        "CareTeam" => Category::CareTeam,
        "Goal" => Category::Goals,
        "Device" | "DeviceRequest" | "DeviceUseStatement" | "DeviceMetric" | "SupplyDelivery"
        | "SupplyRequest" | "VisionPrescription" => Category::Devices,
        "Coverage"
        | "CoverageEligibilityRequest"
        | "CoverageEligibilityResponse"
        | "EnrollmentRequest"
        | "EnrollmentResponse" => Category::Coverage,
        "Claim"
        | "ClaimResponse"
        | "ExplanationOfBenefit"
        | "Account"
        | "Invoice"
        | "ChargeItem"
        | "PaymentNotice"
        | "PaymentReconciliation" => Category::Claims,
        "Appointment" | "AppointmentResponse" => Category::Appointments,
        "QuestionnaireResponse" => Category::Forms,
        _ => Category::Other,
    }
}

fn observation_category(resource: &Json<'_>) -> Category {
    if has_code(resource, &["category"], &["laboratory", "imaging"]) {
        Category::Results
    } else if has_code(resource, &["category"], &["vital-signs", "vital-sign"])
        || is_uncategorised_vital(resource)
    {
        Category::VitalSigns
    } else {
        Category::Observations
    }
}

fn is_uncategorised_vital(resource: &Json<'_>) -> bool {
    resource.get("category").is_none() && has_code(resource, &["code"], VITAL_SIGN_CODES)
}

fn is_note(resource: &Json<'_>) -> bool {
    has_code(resource, &["category"], &["clinical-note"])
        || has_code(resource, &["type", "category"], NOTE_CODES)
}

fn has_code(resource: &Json<'_>, elements: &[&str], codes: &[&str]) -> bool {
    let concepts = elements.iter().flat_map(|element| resource.each(element));
    concepts
        .flat_map(|concept| concept.each("coding"))
        .any(|coding| coding.text_at("code").is_some_and(|code| codes.contains(&code)))
}

/// LOINC: consultation, discharge, history and physical, procedure, progress, evaluation and plan, plan of care,
/// and the notes of therapy, psychology and nursing.
const NOTE_CODES: &[&str] = &[
    "11488-4", "18842-5", "34117-2", "28570-0", "11506-3", "51847-2", "18776-5", "11507-1", "11508-9",
    "11512-1", "11510-5", "34746-8", "34109-9", "57133-1", "34133-9", "51848-0", "10164-2", "11492-6",
    "34111-5",
];

/// LOINC: height, weight, BMI, blood pressure, heart rate, breathing, temperature, oxygen, head circumference and
/// the children's percentiles.
const VITAL_SIGN_CODES: &[&str] = &[
    "8302-2", "29463-7", "39156-5", "85354-9", "8480-6", "8462-4", "8867-4", "9279-1", "8310-5", "59408-5",
    "2708-6", "9843-4", "8289-1", "77606-2", "59576-9",
];

/// Sorted, for the search above.
const R4: &[&str] = &[
    "Account",
    "ActivityDefinition",
    "AdverseEvent",
    "AllergyIntolerance",
    "Appointment",
    "AppointmentResponse",
    "AuditEvent",
    "Basic",
    "Binary",
    "BiologicallyDerivedProduct",
    "BodyStructure",
    "Bundle",
    "CapabilityStatement",
    "CarePlan",
    "CareTeam",
    "CatalogEntry",
    "ChargeItem",
    "ChargeItemDefinition",
    "Claim",
    "ClaimResponse",
    "ClinicalImpression",
    "CodeSystem",
    "Communication",
    "CommunicationRequest",
    "CompartmentDefinition",
    "Composition",
    "ConceptMap",
    "Condition",
    "Consent",
    "Contract",
    "Coverage",
    "CoverageEligibilityRequest",
    "CoverageEligibilityResponse",
    "DetectedIssue",
    "Device",
    "DeviceDefinition",
    "DeviceMetric",
    "DeviceRequest",
    "DeviceUseStatement",
    "DiagnosticReport",
    "DocumentManifest",
    "DocumentReference",
    "EffectEvidenceSynthesis",
    "Encounter",
    "Endpoint",
    "EnrollmentRequest",
    "EnrollmentResponse",
    "EpisodeOfCare",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Flag",
    "Goal",
    "GraphDefinition",
    "Group",
    "GuidanceResponse",
    "HealthcareService",
    "ImagingStudy",
    "Immunization",
    "ImmunizationEvaluation",
    "ImmunizationRecommendation",
    "ImplementationGuide",
    "InsurancePlan",
    "Invoice",
    "Library",
    "Linkage",
    "List",
    "Location",
    "Measure",
    "MeasureReport",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationKnowledge",
    "MedicationRequest",
    "MedicationStatement",
    "MedicinalProduct",
    "MedicinalProductAuthorization",
    "MedicinalProductContraindication",
    "MedicinalProductIndication",
    "MedicinalProductIngredient",
    "MedicinalProductInteraction",
    "MedicinalProductManufactured",
    "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical",
    "MedicinalProductUndesirableEffect",
    "MessageDefinition",
    "MessageHeader",
    "MolecularSequence",
    "NamingSystem",
    "NutritionOrder",
    "Observation",
    "ObservationDefinition",
    "OperationDefinition",
    "OperationOutcome",
    "Organization",
    "OrganizationAffiliation",
    "Parameters",
    "Patient",
    "PaymentNotice",
    "PaymentReconciliation",
    "Person",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RequestGroup",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "ResearchStudy",
    "ResearchSubject",
    "RiskAssessment",
    "RiskEvidenceSynthesis",
    "Schedule",
    "SearchParameter",
    "ServiceRequest",
    "Slot",
    "Specimen",
    "SpecimenDefinition",
    "StructureDefinition",
    "StructureMap",
    "Subscription",
    "Substance",
    "SubstanceNucleicAcid",
    "SubstancePolymer",
    "SubstanceProtein",
    "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
    "SubstanceSpecification",
    "SupplyDelivery",
    "SupplyRequest",
    "Task",
    "TerminologyCapabilities",
    "TestReport",
    "TestScript",
    "ValueSet",
    "VerificationResult",
    "VisionPrescription",
];

#[cfg(test)]
mod tests {
    use super::{R4, ResourceType};
    use crate::category_of_stored;
    use holdfast_types::Category;

    #[test]
    fn what_is_labelled_as_protected_stands_in_its_room_whatever_it_says() {
        let labelled = |kind: &str, labels: &str| {
            let json = format!(r#"{{"resourceType":"{kind}","meta":{{"security":[{labels}]}}}}"#);
            category_of_stored(json.as_bytes()).unwrap()
        };
        let label = |system: &str, code: &str| format!(r#"{{"system":"{system}","code":"{code}"}}"#);
        let act_code = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
        for (code, room) in [
            ("PSYTHPN", Category::PsychotherapyNotes),
            ("42CFRPart2", Category::SubstanceUse),
            ("ETH", Category::SubstanceUse),
            ("ADOL", Category::ConfidentialServices),
            ("R", Category::Conditions),
        ] {
            assert_eq!(labelled("Condition", &label(act_code, code)), room, "{code}");
        }
        let both = format!("{},{}", label(act_code, "ADOL"), label(act_code, "ETH"));
        assert_eq!(labelled("Observation", &both), Category::SubstanceUse);
        assert_eq!(
            labelled("Goal", r#"{"code":"PSYTHPN"}"#),
            Category::PsychotherapyNotes,
            "a label of no system"
        );
        assert_eq!(labelled("Goal", &label("https://labels.example", "ETH")), Category::Goals);
        assert_eq!(labelled("Patient", &label(act_code, "ETH")), Category::Demographics, "who it is about");
    }

    #[test]
    fn every_type_is_found_by_its_name_and_no_other() {
        assert!(R4.is_sorted());
        assert!(R4.iter().all(|name| ResourceType::parse(name).is_some()));
        assert_eq!(ResourceType::parse("patient"), None);
        assert_eq!(ResourceType::parse("ProcedureRequest"), None, "a type of an older release");
    }
}
