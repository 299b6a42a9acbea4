//! Decides logged looks and refusals again, by what audit has heard of consent, and says what came of each.
use holdfast_access::{
    Decision, PolicySets,
    replay::{Decided, Difference, NoReplay, Stood},
    views::ConsentFact,
};
use holdfast_eventlog::Subject;
use holdfast_proto::access::v1::AccessRecorded;
use holdfast_types::PatientId;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Identical,
    /// The log does not lead to the recorded decision.
    Different,
    /// A rule of the service refused; no policy was asked.
    NotByPolicy,
    /// It is older than the recording of all inputs, or they were erased with the record.
    InputsNotRecorded,
    /// A policy set decided that is not kept.
    OtherPolicies,
    /// Consent was not heard as far as the decision had heard it.
    NotHeardYet,
    /// The access event or what consent published cannot be read.
    Unreadable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub verdict: Verdict,
    pub differences: Vec<Difference>,
    pub recorded: Option<Decision>,
    pub replayed: Option<Decision>,
    /// Hex; of the policies that decided, empty where none did.
    pub policy_digest: String,
}

impl Outcome {
    /// Of an event whose content is gone with its record: nothing is left to decide by.
    pub fn of_erased() -> Self {
        let (recorded, replayed) = (None, None);
        let (verdict, differences) = (Verdict::InputsNotRecorded, Vec::new());
        Self { verdict, differences, recorded, replayed, policy_digest: String::new() }
    }
}

/// What consent said, as far as it concerns the decisions at hand.
#[derive(Debug, Default)]
pub struct ConsentHeard {
    /// Of each record, in the order of its lane.
    pub said: BTreeMap<PatientId, Vec<Saying>>,
    /// How far each lane of consent's log was heard.
    pub reached: BTreeMap<u16, u64>,
}

#[derive(Debug)]
pub struct Saying {
    pub lane_seq: u64,
    /// None: it cannot be read.
    pub fact: Option<ConsentFact>,
}

pub struct Replay<'a> {
    sets: &'a PolicySets,
    heard: &'a ConsentHeard,
    folds: BTreeMap<PatientId, Fold>,
}

/// A record's consent up to some saying; decisions come nearly in its order.
#[derive(Default)]
struct Fold {
    sayings: usize,
    stood: Stood,
    unreadable: bool,
}

impl<'a> Replay<'a> {
    pub fn new(sets: &'a PolicySets, heard: &'a ConsentHeard) -> Self {
        Self { sets, heard, folds: BTreeMap::new() }
    }

    /// `None` is an access event that cannot be read.
    pub fn decide(&mut self, event: Option<&AccessRecorded>) -> Outcome {
        let policy_digest = event.map(|event| event.policy_digest.clone()).unwrap_or_default();
        let outcome = |verdict| Outcome {
            verdict,
            differences: Vec::new(),
            recorded: None,
            replayed: None,
            policy_digest: policy_digest.clone(),
        };
        let Some(event) = event else { return outcome(Verdict::Unreadable) };
        let decided = match Decided::read(event) {
            Ok(decided) => decided,
            Err(NoReplay::NotByPolicy) => return outcome(Verdict::NotByPolicy),
            Err(NoReplay::InputsNotRecorded) => return outcome(Verdict::InputsNotRecorded),
            Err(NoReplay::Unreadable(_)) => return outcome(Verdict::Unreadable),
        };
        let recorded = Some(decided.decision.clone());
        let Some(policies) = self.sets.by_digest(&decided.policy_digest) else {
            return Outcome { recorded, ..outcome(Verdict::OtherPolicies) };
        };
        let nobody = Stood::default();
        let stood = match decided.asked.patient() {
            None => &nobody,
            Some(patient) => match self.stood(patient, decided.consent_seq.unwrap_or_default()) {
                Ok(stood) => stood,
                Err(verdict) => return Outcome { recorded, ..outcome(verdict) },
            },
        };
        let replayed = decided.again(policies, stood);
        let differences = decided.differences(&replayed);
        let verdict = if differences.is_empty() { Verdict::Identical } else { Verdict::Different };
        Outcome { differences, recorded, replayed: Some(replayed.decision), ..outcome(verdict) }
    }

    /// Consent about a record up to a place in its lane.
    fn stood(&mut self, patient: PatientId, seq: u64) -> Result<&Stood, Verdict> {
        let lane = Subject::Patient(patient).lane();
        if self.heard.reached.get(&lane).copied().unwrap_or_default() < seq {
            return Err(Verdict::NotHeardYet);
        }
        let said = self.heard.said.get(&patient).map(Vec::as_slice).unwrap_or_default();
        let wanted = said.partition_point(|saying| saying.lane_seq <= seq);
        let fold = self.folds.entry(patient).or_default();
        if fold.sayings > wanted {
            *fold = Fold::default();
        }
        for saying in said.get(fold.sayings..wanted).unwrap_or_default() {
            match &saying.fact {
                Some(fact) => fold.stood.hear(fact.clone()),
                None => fold.unreadable = true,
            }
        }
        fold.sayings = wanted;
        if fold.unreadable { Err(Verdict::Unreadable) } else { Ok(&fold.stood) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_access::Policies;
    use holdfast_proto::{Word, access::v1 as pb, timestamp};
    use holdfast_types::{AccountId, Action, Category, Purpose, Relationship, TenantId};
    use std::sync::LazyLock;
    use uuid::Uuid;

    static SETS: LazyLock<PolicySets> = LazyLock::new(|| PolicySets::load().unwrap());
    static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::load().unwrap());

    fn patient() -> PatientId {
        PatientId::new(Uuid::from_u128(0xA1))
    }

    fn parent() -> AccountId {
        AccountId::new(Uuid::from_u128(0xB1))
    }

    /// The parent looked at goals, knowing consent's lane up to there.
    fn look(consent_seq: u64) -> AccessRecorded {
        AccessRecorded {
            account_id: parent().to_string(),
            patient_id: patient().to_string(),
            action: Action::Read.to_proto(),
            categories: vec![Category::Goals.to_proto()],
            permitted_categories: vec![Category::Goals.to_proto()],
            purpose: Purpose::FamilyRequest.to_proto(),
            outcome: pb::Outcome::Permitted.into(),
            rule_ids: vec!["parent-holds-record".to_owned()],
            policy_digest: POLICIES.digest_hex(),
            relationship: Relationship::Parent.to_proto(),
            operation: "records.ListItems".to_owned(),
            consent_age_ms_max: 10_000,
            decided_time: Some(timestamp(chrono::DateTime::UNIX_EPOCH)),
            consent_seq: Some(consent_seq),
            ..AccessRecorded::default()
        }
    }

    /// Opened by the lane's second event, held by the parent from its fourth on, and its seventh cannot be read.
    fn heard() -> ConsentHeard {
        let (patient, account, relationship) = (patient(), parent(), Relationship::Parent);
        let opened = ConsentFact::RecordOpened { patient, tenant: TenantId::new(Uuid::nil()) };
        let added = ConsentFact::HolderAdded { patient, account, relationship };
        let said = [(2, Some(opened)), (4, Some(added)), (7, None)];
        let said = said.map(|(lane_seq, fact)| Saying { lane_seq, fact }).into();
        let lane = Subject::Patient(patient).lane();
        ConsentHeard { said: BTreeMap::from([(patient, said)]), reached: BTreeMap::from([(lane, 9)]) }
    }

    #[test]
    fn a_decision_knows_consent_up_to_its_place_and_no_further_in_whatever_order_they_come() {
        let heard = heard();
        let mut replay = Replay::new(&SETS, &heard);
        let mut verdict = |seq| replay.decide(Some(&look(seq))).verdict;
        assert_eq!(
            [4, 6, 3, 5].map(&mut verdict),
            [Verdict::Identical, Verdict::Identical, Verdict::Different, Verdict::Identical]
        );
        assert_eq!(
            [7, 9, 6].map(&mut verdict),
            [Verdict::Unreadable, Verdict::Unreadable, Verdict::Identical]
        );
        assert_eq!(verdict(10), Verdict::NotHeardYet);
    }

    #[test]
    fn what_differs_is_told_with_both_sides() {
        let heard = heard();
        let outcome = Replay::new(&SETS, &heard).decide(Some(&look(2)));
        assert_eq!(outcome.differences, [Difference::Outcome, Difference::Relationship]);
        assert!(matches!(outcome.recorded, Some(Decision::Permitted { .. })));
        assert!(matches!(outcome.replayed, Some(Decision::Refused { .. })));
    }

    #[test]
    fn what_cannot_be_decided_again_is_not_called_identical() {
        let heard = heard();
        let mut replay = Replay::new(&SETS, &heard);
        let mut verdict = |change: fn(&mut AccessRecorded)| {
            let mut event = look(4);
            change(&mut event);
            replay.decide(Some(&event)).verdict
        };
        assert_eq!(verdict(|event| event.policy_digest = "00".to_owned()), Verdict::OtherPolicies);
        assert_eq!(verdict(|event| event.policy_digest.clear()), Verdict::NotByPolicy);
        assert_eq!(verdict(|event| event.consent_seq = None), Verdict::InputsNotRecorded);
        assert_eq!(verdict(|event| event.account_id.clear()), Verdict::Unreadable);
        assert_eq!(replay.decide(None).verdict, Verdict::Unreadable);
    }

    /// The rules' own word on the same look, under each of the sets.
    fn looks_of_every_set() -> Vec<AccessRecorded> {
        SETS.all().map(|set| AccessRecorded { policy_digest: set.digest_hex(), ..look(4) }).collect()
    }

    #[test]
    fn each_decision_of_a_log_is_decided_again_by_the_set_that_decided() {
        let (heard, looks) = (heard(), looks_of_every_set());
        assert!(looks.len() > 1);
        let mut replay = Replay::new(&SETS, &heard);
        for event in &looks {
            assert_eq!(replay.decide(Some(event)).verdict, Verdict::Identical, "{}", event.policy_digest);
            let altered = AccessRecorded { rule_ids: vec!["patient-is-self".to_owned()], ..event.clone() };
            assert_eq!(replay.decide(Some(&altered)).verdict, Verdict::Different, "{}", event.policy_digest);
        }
    }
}
