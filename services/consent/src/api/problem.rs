//! Which reason each refusal leaves with.
use crate::{
    app::Failure,
    domain::{
        allowance, authority, emergency, erasure, grant, link, mark, record, treatment, treatment_policy,
        visit,
    },
    views::ViewsError,
};
use holdfast_host::{Problem, catalogue};

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Denied(refused) => refused.into(),
            Failure::Record(refusal) => of_record(refusal),
            Failure::Grant(refusal) => of_grant(refusal),
            Failure::Erasure(refusal) => of_erasure(refusal),
            Failure::Emergency(refusal) => of_emergency(refusal),
            Failure::Allowance(refusal @ allowance::Refusal::TooMany) => {
                Self::new(catalogue::TOO_MANY_EMERGENCIES, refusal.to_string())
            }
            Failure::Visit(refusal @ visit::Refusal::UsedUp { .. }) => {
                Self::new(catalogue::GRANT_USED_UP, refusal.to_string())
            }
            Failure::Link(refusal) => of_link(refusal),
            Failure::PasscodeWrong { left } => {
                Self::new(catalogue::PASSCODE_WRONG, failure.to_string()).with("remaining_attempts", left)
            }
            Failure::PasscodeMissing { left } => {
                Self::new(catalogue::PASSCODE_MISSING, failure.to_string()).with("remaining_attempts", left)
            }
            Failure::ToLink => {
                Self::of_field(catalogue::FIELD_INVALID, "grantee.account_id", failure.to_string())
            }
            Failure::LinkTooLong => {
                Self::of_field(catalogue::FIELD_INVALID, "until_time", failure.to_string())
            }
            Failure::Secrets => Self::internal(&failure),
            Failure::Mark(refusal) => of_mark(refusal),
            Failure::Authority(refusal) => of_authority(refusal),
            Failure::AuthoritySettled => Self::new(catalogue::AUTHORITY_SETTLED, failure.to_string()),
            Failure::Treatment(refusal) => of_treatment(refusal),
            Failure::TreatmentPolicy(refusal) => of_treatment_policy(refusal),
            Failure::TreatmentUnknown => Self::new(catalogue::TREATMENT_UNKNOWN, failure.to_string()),
            Failure::NoLongerHeld => Self::new(catalogue::NOT_A_HOLDER, failure.to_string()),
            Failure::PolicyNotAsSeen => Self::new(catalogue::ETAG_MISMATCH, failure.to_string()),
            Failure::Append(error) => error.into(),
            Failure::Read(error) => error.into(),
            Failure::Views(ViewsError::Database(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the read models cannot be reached");
                Self::new(catalogue::LOG_UNAVAILABLE, "the read models cannot be reached")
            }
            Failure::Views(error @ ViewsError::Malformed(_)) => Self::internal(&error),
        }
    }
}

fn of_record(refusal: record::Refusal) -> Problem {
    use record::Refusal;
    let reason = match refusal {
        Refusal::AlreadyOpen => catalogue::RECORD_EXISTS,
        Refusal::NotOpen => catalogue::RECORD_UNKNOWN,
        Refusal::AlreadyHolder => catalogue::ALREADY_HOLDER,
        Refusal::TooManyHolders => catalogue::TOO_MANY_HOLDERS,
    };
    Problem::new(reason, refusal.to_string())
}

fn of_erasure(refusal: erasure::Refusal) -> Problem {
    use erasure::Refusal;
    let reason = match refusal {
        Refusal::NotRequested => catalogue::ERASURE_NOT_REQUESTED,
        Refusal::SamePerson => catalogue::SECOND_PERSON_NEEDED,
        Refusal::Held => catalogue::LEGAL_HOLD,
        Refusal::Retained { .. } => catalogue::RETENTION_RUNS,
        Refusal::NotHeld => catalogue::HOLD_UNKNOWN,
        Refusal::TooManyHolds => catalogue::TOO_MANY_HOLDS,
        Refusal::TooManyAsked => catalogue::TOO_MANY_ERASURES,
        Refusal::Erased => catalogue::CONTENT_ERASED,
    };
    let problem = Problem::new(reason, refusal.to_string());
    match refusal {
        Refusal::Retained { until } => problem.with("retain_until_date", until),
        _ => problem,
    }
}

fn of_grant(refusal: grant::Refusal) -> Problem {
    use grant::Refusal;
    let field = |reason, field: &str| Problem::of_field(reason, field, refusal.to_string());
    let reason = match refusal {
        Refusal::NothingShared => {
            return field(catalogue::NOTHING_SHARED, "categories").field("actions", refusal.to_string());
        }
        Refusal::EndsBeforeItBegins => {
            return field(catalogue::PERIOD_ENDS_BEFORE_IT_BEGINS, "until_time");
        }
        Refusal::SpanEndsBeforeItBegins => {
            return field(catalogue::PERIOD_ENDS_BEFORE_IT_BEGINS, "narrowing.occurred_until_time");
        }
        Refusal::NoSuchNumber => return field(catalogue::FIELD_INVALID, "uses_max"),
        Refusal::TooMuchNamed => return field(catalogue::TOO_MANY, "narrowing"),
        Refusal::PartIsRead => return field(catalogue::FIELD_INVALID, "actions"),
        Refusal::OneThing => return field(catalogue::FIELD_INVALID, "categories"),
        Refusal::OwnGrantNeeded => return field(catalogue::OWN_GRANT_NEEDED, "categories"),
        Refusal::EndMissing => return field(catalogue::FIELD_MISSING, "until_time"),
        Refusal::ToHolder => catalogue::GRANT_TO_HOLDER,
        Refusal::BeyondRole(_) => return field(catalogue::GRANT_BEYOND_ROLE, "categories"),
        Refusal::TooManyUnended => catalogue::TOO_MANY_GRANTS,
        // A grant's id follows from the request's: it was used before.
        Refusal::AlreadyGiven => catalogue::REQUEST_ID_REUSED,
        Refusal::NotGiven => catalogue::GRANT_UNKNOWN,
        Refusal::AlreadyRevoked => catalogue::ALREADY_REVOKED,
        Refusal::NotAsSeen => catalogue::ETAG_MISMATCH,
        Refusal::NotChangeable => catalogue::GRANT_NOT_CHANGEABLE,
    };
    Problem::new(reason, refusal.to_string())
}

fn of_link(refusal: link::Refusal) -> Problem {
    use link::Refusal;
    let reason = match refusal {
        Refusal::OpeningsOutOfRange => {
            return Problem::of_field(catalogue::FIELD_INVALID, "openings_max", refusal.to_string());
        }
        // A link's id follows from the request's: it was used before.
        Refusal::AlreadyMade => catalogue::REQUEST_ID_REUSED,
        Refusal::Closed => catalogue::SHARED_LINK_CLOSED,
        Refusal::PasscodeMissing => catalogue::PASSCODE_MISSING,
    };
    Problem::new(reason, refusal.to_string())
}

fn of_mark(refusal: mark::Refusal) -> Problem {
    use mark::Refusal;
    let reason = match refusal {
        Refusal::AlreadyMarked => catalogue::ALREADY_MARKED,
        Refusal::FromHolder => catalogue::GRANT_TO_HOLDER,
        Refusal::TooMany => catalogue::TOO_MANY_MARKS,
        Refusal::NotMarked => catalogue::MARK_UNKNOWN,
    };
    Problem::new(reason, refusal.to_string())
}

fn of_emergency(refusal: emergency::Refusal) -> Problem {
    use emergency::Refusal;
    let reason = match refusal {
        Refusal::OwnAccess => catalogue::OWN_EMERGENCY,
        Refusal::AlreadyReviewed => catalogue::ALREADY_REVIEWED,
    };
    Problem::new(reason, refusal.to_string())
}

fn of_authority(refusal: authority::Refusal) -> Problem {
    use authority::Refusal;
    let field = |reason, field: &str| Problem::of_field(reason, field, refusal.to_string());
    let reason = match refusal {
        Refusal::NotBorn => return field(catalogue::DATE_IMPOSSIBLE, "birth_date"),
        Refusal::NothingHeld => {
            return field(catalogue::NOTHING_SHARED, "categories").field("actions", refusal.to_string());
        }
        Refusal::EndsBeforeItBegins => return field(catalogue::PERIOD_ENDS_BEFORE_IT_BEGINS, "until_time"),
        Refusal::EndMissing => return field(catalogue::FIELD_MISSING, "until_time"),
        Refusal::OfOneself => catalogue::PROXY_OF_ONESELF,
        Refusal::BeyondOwn => catalogue::BEYOND_OWN_AUTHORITY,
        Refusal::AlreadyHolder => catalogue::ALREADY_HOLDER,
        Refusal::NotHolder => catalogue::NOT_A_HOLDER,
        Refusal::NotRecorded => catalogue::AUTHORITY_UNKNOWN,
        Refusal::Ended => catalogue::AUTHORITY_ENDED,
        Refusal::SamePerson => catalogue::SECOND_PERSON_NEEDED,
        Refusal::TooMany => catalogue::TOO_MANY_AUTHORITIES,
        Refusal::NotAsSeen => catalogue::ETAG_MISMATCH,
    };
    Problem::new(reason, refusal.to_string())
}

fn of_treatment(refusal: treatment::Refusal) -> Problem {
    use treatment::Refusal;
    let field = |reason| Problem::of_field(reason, "lines", refusal.to_string());
    let reason = match refusal {
        Refusal::NothingShared => return field(catalogue::NOTHING_SHARED),
        Refusal::BeyondPolicy => return field(catalogue::BEYOND_POLICY),
        Refusal::Proposed => catalogue::TREATMENT_PROPOSED,
        Refusal::Stands => catalogue::TREATMENT_STANDS,
        Refusal::Ended => catalogue::TREATMENT_ENDED,
        Refusal::TooMany => catalogue::TOO_MANY_TREATMENTS,
    };
    Problem::new(reason, refusal.to_string())
}

fn of_treatment_policy(refusal: treatment_policy::Refusal) -> Problem {
    use treatment_policy::Refusal;
    match refusal {
        Refusal::BeyondRole => Problem::of_field(catalogue::BEYOND_ROLE, "lines", refusal.to_string()),
        Refusal::NotAsSeen => Problem::new(catalogue::ETAG_MISMATCH, refusal.to_string()),
    }
}
