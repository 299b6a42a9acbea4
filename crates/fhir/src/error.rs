//! What can be wrong with a bundle, where, and what to do about it; never a value taken from a record.
use crate::place::Place;

/// The first thing that is wrong; nothing of the bundle is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{place}`: {problem}; {}", .problem.remedy())]
pub struct BundleError {
    place: String,
    problem: Problem,
}

impl BundleError {
    pub(crate) fn at(place: &Place<'_>, problem: Problem) -> Self {
        Self { place: place.to_string(), problem }
    }

    /// Such as `Bundle.entry[12].resource.code`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    #[must_use]
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident : $kind:ty),+ })? = $reason:literal, $message:literal, $remedy:literal;)+) => {
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum Problem { $($(#[$doc])* #[error($message)] $name $({ $($field: $kind),+ })?),+ }

        impl Problem {
            /// The stable word of the error catalogue.
            #[must_use]
            pub const fn reason(&self) -> &'static str {
                match self { $(Self::$name { .. } => $reason),+ }
            }

            /// What whoever sent the bundle can do.
            #[must_use]
            pub const fn remedy(&self) -> &'static str {
                match self { $(Self::$name { .. } => $remedy),+ }
            }

            /// Every reason with its remedy, for the error catalogue.
            pub const CATALOGUE: &'static [(&'static str, &'static str)] = &[$(($reason, $remedy)),+];
        }
    };
}

problems! {
    TooLarge { size_bytes_max: usize } = "BUNDLE_TOO_LARGE",
        "the bundle is larger than {size_bytes_max} bytes", "send it in parts";
    TooManyEntries { entries_max: usize } = "BUNDLE_TOO_MANY_ENTRIES",
        "the bundle has more than {entries_max} entries", "send it in parts";
    NotUtf8 { byte: usize } = "BUNDLE_NOT_UTF8",
        "byte {byte} is not valid UTF-8", "save the file as UTF-8";
    NotJson { byte: usize, line: usize, column: usize, expected: &'static str } = "BUNDLE_NOT_JSON",
        "not valid JSON at line {line}, column {column} (byte {byte}): expected {expected}", "repair the file there";
    TooDeep { depth_max: usize, line: usize } = "BUNDLE_TOO_DEEP",
        "more than {depth_max} levels inside each other, at line {line}", "flatten the structure";
    DuplicateProperty { line: usize } = "BUNDLE_DUPLICATE_PROPERTY",
        "the same property stands twice in the object that ends at line {line}", "keep one of them";
    NotABundle = "BUNDLE_EXPECTED",
        "this is not a FHIR R4 Bundle", "send a resource with resourceType Bundle";
    BundleKindNotSupported = "BUNDLE_KIND_NOT_SUPPORTED",
        "this type of bundle is not read", "send a transaction, batch or collection";
    Missing { element: String } = "ELEMENT_MISSING",
        "`{element}` is missing", "add it";
    Empty = "ELEMENT_EMPTY",
        "an element is null or empty", "leave it out or fill it";
    WrongShape { expected: String } = "ELEMENT_WRONG_SHAPE",
        "expected {expected}", "write the value as FHIR R4 does";
    CodeNotAllowed { allowed: String } = "CODE_NOT_ALLOWED",
        "the code is none of {allowed}", "use one of them";
    DateImpossible = "DATE_IMPOSSIBLE",
        "no such date or time exists", "correct it";
    SeveralChoices { element: String } = "ELEMENT_SEVERAL_CHOICES",
        "`{element}` is given in more than one form", "keep one of them";
    TextNotAllowed = "TEXT_NOT_ALLOWED",
        "the text holds a control character", "remove it";
    CodeSystemNotAbsolute = "CODE_SYSTEM_NOT_ABSOLUTE",
        "the code system is not an absolute URI", "give its full URI or urn";
    UnknownResourceType { name: String } = "RESOURCE_TYPE_UNKNOWN",
        "FHIR R4 has no resource type `{name}`", "correct the name or leave the entry out";
    ResourceNotKept { name: String } = "RESOURCE_NOT_KEPT",
        "a `{name}` cannot be kept in a record", "leave the entry out";
    NoIdentity = "ENTRY_WITHOUT_IDENTITY",
        "the entry has neither an id nor a fullUrl", "add one that stays the same";
    MethodNotSupported { method: String } = "REQUEST_METHOD_NOT_SUPPORTED",
        "`{method}` is not accepted in an import", "use POST or PUT";
    RequestMismatch = "REQUEST_MISMATCH",
        "the request url does not fit the resource", "name its type, and its id when it is a PUT";
    ConditionNotSupported = "CONDITION_NOT_SUPPORTED",
        "only `identifier=system|value` is understood as a condition", "use one identifier with its system";
    DuplicateFullUrl { first: String } = "DUPLICATE_FULL_URL",
        "the fullUrl is already used at `{first}`", "give each entry its own";
    DuplicateResource { first: String } = "DUPLICATE_RESOURCE",
        "the same resource already stands at `{first}`", "keep one of them";
    SeveralPatients { first: String } = "SEVERAL_PATIENTS",
        "a second patient; the first stands at `{first}`", "send one bundle per patient";
    OtherPatient { first: String } = "OTHER_PATIENT",
        "this is about somebody other than the patient named at `{first}`", "send one bundle per patient";
    SubjectNotPatient = "SUBJECT_NOT_PATIENT",
        "this is not about a patient", "leave the entry out";
    ReferenceBroken = "REFERENCE_BROKEN",
        "the reference leads to nothing in this bundle", "add what it refers to, or correct it";
    ReferenceMalformed = "REFERENCE_MALFORMED",
        "not a reference", "write Type/id, urn:uuid:…, #contained, Type?identifier=system|value or a URL";
    ReferenceAmbiguous = "REFERENCE_AMBIGUOUS",
        "the reference can mean more than one thing", "use exactly one identifier with its system";
    ReferenceWrongType { expected: String } = "REFERENCE_WRONG_TYPE",
        "the reference must lead to {expected}", "correct it";
    DuplicateContained = "DUPLICATE_CONTAINED",
        "two contained resources have the same id", "give each its own";
}

/// Something accepted that its reader should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where it was first met.
    pub place: String,
    pub kind: WarningKind,
    pub count: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WarningKind {
    UnknownCodeSystem {
        system: String,
    },
    /// Kept as it is, and not understood.
    UnknownElement {
        element: String,
    },
    /// A reference out of the bundle, kept as written.
    OutsideReference {
        resource_type: String,
    },
}

/// Collects warnings: one per kind, counted, up to a stated number of kinds.
#[derive(Debug)]
pub(crate) struct Warnings {
    kept: Vec<Warning>,
    position: std::collections::HashMap<WarningKind, usize>,
    kinds_max: usize,
}

impl Warnings {
    pub(crate) fn new(kinds_max: usize) -> Self {
        Self { kept: Vec::new(), position: std::collections::HashMap::new(), kinds_max }
    }

    pub(crate) fn add(&mut self, place: &Place<'_>, kind: WarningKind) {
        self.count(kind, 1, || place.to_string());
    }

    /// Takes in what was met further on.
    pub(crate) fn join(&mut self, later: Self) {
        for Warning { place, kind, count } in later.kept {
            self.count(kind, count, || place);
        }
    }

    fn count(&mut self, kind: WarningKind, count: usize, place: impl FnOnce() -> String) {
        if let Some(warning) = self.position.get(&kind).and_then(|at| self.kept.get_mut(*at)) {
            warning.count += count;
        } else if self.kept.len() < self.kinds_max {
            self.position.insert(kind.clone(), self.kept.len());
            self.kept.push(Warning { place: place(), kind, count });
        }
    }

    pub(crate) fn into_kept(self) -> Vec<Warning> {
        self.kept
    }
}
