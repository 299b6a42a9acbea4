//! Every refusal of identity with its reason.
use crate::{
    app::AppError,
    domain::{access_review, account, assertion, factors, invitation, provider, session, sign_in},
    provider::ProviderError,
};
use holdfast_host::{Problem, Reason, catalogue};

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let refuse = |reason: &'static Reason, message: String| Self::new(reason, message);
        match error {
            AppError::Refused(refused) => refused.into(),
            AppError::Append(error) => error.into(),
            AppError::Read(error) => error.into(),
            AppError::Account(refusal) => refuse(of_account(refusal), refusal.to_string()),
            AppError::Session(refusal @ session::Refusal::Unknown) => {
                refuse(catalogue::SESSION_UNKNOWN, refusal.to_string())
            }
            AppError::Factors(refusal @ (factors::Refusal::CodeWrong | factors::Refusal::CodeUsed)) => {
                Self::of_field(of_factors(refusal), "code", refusal.to_string())
            }
            AppError::Factors(refusal) => refuse(of_factors(refusal), refusal.to_string()),
            AppError::Passkey(broken) => {
                refuse(catalogue::PASSKEY_REFUSED, broken.to_string()).with("rule", broken.rule())
            }
            AppError::ChallengeUnknown => refuse(catalogue::CHALLENGE_UNKNOWN, error.to_string()),
            AppError::TooManyChallenges => refuse(catalogue::TOO_MANY_CHALLENGES, error.to_string()),
            AppError::SecondFactorNeeded => refuse(catalogue::SECOND_FACTOR_NEEDED, error.to_string()),
            AppError::SignIn(refusal) => refuse(of_sign_in(refusal), refusal.to_string()),
            AppError::Tenant(refusal) => refuse(catalogue::TENANT_EXISTS, refusal.to_string()),
            AppError::Practice(refusal) => refuse(catalogue::PRACTICE_EXISTS, refusal.to_string()),
            AppError::Invitation(refusal) => refuse(of_invitation(refusal), refusal.to_string()),
            AppError::InvitationUnknown => refuse(catalogue::INVITATION_UNKNOWN, error.to_string()),
            AppError::InvitationWaits => refuse(catalogue::INVITATION_WAITS, error.to_string()),
            AppError::TooManyInvitations => refuse(catalogue::TOO_MANY_INVITATIONS, error.to_string()),
            AppError::TooManyLinks => refuse(catalogue::TOO_MANY_LINKS, error.to_string()),
            AppError::Provider(refusal) => of_provider(refusal),
            AppError::DomainTaken => refuse(catalogue::SIGN_IN_DOMAIN_TAKEN, error.to_string()),
            AppError::ProviderUnknown => refuse(catalogue::PROVIDER_UNKNOWN, error.to_string()),
            AppError::ProviderFailed(failed) => of_provider_failure(failed),
            AppError::BegunUnknown => refuse(catalogue::PROVIDER_SIGN_IN_UNKNOWN, error.to_string()),
            AppError::OtherBrowser => refuse(catalogue::PROVIDER_OTHER_BROWSER, error.to_string()),
            AppError::EmailUnverified => refuse(catalogue::PROVIDER_EMAIL_UNVERIFIED, error.to_string()),
            AppError::EmailBeyond => refuse(catalogue::PROVIDER_EMAIL_BEYOND, error.to_string()),
            AppError::NotInvited => refuse(catalogue::PROVIDER_NOT_INVITED, error.to_string()),
            AppError::LinkInSession => refuse(catalogue::PROVIDER_LINK_IN_SESSION, error.to_string()),
            AppError::SessionEnded => refuse(catalogue::SESSION_ENDED, error.to_string()),
            AppError::Assertion(refusal) => refuse(of_assertion(refusal), refusal.to_string()),
            AppError::AssertionReplayed => refuse(catalogue::ASSERTION_REPLAYED, error.to_string()),
            AppError::AccountUnknown => refuse(catalogue::ACCOUNT_UNKNOWN, error.to_string()),
            AppError::TenantUnknown => refuse(catalogue::TENANT_UNKNOWN, error.to_string()),
            AppError::PracticeUnknown => refuse(catalogue::PRACTICE_UNKNOWN, error.to_string()),
            AppError::Review(refusal) => refuse(of_review(refusal), refusal.to_string()),
            AppError::ReviewOpen => refuse(catalogue::REVIEW_OPEN, error.to_string()),
            AppError::NotHeldThere => refuse(catalogue::ROLE_NOT_HELD_THERE, error.to_string()),
            AppError::Mail(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a mail was not sent");
                refuse(catalogue::MAIL_UNAVAILABLE, error.to_string())
            }
            AppError::View(_) if error.is_unavailable() => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the read models cannot be reached");
                refuse(catalogue::LOG_UNAVAILABLE, "the read models cannot be reached".to_owned())
            }
            AppError::View(_) | AppError::Token(_) => Self::internal(&error),
        }
    }
}

const fn of_account(refusal: account::Refusal) -> &'static Reason {
    match refusal {
        account::Refusal::Exists => catalogue::ACCOUNT_EXISTS,
        account::Refusal::Unknown => catalogue::ACCOUNT_UNKNOWN,
        account::Refusal::ChangedSinceRead => catalogue::ETAG_MISMATCH,
        account::Refusal::RoleToOneself => catalogue::ROLE_TO_ONESELF,
        account::Refusal::RoleForPeople => catalogue::ROLE_FOR_PEOPLE,
        account::Refusal::AlreadyAssigned => catalogue::ALREADY_ASSIGNED,
        account::Refusal::NotAssigned => catalogue::NOT_ASSIGNED,
        account::Refusal::TooManyRoles => catalogue::TOO_MANY_ROLES,
        account::Refusal::KeyForPrograms => catalogue::KEY_FOR_PROGRAMS,
        account::Refusal::KeyKnown => catalogue::SERVICE_KEY_KNOWN,
        account::Refusal::KeyUnknown => catalogue::SERVICE_KEY_UNKNOWN,
        account::Refusal::TooManyKeys => catalogue::TOO_MANY_SERVICE_KEYS,
    }
}

const fn of_assertion(refusal: assertion::Refusal) -> &'static Reason {
    match refusal {
        assertion::Refusal::Malformed => catalogue::ASSERTION_MALFORMED,
        assertion::Refusal::Algorithm => catalogue::ASSERTION_ALGORITHM,
        assertion::Refusal::KeyUnknown => catalogue::ASSERTION_KEY_UNKNOWN,
        assertion::Refusal::Signature => catalogue::ASSERTION_SIGNATURE,
        assertion::Refusal::Subject => catalogue::ASSERTION_SUBJECT,
        assertion::Refusal::Audience => catalogue::ASSERTION_AUDIENCE,
        assertion::Refusal::Expired => catalogue::ASSERTION_EXPIRED,
        assertion::Refusal::Early => catalogue::ASSERTION_EARLY,
        assertion::Refusal::Life => catalogue::ASSERTION_LIFE,
    }
}

const fn of_review(refusal: access_review::Refusal) -> &'static Reason {
    match refusal {
        // A review's id follows from the request's: it was used before.
        access_review::Refusal::Exists => catalogue::REQUEST_ID_REUSED,
        access_review::Refusal::Unknown => catalogue::REVIEW_UNKNOWN,
        access_review::Refusal::TooManyLines => catalogue::TOO_MANY_TO_REVIEW,
        access_review::Refusal::NoSuchLine => catalogue::REVIEW_LINE_UNKNOWN,
        access_review::Refusal::OwnLine => catalogue::OWN_ROLE,
        access_review::Refusal::Undecided => catalogue::REVIEW_UNDECIDED,
        access_review::Refusal::SignedOff => catalogue::REVIEW_SIGNED_OFF,
    }
}

fn of_provider(refusal: provider::Refusal) -> Problem {
    let field = |reason, field: &str| Problem::of_field(reason, field, refusal.to_string());
    match refusal {
        provider::Refusal::Unknown => Problem::new(catalogue::PROVIDER_UNKNOWN, refusal.to_string()),
        provider::Refusal::SecretMissing => field(catalogue::FIELD_MISSING, "client_secret"),
        provider::Refusal::MappingBeyond => field(catalogue::ROLE_MAPPING_BEYOND, "provider.role_mappings"),
    }
}

fn of_provider_failure(failed: ProviderError) -> Problem {
    tracing::warn!(error = &failed as &dyn std::error::Error, "a sign-in provider fails");
    let refused = |rule: &str| {
        Problem::new(catalogue::PROVIDER_ANSWER_REFUSED, failed.to_string()).with("rule", rule.to_owned())
    };
    match &failed {
        ProviderError::Away(_) | ProviderError::Status(_) => {
            Problem::new(catalogue::PROVIDER_UNAVAILABLE, failed.to_string())
        }
        ProviderError::Unreadable => refused("format"),
        ProviderError::Address => refused("address"),
        ProviderError::OtherName => refused("issuer"),
        ProviderError::CodeRefused => refused("code"),
        ProviderError::Broken(broken) => refused(broken.rule()),
    }
}

const fn of_factors(refusal: factors::Refusal) -> &'static Reason {
    match refusal {
        factors::Refusal::CodeWrong => catalogue::CODE_WRONG,
        factors::Refusal::CodeUsed => catalogue::CODE_USED,
        factors::Refusal::TooManyCodes => catalogue::TOO_MANY_CODES,
        factors::Refusal::NoSecondFactor => catalogue::NO_SECOND_FACTOR,
        factors::Refusal::TotpEnrolled => catalogue::TOTP_ENROLLED,
        factors::Refusal::TotpNotBegun => catalogue::TOTP_NOT_BEGUN,
        factors::Refusal::PasskeyKnown => catalogue::PASSKEY_KNOWN,
        factors::Refusal::PasskeyUnknown => catalogue::PASSKEY_UNKNOWN,
        factors::Refusal::PasskeyCounter => catalogue::PASSKEY_COUNTER,
        factors::Refusal::TooManyPasskeys => catalogue::TOO_MANY_PASSKEYS,
    }
}

const fn of_invitation(refusal: invitation::Refusal) -> &'static Reason {
    match refusal {
        invitation::Refusal::Unknown => catalogue::INVITATION_UNKNOWN,
        invitation::Refusal::Over => catalogue::INVITATION_OVER,
        invitation::Refusal::Expired => catalogue::INVITATION_EXPIRED,
        // Its id is made of the request's: the same id with other content.
        invitation::Refusal::Exists => catalogue::REQUEST_ID_REUSED,
    }
}

const fn of_sign_in(refusal: sign_in::Refusal) -> &'static Reason {
    match refusal {
        sign_in::Refusal::Unknown => catalogue::LINK_UNKNOWN,
        sign_in::Refusal::Used => catalogue::LINK_USED,
        sign_in::Refusal::Expired => catalogue::LINK_EXPIRED,
        sign_in::Refusal::OtherBrowser => catalogue::LINK_OTHER_BROWSER,
        // The stream's id is made of the request's: the same id with other content.
        sign_in::Refusal::Requested => catalogue::REQUEST_ID_REUSED,
    }
}
