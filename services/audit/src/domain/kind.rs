//! What kind of thing an entry tells of: by its service, its aggregate and, for looks, its outcome.
use holdfast_types::Service;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A look that was permitted.
    Read,
    /// Something was added or changed; also what this version does not know.
    Change,
    /// Sharing began, changed or ended.
    Sharing,
    /// Somebody tried and was refused, or was turned away before anybody knew who it was.
    Refused,
    /// Signing in and out, roles, sessions.
    Account,
}

impl Kind {
    pub const ALL: &'static [Self] = &[Self::Read, Self::Change, Self::Sharing, Self::Refused, Self::Account];

    /// `event_type` is `<aggregate>.<fact>`.
    pub fn of(service: Service, event_type: &str) -> Self {
        let (aggregate, fact) = event_type.split_once('.').unwrap_or((event_type, ""));
        match (aggregate, fact) {
            ("access", "permitted") => return Self::Read,
            ("access" | "door", "refused") => return Self::Refused,
            _ => {}
        }
        match service {
            Service::Consent => match aggregate {
                "record" | "grant" | "visit" | "link" | "mark" | "emergency" | "allowance" | "authority"
                | "treatment" | "treatment-policy" => Self::Sharing,
                _ => Self::Change,
            },
            Service::Identity => match aggregate {
                "account" | "session" | "sign-in" | "factors" | "role" | "access-review" | "invitation" => {
                    Self::Account
                }
                _ => Self::Change,
            },
            Service::Records
            | Service::Documents
            | Service::Messaging
            | Service::Audit
            | Service::Gateway => Self::Change,
        }
    }

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Sharing => "sharing",
            Self::Refused => "refused",
            Self::Account => "account",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_and_aggregate_has_its_kind() {
        let mut golden = String::new();
        let types = [
            "access.permitted",
            "access.refused",
            "access.unheard-of",
            "door.refused",
            "record.opened",
            "grant.given",
            "visit.begun",
            "erasure.requested",
            "erasure.carried-out",
            "erasure.repeated",
            "erasure.document-carried-out",
            "mark.set",
            "link.opened",
            "grant.taken",
            "emergency.reviewed",
            "allowance.used",
            "authority.settled",
            "treatment.proposed",
            "treatment-policy.set",
            "account.created",
            "session.started",
            "sign-in.requested",
            "invitation.sent",
            "factors.code-shown",
            "role.assigned",
            "tenant.created",
            "practice.created",
            "access-review.signed-off",
            "patient.registered",
            "item.recorded",
            "document.added",
            "upload.started",
            "thread.started",
            "unheard-of.happened",
            "without-a-fact",
            "",
        ];
        for service in Service::WITH_LOG {
            for event_type in types {
                golden += &format!("{service} {event_type:?}: {}\n", Kind::of(*service, event_type).as_str());
            }
        }
        insta::assert_snapshot!(golden);
    }

    #[test]
    fn a_kind_is_stored_by_its_word_and_comes_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(Kind::parse("gossip"), None);
    }
}
