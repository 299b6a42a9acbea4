//! The closed lists: services, categories of a record, actions, purposes of use, roles, relationships.
use crate::text_enum::text_enum;

text_enum! {
    /// The six services, each with an event log of its own, and the gateway, which has none.
    Service {
        Identity = "identity",
        Records = "records",
        Documents = "documents",
        Consent = "consent",
        Messaging = "messaging",
        Audit = "audit",
        Gateway = "gateway",
    }
}

impl Service {
    /// The services that own an event log.
    pub const WITH_LOG: &'static [Self] =
        &[Self::Identity, Self::Records, Self::Documents, Self::Consent, Self::Messaging, Self::Audit];
    /// The services that keep content of records: those that destroy a record's key when it is erased.
    pub const WITH_CONTENT: &'static [Self] = &[Self::Records, Self::Documents, Self::Messaging];
}

text_enum! {
    /// A room of the record: what a patient shares or keeps, and what a page lists.
    Category {
        Demographics = "demographics",
        Conditions = "conditions",
        Medications = "medications",
        Allergies = "allergies",
        Immunizations = "immunizations",
        /// Laboratory results and diagnostic reports.
        Results = "results",
        VitalSigns = "vital-signs",
        /// Social history, surveys and what fits nowhere else among observations.
        Observations = "observations",
        Procedures = "procedures",
        /// Encounters.
        Visits = "visits",
        /// Session and other clinical notes.
        Notes = "notes",
        CarePlans = "care-plans",
        CareTeam = "care-team",
        Goals = "goals",
        Devices = "devices",
        Coverage = "coverage",
        /// Claims and explanations of benefit.
        Claims = "claims",
        Appointments = "appointments",
        /// Uploaded papers and media.
        Documents = "documents",
        Forms = "forms",
        /// Threads between the family and a care team.
        Messages = "messages",
        /// A valid resource of a type that has no room of its own.
        Other = "other",
        /// Kept apart from the other notes (45 CFR 164.501).
        PsychotherapyNotes = "psychotherapy-notes",
        /// 42 CFR part 2.
        SubstanceUse = "substance-use",
        /// Services to which a minor may consent by themselves.
        ConfidentialServices = "confidential-services",
    }
}

impl Category {
    /// Each wants a consent of its own: a grant that names it and nothing else, and that ends.
    pub const PROTECTED: &'static [Self] =
        &[Self::PsychotherapyNotes, Self::SubstanceUse, Self::ConfidentialServices];
    /// All the others.
    pub const ORDINARY: &'static [Self] = Self::ALL.split_at(Self::ALL.len() - Self::PROTECTED.len()).0;

    /// A list from before there were such rooms means them where it names those in which they stood.
    pub fn tell_apart(rooms: &mut Vec<Self>) {
        for (room, stood_in) in [
            (Self::PsychotherapyNotes, Self::Notes),
            (Self::SubstanceUse, Self::Conditions),
            (Self::ConfidentialServices, Self::Notes),
        ] {
            if rooms.contains(&stood_in) && !rooms.contains(&room) {
                rooms.push(room);
            }
        }
    }

    pub fn is_protected(self) -> bool {
        Self::PROTECTED.contains(&self)
    }
}

text_enum! {
    /// What somebody wants to do with personal data.
    Action {
        Read = "read",
        /// Add or change.
        Contribute = "contribute",
        /// Take a copy of a file away.
        Download = "download",
        /// Decide who else may see it.
        Share = "share",
    }
}

text_enum! {
    /// Purpose of use: HL7 v3 PurposeOfUse (2.16.840.1.113883.1.11.20448), the codes that apply here.
    Purpose {
        Treatment = "TREAT",
        Payment = "HPAYMT",
        Operations = "HOPERAT",
        PatientRequest = "PATRQT",
        FamilyRequest = "FAMRQT",
        EmergencyTreatment = "ETREAT",
        /// Looking after the system itself, without content.
        SystemAdministration = "SYSADMN",
    }
}

text_enum! {
    /// What an account is towards a tenant or an organisation. How far each goes is data (`roles.txt` of access).
    Role {
        Therapist = "therapist",
        /// Answers for the work of therapists.
        Supervisor = "supervisor",
        FrontDesk = "front-desk",
        Billing = "billing",
        /// Sees at a school what was shared with the school.
        SchoolCoordinator = "school-coordinator",
        /// Decides at an insurer on what is to be paid.
        PayerReviewer = "payer-reviewer",
        ComplianceOfficer = "compliance-officer",
        PracticeAdministrator = "practice-administrator",
        /// Helps people who cannot get in: sees no content.
        Support = "support",
        ServiceAccount = "service-account",
        /// Runs the installation: creates tenants, sees no content.
        Operator = "operator",
    }
}

text_enum! {
    /// With what kind of organisation somebody shares: FHIR R4 Organization.type, the kinds that apply here.
    OrganizationKind {
        /// Where care is given.
        Practice = "practice",
        /// Some of a practice's people.
        Team = "team",
        School = "school",
        /// A health plan.
        Insurer = "insurer",
    }
}

impl OrganizationKind {
    pub const fn is_practice(&self) -> bool {
        matches!(self, Self::Practice)
    }
}

text_enum! {
    /// By whose word a grant stands.
    Basis {
        /// A holder of the record decided it.
        Holder = "holder",
        /// A therapist of the record's network took it in an emergency.
        Emergency = "emergency",
        /// A holder agreed that a practice treats, and that its care team sees this.
        Treatment = "treatment",
    }
}

impl Basis {
    pub const fn is_holder(&self) -> bool {
        matches!(self, Self::Holder)
    }
}

text_enum! {
    /// What an account is towards a record.
    Relationship {
        /// The person the record is about.
        Patient = "patient",
        Parent = "parent",
        /// In a parent's place, or in the person's own: by a court, an agency or a power of attorney.
        Guardian = "guardian",
        /// Helps a holder with what the holder holds; never shares.
        Proxy = "proxy",
    }
}

impl Relationship {
    /// Acts, and not for themselves.
    pub const fn is_for_another(self) -> bool {
        !matches!(self, Self::Patient)
    }
}
