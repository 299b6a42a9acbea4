//! Plain words for codes, and the rows that each type of item shows.

/// A status as a family says it.
pub(super) fn status_words(code: &str) -> String {
    let said = match code {
        "entered-in-error" => "Entered by mistake",
        "preliminary" => "Early result, may change",
        "registered" => "Waiting for a result",
        "finished" => "Took place",
        "noshow" => "Missed",
        "not-done" => "Not done",
        "booked" => "Booked",
        "fulfilled" => "Took place",
        "superseded" => "Replaced by a newer one",
        "current" => "Current",
        "revoked" => "Ended early",
        "onleave" => "On leave",
        "no-change" => "No change yet",
        "no-progress" => "No progress yet",
        "not-achieved" => "Not reached",
        "not-attainable" => "Cannot be reached",
        "achieved" => "Reached",
        "sustaining" => "Reached and kept up",
        other => return spaced(other),
    };
    said.to_owned()
}

/// `in-progress` as `In progress`.
pub(super) fn spaced(code: &str) -> String {
    let mut letters = code.chars().map(|letter| if matches!(letter, '-' | '_') { ' ' } else { letter });
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Label and path; what a path leads to says how it is shown.
pub(super) fn rows_for(resource_type: &str) -> &'static [(&'static str, &'static str)] {
    match resource_type {
        "Condition" => &[
            ("Kind", "category"), ("How severe", "severity"), ("Certainty", "verificationStatus"),
            ("Part of the body", "bodySite"), ("Recorded", "recordedDate"), ("Visit", "encounter"),
            ("Reported by", "asserter"), ("Recorded by", "recorder"),
        ],
        "AllergyIntolerance" => &[
            ("Kind", "type"), ("To what", "category"), ("How serious it can be", "criticality"),
            ("Reaction", "reaction.manifestation"), ("How severe", "reaction.severity"),
            ("Last time", "lastOccurrence"), ("Recorded", "recordedDate"), ("Recorded by", "recorder"),
        ],
        "Immunization" => &[
            ("Dose", "doseQuantity"), ("Dose number", "protocolApplied.doseNumberPositiveInt"),
            ("Where on the body", "site"), ("How", "route"), ("Maker", "manufacturer"), ("Batch", "lotNumber"),
            ("Good until", "expirationDate"), ("Place", "location"), ("Given by", "performer.actor"),
            ("Why not given", "statusReason"), ("Visit", "encounter"),
        ],
        "Procedure" => &[
            ("Reason", "reasonCode"), ("Reason", "reasonReference"), ("Part of the body", "bodySite"),
            ("Outcome", "outcome"), ("Complication", "complication"), ("Follow-up", "followUp"),
            ("Done by", "performer.actor"), ("Place", "location"), ("Visit", "encounter"),
        ],
        "ServiceRequest" => &[
            ("Kind", "category"), ("Urgency", "priority"), ("Reason", "reasonCode"), ("Reason", "reasonReference"),
            ("Ordered", "authoredOn"), ("Ordered by", "requester"), ("To be done by", "performer"),
            ("Instructions", "patientInstruction"), ("Visit", "encounter"),
        ],
        "MedicationRequest" => &[
            ("Ordered", "authoredOn"), ("Ordered by", "requester"), ("Reason", "reasonCode"),
            ("Reason", "reasonReference"), ("Refills", "dispenseRequest.numberOfRepeatsAllowed"),
            ("Amount", "dispenseRequest.quantity"), ("Visit", "encounter"),
        ],
        "MedicationStatement" | "MedicationAdministration" | "MedicationDispense" => &[
            ("Reason", "reasonCode"), ("Reason", "reasonReference"), ("Amount", "quantity"), ("How", "dosage.route"),
            ("Given by", "performer.actor"), ("Reported by", "informationSource"), ("Visit", "context"),
        ],
        "Medication" => &[
            ("Form", "form"), ("Contains", "ingredient.itemCodeableConcept"), ("Maker", "manufacturer"),
            ("Batch", "batch.lotNumber"),
        ],
        "Observation" => &[
            ("Kind", "category"), ("Part of the body", "bodySite"), ("Method", "method"), ("Device", "device"),
            ("Available", "issued"), ("By", "performer"), ("Visit", "encounter"),
        ],
        "DiagnosticReport" => &[
            ("Conclusion", "conclusion"), ("Result", "result"), ("Available", "issued"), ("By", "performer"),
            ("Interpreted by", "resultsInterpreter"), ("Visit", "encounter"),
        ],
        "ImagingStudy" => &[
            ("How", "series.modality"), ("Part of the body", "series.bodySite"), ("Images", "numberOfInstances"),
            ("Reason", "reasonCode"), ("Ordered by", "referrer"), ("Place", "location"), ("Visit", "encounter"),
        ],
        "Encounter" => &[
            ("Reason", "reasonCode"), ("Reason", "reasonReference"), ("With", "participant.individual"),
            ("Place", "location.location"), ("At", "serviceProvider"), ("Afterwards", "hospitalization.dischargeDisposition"),
            ("Part of", "partOf"),
        ],
        "Appointment" => &[
            ("Kind", "appointmentType"), ("Service", "serviceType"),
            ("With", "participant.actor"), ("Reason", "reasonCode"), ("Instructions", "patientInstruction"),
            ("Why cancelled", "cancelationReason"), ("Comment", "comment"),
        ],
        "DocumentReference" => &[
            ("Kind", "type"), ("Written", "date"), ("Written by", "author"), ("Signed by", "authenticator"),
            ("Kept by", "custodian"), ("Visit", "context.encounter"), ("Kind of file", "content.attachment.contentType"),
        ],
        "Composition" | "ClinicalImpression" => &[
            ("Kind", "type"), ("Written", "date"), ("Written by", "author"), ("Assessed by", "assessor"),
            ("Description", "description"), ("Finding", "finding.itemCodeableConcept"), ("Visit", "encounter"),
        ],
        "CarePlan" => &[
            ("Description", "description"), ("For", "addresses"), ("Goal", "goal"),
            ("Activity", "activity.detail.code"), ("Activity", "activity.detail.description"),
            ("Activity", "activity.reference"), ("Care team", "careTeam"), ("Written by", "author"), ("Visit", "encounter"),
        ],
        "CareTeam" => &[
            ("Member", "participant.member"), ("For", "reasonCode"), ("For", "reasonReference"),
            ("Organization", "managingOrganization"),
        ],
        "Goal" => &[
            ("Kind", "category"), ("Importance", "priority"), ("Started", "startDate"), ("Last change", "statusDate"),
            ("Why", "statusReason"), ("Whose goal", "expressedBy"), ("For", "addresses"), ("Shown by", "outcomeReference"),
        ],
        "Device" => &[
            ("Kind", "type"), ("Maker", "manufacturer"), ("Made", "manufactureDate"), ("Good until", "expirationDate"),
            ("Batch", "lotNumber"), ("Serial number", "serialNumber"), ("Model", "modelNumber"),
        ],
        "SupplyDelivery" => &[("Kind", "type"), ("From", "supplier"), ("To", "destination")],
        "Coverage" => &[
            ("Kind", "type"), ("Insurer", "payor"), ("Member number", "subscriberId"), ("Person", "dependent"),
            ("Relationship", "relationship"), ("Network", "network"), ("Order", "order"),
        ],
        "Claim" => &[
            ("Kind", "type"), ("From", "provider"), ("Place", "facility"), ("Insurance", "insurance.coverage"),
            ("For", "item.productOrService"), ("Diagnosis", "diagnosis.diagnosisReference"), ("Total", "total"),
            ("Sent", "created"),
        ],
        "ExplanationOfBenefit" => &[
            ("Kind", "type"), ("From", "provider"), ("Insurer", "insurer"), ("For", "item.productOrService"),
            ("Diagnosis", "diagnosis.diagnosisReference"), ("Billed", "total.amount"), ("Paid", "payment.amount"),
            ("Decided", "created"), ("Claim", "claim"),
        ],
        "FamilyMemberHistory" => &[("Condition", "condition.code"), ("Recorded", "date"), ("Sex", "sex")],
        "QuestionnaireResponse" => &[("Filled in", "authored"), ("By", "author"), ("Answers from", "source")],
        "Specimen" => &[("Kind", "type"), ("Taken", "collection.collectedDateTime"), ("Received", "receivedTime")],
        _ => &[("Kind", "category"), ("Kind", "type"), ("Description", "description"), ("By", "performer"), ("Visit", "encounter")],
    }
}
