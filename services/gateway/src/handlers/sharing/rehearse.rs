//! What a change of sharing would do, in words, before it is made.
use crate::{handlers::given::rooms, pages::never::Rehearsal, shelf::Open, words::Words};
use holdfast_proto::{
    audit::v1::{
        RehearseChangeRequest, RehearseChangeResponse, RehearsedEffect, RehearsedLook, RehearsedReach,
        rehearse_change_request::Change, rehearsed_reach::Who,
    },
    consent::v1::{Grantee, grantee},
};

/// Looks that are told one by one, of each kind.
const LOOKS_MAX: usize = 5;

impl Open {
    /// Nothing is held up by it: a history that does not answer is said not to have.
    pub(in crate::handlers) async fn rehearse(&self, change: Change) -> Rehearsal {
        let asked = RehearseChangeRequest { patient_id: self.patient_id(), change: Some(change) };
        let answer = self.site().services.replay(self.outgoing()).rehearse_change(asked).await;
        match answer {
            Ok(answer) => self.in_words(answer.into_inner()).await,
            Err(status) => {
                tracing::debug!(code = ?status.code(), "a change is not rehearsed");
                Rehearsal { away: true, ..Rehearsal::default() }
            }
        }
    }

    async fn in_words(&self, told: RehearseChangeResponse) -> Rehearsal {
        let words = self.words();
        let grantees: Vec<Grantee> = told.reaches.iter().filter_map(grantee).collect();
        let named = grantees.iter().filter_map(|grantee| match &grantee.kind {
            Some(grantee::Kind::AccountId(id)) => Some(id.as_str()),
            _ => None,
        });
        let looked = told.looks.iter().map(|look| look.account_id.as_str());
        let Ok(known) = self.known(named.chain(looked)).await else {
            return Rehearsal { away: true, ..Rehearsal::default() };
        };
        let look = |look: &RehearsedLook| {
            let what = if look.categories.is_empty() {
                words.say("rehearsal-things").with("count", count(look.kept_back_count).max(1)).plain()
            } else {
                in_part(words, &look.categories, &look.part_categories)
            };
            let when = self.when(look.recorded_time.as_ref()).map(|when| when.text).unwrap_or_default();
            let name = known.actor(self, &look.account_id).name;
            words.say("rehearsal-look").with("name", name).with("when", when).with("what", what).plain()
        };
        let looks = |effect: RehearsedEffect| {
            told.looks.iter().filter(|look| look.effect() == effect).take(LOOKS_MAX).map(look).collect()
        };
        let reach = |reach: &RehearsedReach| {
            let name = known.grantee(self, grantee(reach).as_ref());
            let name =
                if name.role.is_empty() { name.name } else { format!("{} ({})", name.name, name.role) };
            let of_rooms = |key: &str, numbers: &[i32]| {
                let said = in_part(words, numbers, &reach.part_categories);
                let said = words.say(key).with("name", &name).with("rooms", said);
                (!numbers.is_empty()).then(|| said.plain())
            };
            let of_things = |key: &str, so: bool| so.then(|| words.say(key).with("name", &name).plain());
            [
                of_rooms("rehearsal-gains", &reach.gained),
                of_rooms("rehearsal-loses", &reach.lost),
                of_things("rehearsal-less", reach.less_within_rooms),
                of_things("rehearsal-more", reach.more_within_rooms),
            ]
        };
        Rehearsal {
            away: false,
            stopped: words.say("rehearsal-stopped").with("count", count(told.stopped_count)).plain(),
            stopped_looks: looks(RehearsedEffect::Stopped),
            allowed: words.say("rehearsal-allowed").with("count", count(told.allowed_count)).plain(),
            allowed_looks: looks(RehearsedEffect::Allowed),
            whole: told.whole,
            reaches: told.reaches.iter().flat_map(reach).flatten().collect(),
        }
    }
}

/// Rooms in words, and those of them of which only a part is meant.
fn in_part(words: Words, numbers: &[i32], parts: &[i32]) -> String {
    let (parts, whole): (Vec<i32>, Vec<i32>) = numbers.iter().partition(|room| parts.contains(room));
    let part = |parts: &[i32]| words.say("part-of-rooms").with("rooms", rooms(words, parts)).plain();
    let said = [(!whole.is_empty()).then(|| rooms(words, &whole)), (!parts.is_empty()).then(|| part(&parts))];
    said.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn count(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn grantee(reach: &RehearsedReach) -> Option<Grantee> {
    let kind = match reach.who.as_ref()? {
        Who::AccountId(id) => grantee::Kind::AccountId(id.clone()),
        Who::PracticeId(id) => grantee::Kind::PracticeId(id.clone()),
    };
    Some(Grantee { kind: Some(kind), role: reach.role })
}
