//! What a reason is: the stable word for one way to be refused, with what it means and who can do something about it.
//! Reasons are made in the catalogue only, so one that is not catalogued does not compile.
use tonic::Code;

/// Who can do something about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acts {
    /// Whoever wrote the calling program.
    Program,
    /// The person who asked.
    Person,
    /// The patient or another holder of the record.
    Holder,
    /// Whoever runs the installation.
    Operator,
}

impl Acts {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Program => "the calling program",
            Self::Person => "the person who asked",
            Self::Holder => "the record's holder",
            Self::Operator => "whoever runs the installation",
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    name: &'static str,
    code: Code,
    meaning: &'static str,
    acts: Acts,
    remedy: &'static str,
}

impl Reason {
    pub(crate) const fn new(
        name: &'static str,
        code: Code,
        meaning: &'static str,
        acts: Acts,
        remedy: &'static str,
    ) -> Self {
        Self { name, code, meaning, acts, remedy }
    }

    /// UPPER_SNAKE, never changed once it is out.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub const fn code(&self) -> Code {
        self.code
    }

    pub const fn meaning(&self) -> &'static str {
        self.meaning
    }

    pub const fn acts(&self) -> Acts {
        self.acts
    }

    /// What the one who acts can do.
    pub const fn remedy(&self) -> &'static str {
        self.remedy
    }

    /// The canonical code as the contracts write it.
    pub const fn code_name(&self) -> &'static str {
        match self.code {
            Code::Ok => "OK",
            Code::Cancelled => "CANCELLED",
            Code::Unknown => "UNKNOWN",
            Code::InvalidArgument => "INVALID_ARGUMENT",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Code::NotFound => "NOT_FOUND",
            Code::AlreadyExists => "ALREADY_EXISTS",
            Code::PermissionDenied => "PERMISSION_DENIED",
            Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Code::FailedPrecondition => "FAILED_PRECONDITION",
            Code::Aborted => "ABORTED",
            Code::OutOfRange => "OUT_OF_RANGE",
            Code::Unimplemented => "UNIMPLEMENTED",
            Code::Internal => "INTERNAL",
            Code::Unavailable => "UNAVAILABLE",
            Code::DataLoss => "DATA_LOSS",
            Code::Unauthenticated => "UNAUTHENTICATED",
        }
    }
}
