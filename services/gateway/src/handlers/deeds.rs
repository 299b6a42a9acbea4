//! Entries of the history in plain words: what kind it is, what was done, by what right.
use super::given::rooms;
use crate::{pages::looked::LookKind, words::Words};
use holdfast_proto::{
    Word as _,
    access::v1::{AccessRecorded, DoorRefused, GrantRevision},
    audit::v1::{Entry, EntryKind},
};
use holdfast_types::{Action, Category, Purpose, Relationship};
use std::collections::HashMap;

/// What is known of a grant that entries name.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub to: String,
    pub rooms: String,
    pub when: String,
    /// The rooms of the grant whose place it took.
    pub before: Option<String>,
    /// It ended as another took its place.
    pub replaced: bool,
}

/// Tells entries in the words of one reader.
pub(super) struct Teller {
    pub words: Words,
    /// `account/<uuid>` of the reader.
    pub me: String,
    /// What the reader is towards the record.
    pub mine: Option<Relationship>,
    /// By id; only a record's holder knows them.
    pub grants: HashMap<String, Given>,
}

/// By what right something was done: in words, and the grant that can be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Right {
    pub text: String,
    pub grant: Option<String>,
}

pub(super) fn kind(entry: &Entry) -> LookKind {
    let of_emergency = matches!(entry.r#type.as_str(), "grant.taken" | "emergency.reviewed");
    if of_emergency || entry.purpose == Purpose::EmergencyTreatment.as_str() {
        return LookKind::Emergency;
    }
    match entry.kind() {
        EntryKind::Read => LookKind::Read,
        EntryKind::Sharing => LookKind::Sharing,
        EntryKind::Refused => LookKind::Refused,
        EntryKind::Account => LookKind::Account,
        EntryKind::Change | EntryKind::Unspecified => LookKind::Change,
    }
}

/// The key of an operation that was permitted. `{ $room }` is the rooms that were permitted.
fn operation(name: &str) -> &'static str {
    match name {
        "records.ListItems" | "messaging.ListThreads" => "did-list",
        "documents.ListDocuments" => "did-papers-list",
        "records.SummarizeRecord" => "did-record",
        "records.ListStepChanges" | "messaging.GetStep" => "did-stepped",
        "documents.GetStep" => "did-papers-stepped",
        "records.ListPatients" | "consent.ListRecords" | "records.BatchGetPatients" => "did-listed",
        "documents.DownloadDocument" => "did-paper-saved",
        "messaging.ListMessages" | "messaging.GetThread" | "messaging.WatchThread" => "did-messages-read",
        "messaging.CountUnread" => "did-counted",
        "consent.ListLinks" => "did-links-read",
        "consent.ListGrants" | "consent.GetGrant" | "consent.ListMarks" => "did-grants-read",
        "consent.ListTreatments" | "consent.ListPracticeTreatments" => "did-treatments-read",
        "consent.GetTreatmentPolicy" => "did-treatment-policy-read",
        "audit.RehearseChange" => "did-rehearsed",
        "audit.DecideForReader" => "did-seen-then",
        "audit.ListReaders" => "did-readers",
        "consent.GetErasure" => "did-erasure-read",
        "consent.ListErasures" => "did-erasures-read",
        "consent.ListEmergencyAccesses" => "did-emergencies-read",
        "consent.ListAuthority" => "did-authority-read",
        "consent.ListWaitingAuthority" => "did-waiting-read",
        "records.ListProposals" | "records.GetProposal" => "did-proposals-read",
        "records.ListFieldLocks" => "did-locks-read",
        "audit.ListPatientEntries" => "did-looked",
        "audit.DownloadPatientProof" => "did-proof",
        "audit.SearchEntries" => "did-searched",
        "audit.DownloadEntries" => "did-history-saved",
        "audit.GetLogHealth" | "audit.VerifyLogs" => "did-log-health",
        "identity.ListAccessReviews" | "identity.GetAccessReview" => "did-reviews-read",
        "identity.SearchDirectory" => "did-directory-searched",
        "identity.BatchGetProfiles" => "did-names-read",
        name if name.starts_with("identity.") => "did-administered",
        // A command whose answer shows what it did, and whatever else shows one thing.
        _ => "did-read",
    }
}

/// The key of what happened, by its type.
fn happening(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "patient.registered" => "did-registered",
        "patient.changed" | "item.changed" => "did-changed",
        "item.recorded" => "did-added",
        "item.retracted" => "did-retracted",
        "proposal.made" => "did-proposed",
        "proposal.withdrawn" => "did-proposal-withdrawn",
        "proposal.accepted" => "did-proposal-accepted",
        "proposal.rejected" => "did-proposal-rejected",
        "field-locks.set" => "did-locks-set",
        "import.completed" => "did-imported",
        "directory.recorded" | "import.directory-completed" => "did-directory",
        "upload.started" => "did-upload-started",
        "upload.completed" => "did-upload-completed",
        "upload.abandoned" => "did-upload-abandoned",
        "factors.totp-begun" => "did-factor-begun",
        "factors.totp-confirmed" | "factors.passkey-added" => "did-factor-added",
        "factors.totp-removed" | "factors.passkey-removed" => "did-factor-removed",
        "factors.recovery-codes-made" => "did-codes-made",
        "factors.code-shown" | "factors.recovery-code-shown" | "factors.passkey-shown" => "did-factor-shown",
        "factors.code-refused" => "did-code-refused",
        "document.added" => "did-paper-added",
        "document.withdrawn" => "did-paper-withdrawn",
        "thread.started" => "did-thread-started",
        "thread.message-posted" => "did-wrote",
        "thread.read" => "did-messages-read",
        "thread.closed" => "did-thread-closed",
        "record.opened" => "did-opened",
        "record.holder-added" => "did-holder-added",
        "grant.given" => "did-shared-some",
        "grant.revoked" => "did-stopped-some",
        "visit.begun" => "did-visit-begun",
        "grant.taken" => "did-emergency-opened",
        "link.made" => "did-link-made",
        "link.opened" => "did-link-opened",
        "link.passcode-wrong" => "did-link-guessed",
        "emergency.reviewed" => "did-emergency-signed",
        "allowance.used" => "did-emergency-counted",
        "authority.settled" => "did-authority-settled",
        "treatment.proposed" => "did-treatment-proposed",
        "treatment.agreed" | "treatment.accepted" => "did-treatment-agreed",
        "treatment.narrowed" => "did-treatment-narrowed",
        "treatment.ended" => "did-treatment-ended",
        "treatment-policy.set" => "did-treatment-policy",
        "invitation.sent" => "did-invited",
        "invitation.withdrawn" => "did-invitation-withdrawn",
        "invitation.answered" => "did-invitation-answered",
        "mark.set" => "did-marked",
        "mark.lifted" => "did-unmarked",
        "erasure.requested" => "did-erasure-requested",
        "erasure.withdrawn" => "did-erasure-withdrawn",
        "erasure.hold-placed" => "did-hold-placed",
        "erasure.hold-lifted" => "did-hold-lifted",
        "erasure.carried-out" | "erasure.repeated" => "did-erased",
        "erasure.document-requested" => "did-paper-erasure-requested",
        "erasure.document-withdrawn" => "did-paper-erasure-withdrawn",
        "erasure.document-carried-out" | "erasure.document-repeated" => "did-paper-erased",
        "account.opened" => "did-account-opened",
        "account.changed" => "did-account-changed",
        "account.role-assigned" => "did-role-assigned",
        "account.role-withdrawn" => "did-role-withdrawn",
        "account.keys-added" => "did-keys-added",
        "account.key-removed" => "did-key-removed",
        "provider.set" => "did-provider-set",
        "provider.removed" => "did-provider-removed",
        "provider-link.made" => "did-provider-linked",
        "provider-link.roles-followed" => "did-provider-followed",
        "session.started" => "did-signed-in",
        "session.ended" => "did-signed-out",
        "sign-in.requested" => "did-link-asked",
        "sign-in.used" => "did-link-used",
        "tenant.created" => "did-tenant-created",
        "practice.created" => "did-practice-created",
        "access-review.opened" => "did-review-opened",
        "access-review.line-decided" => "did-review-decided",
        "access-review.signed-off" => "did-review-signed",
        _ => return None,
    })
}

impl Teller {
    /// "opened the list of Visit notes, for care".
    pub(super) fn did(&self, entry: &Entry) -> String {
        if let Some(refused) = &entry.door_refused {
            return self.turned_away(&entry.service, refused);
        }
        match (&entry.access, entry.kind()) {
            (Some(access), EntryKind::Refused) => self.tried(access),
            (Some(access), _) => self.looked(access),
            (None, _) => self.changed(entry),
        }
    }

    fn looked(&self, access: &AccessRecorded) -> String {
        let words = self.words;
        let did = words
            .say(operation(&access.operation))
            .with("room", self.rooms(&access.permitted_categories))
            .plain();
        // Holders need no purpose but their own wish.
        match Purpose::from_proto(access.purpose) {
            Some(purpose) if access.relationship == 0 && !access.patient_id.is_empty() => {
                format!("{did}, {}", words.purpose(purpose))
            }
            _ => did,
        }
    }

    fn tried(&self, access: &AccessRecorded) -> String {
        if access.operation.starts_with("audit.") {
            return self.words.t("did-tried-history");
        }
        match access.operation.as_str() {
            "consent.BeginEmergencyAccess" => return self.words.t("did-tried-emergency"),
            "consent.ReviewEmergencyAccess" => return self.words.t("did-tried-emergency-review"),
            _ => {}
        }
        // The list of papers is asked for over all rooms that papers lie in.
        if ["documents.ListDocuments", "documents.GetStep"].contains(&access.operation.as_str()) {
            return self
                .words
                .say("did-tried")
                .with("room", self.words.category(Category::Documents))
                .plain();
        }
        let key = match Action::from_proto(access.action) {
            Some(Action::Contribute) => "did-tried-change",
            Some(Action::Download) => "did-tried-save",
            Some(Action::Share) => "did-tried-share",
            Some(Action::Read) | None => "did-tried",
        };
        self.words.say(key).with("room", self.rooms(&access.categories)).plain()
    }

    /// Nobody knows who it was.
    fn turned_away(&self, service: &str, refused: &DoorRefused) -> String {
        let key = format!("door-{}", refused.reason.to_lowercase().replace('_', "-"));
        let why = if self.words.holds(&key) { self.words.t(&key) } else { refused.reason.clone() };
        let said = self.words.say("did-turned-away").with("service", service);
        said.with("why", why).with("count", refused.count).plain()
    }

    fn changed(&self, entry: &Entry) -> String {
        let (words, kind) = (self.words, entry.r#type.as_str());
        let given = entry.stream.strip_prefix("grant/").and_then(|id| self.grants.get(id));
        match (kind, given) {
            ("grant.given", Some(Given { to, rooms, before: Some(before), .. })) => {
                let said = words.say("did-share-changed").with("name", to);
                said.with("before", before).with("room", rooms).plain()
            }
            ("grant.revoked", Some(given)) if given.replaced => {
                words.say("did-share-replaced").with("name", &given.to).plain()
            }
            ("grant.given", Some(given)) => {
                words.say("did-shared").with("room", &given.rooms).with("name", &given.to).plain()
            }
            ("grant.revoked", Some(given)) => words.say("did-stopped").with("name", &given.to).plain(),
            _ => match happening(kind) {
                Some(key) => words.say(key).with("room", self.room_of_change(entry)).plain(),
                None => words.say("did-other").with("type", kind).plain(),
            },
        }
    }

    fn room_of_change(&self, entry: &Entry) -> String {
        if entry.r#type.starts_with("patient.") {
            return self.words.category(Category::Demographics);
        }
        Category::from_proto(entry.category)
            .map_or_else(|| self.words.t("rooms-some"), |room| self.words.category(room))
    }

    fn rooms(&self, numbers: &[i32]) -> String {
        if numbers.is_empty() { self.words.t("rooms-some") } else { rooms(self.words, numbers) }
    }

    /// What allowed it.
    pub(super) fn by(&self, entry: &Entry) -> Right {
        let words = self.words;
        let plain = |text: String| Right { text, grant: None };
        let Some(access) = &entry.access else {
            // Of one's own the right is known, whether the change says it or is older than that.
            return match self.mine.filter(|_| entry.actor == self.me) {
                Some(own) => plain(words.t(held(own))),
                None => self.by_grant_or_rule(&entry.grants, &entry.rule_ids),
            };
        };
        if entry.kind() == EntryKind::Refused {
            return plain(words.t(match access.refusal_reason.as_str() {
                "CONSENT_STALE" => "by-stale",
                _ => "by-none",
            }));
        }
        if let Some(own) = Relationship::from_proto(access.relationship) {
            return plain(words.t(held(own)));
        }
        self.by_grant_or_rule(&access.grants, &access.rule_ids)
    }

    fn by_grant_or_rule(&self, grants: &[GrantRevision], rules: &[String]) -> Right {
        let grant = grants.first().map(|grant| grant.grant_id.as_str());
        match grant.and_then(|id| Some((id, self.grants.get(id)?))) {
            Some((id, given)) => Right {
                text: self.words.say("by-grant").with("when", &given.when).plain(),
                grant: Some(id.to_owned()),
            },
            None => Right { text: self.rules(rules), grant: None },
        }
    }

    fn rules(&self, ids: &[String]) -> String {
        match ids {
            [] => String::new(),
            ids => {
                let rules: Vec<String> = ids.iter().map(|id| rule(self.words, id)).collect();
                self.words.say("by-rule").with("rule", rules.join(", ")).plain()
            }
        }
    }
}

/// A rule in words.
pub(super) fn rule(words: Words, id: &str) -> String {
    let key = format!("rule-{id}");
    if words.holds(&key) { words.t(&key) } else { id.to_owned() }
}

pub(super) const fn held(relationship: Relationship) -> &'static str {
    match relationship {
        Relationship::Patient => "by-own",
        Relationship::Parent => "by-parent",
        Relationship::Guardian => "by-guardian",
        Relationship::Proxy => "by-proxy",
    }
}

/// What somebody quotes; finds the entry in its service's log.
pub(super) fn number(entry: &Entry) -> String {
    format!("{}-{}-{}", entry.service, entry.lane, entry.lane_seq)
}

#[cfg(test)]
mod tests;
