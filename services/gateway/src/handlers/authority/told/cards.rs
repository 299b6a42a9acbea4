//! The cards of a page about who acts, and the lines of what comes.
use super::{Reader, Told, rooms};
use crate::{
    handlers::authority::ahead::{Turn, turns},
    pages::{
        authority::{Act, Acting, Change, Settled},
        parts::{Badge, Fact, Link, Tone},
        sharing::Carried,
    },
};
use holdfast_proto::{
    Word as _,
    consent::v1::{Authority, AuthorityBasis, AuthorityWord, Freeze, Span},
    timestamp,
};
use holdfast_types::{Action, Relationship, Role};
use prost_types::Timestamp;

impl Told<'_> {
    pub(in super::super) fn settled(&self) -> Settled {
        Settled {
            acting: self.accounts().into_iter().map(|account| self.acting(account)).collect(),
            changes: self.changes(),
            beside: self.beside(),
            stopped: self.list.freezes.iter().map(|freeze| self.stopped(freeze)).collect(),
        }
    }

    fn acting(&self, account: &str) -> Acting {
        let words = self.words();
        let own: Vec<&Span> = self.list.spans.iter().filter(|span| span.account_id == account).collect();
        let of = |action: Action| {
            let spans = own.iter().filter(|span| span.actions.contains(&action.to_proto()));
            let held: Vec<i32> = spans.flat_map(|span| span.categories.iter().copied()).collect();
            rooms(words, &held)
        };
        let ends = own.iter().filter_map(|span| span.until_time.as_ref());
        let until = ends.min_by_key(|end| (end.seconds, end.nanos));
        // Before there was a record nobody counts.
        let begins = own.iter().filter_map(|span| span.from_time.as_ref()).filter(|from| from.seconds > 0);
        let since = begins.max_by_key(|from| (from.seconds, from.nanos));
        let since = since.map(|since| Fact::new(words.t("acts-since"), self.day(Some(since))));
        let mut by: Vec<&Authority> =
            own.iter().filter_map(|span| self.authority(&span.authority_id)).collect();
        by.dedup_by(|one, other| one.authority_id == other.authority_id);
        let mut facts = vec![
            Fact::new(words.t("acts-reads"), of(Action::Read)),
            Fact::new(words.t("acts-decides"), of(Action::Share)),
        ];
        facts.extend(since);
        facts.push(Fact::new(words.t("acts-so-until"), self.end(until)));
        if own.iter().any(|span| span.authority_id.is_empty()) {
            facts.push(Fact::new(words.t("acts-basis"), words.t("acts-basis-none")));
        }
        facts.extend(by.iter().map(|authority| self.rests(authority)));
        Acting {
            who: self.who(account),
            badge: None,
            facts,
            papers: by.iter().flat_map(|authority| self.papers(authority)).collect(),
            ways: by.iter().filter_map(|authority| self.way(authority)).collect(),
            acts: self.acts(account, &by),
        }
    }

    /// Said, and nothing follows from it now.
    fn beside(&self) -> Vec<Acting> {
        let words = self.words();
        let follows =
            |one: &Authority| self.list.spans.iter().any(|span| span.authority_id == one.authority_id);
        let beside = self.list.authorities.iter().filter(|one| !follows(one));
        let card = |one: &Authority| {
            let waits = one.word() == AuthorityWord::Waits;
            let (tone, key) = if waits { (Tone::Warn, "acts-waits") } else { (Tone::Info, "acts-idle") };
            let act = match waits {
                true => self.act("authority-look", "authority", &one.authority_id),
                false => self.act("authority-change", "authority", &one.authority_id),
            };
            Acting {
                who: self.who(&one.account_id),
                badge: Some(Badge::new(tone, words.t(key))),
                facts: self.about(one),
                papers: self.papers(one),
                ways: if waits { self.taking_back(one) } else { self.way(one) }.into_iter().collect(),
                acts: act.into_iter().collect(),
            }
        };
        beside.map(card).collect()
    }

    fn stopped(&self, freeze: &Freeze) -> Acting {
        let signed = self.reader.signed();
        let own = freeze.placed_by_account_id == signed.who.account_id.to_string();
        let reviews = signed.who.is(Role::ComplianceOfficer) && !own;
        let act = self.act("authority-review", "freeze", &freeze.freeze_id).filter(|_| reviews);
        Acting {
            who: self.who(&freeze.account_id),
            badge: Some(Badge::new(Tone::Stop, self.words().t("acts-stopped-badge"))),
            facts: self.about_freeze(freeze),
            papers: Vec::new(),
            ways: Vec::new(),
            acts: act.into_iter().collect(),
        }
    }

    fn changes(&self) -> Vec<Change> {
        let spans = self.list.spans.iter().chain(&self.list.later_spans);
        let mut changes: Vec<(Timestamp, Change)> = Vec::new();
        for turn in turns(spans, &timestamp(self.at)) {
            let lines = self.lines(&turn);
            match changes.last_mut() {
                Some((at, change)) if *at == turn.at => change.what.extend(lines),
                _ => changes.push((turn.at, self.change(&turn.at, lines))),
            }
        }
        changes.into_iter().map(|(_, change)| change).collect()
    }

    fn change(&self, at: &Timestamp, what: Vec<String>) -> Change {
        let birthday = self.birthday(at);
        let when = birthday.map_or_else(
            || self.reader.signed().when(Some(at)).map(|when| when.text).unwrap_or_default(),
            |(day, _)| self.date(day),
        );
        let why = birthday.map(|(_, years)| self.words().say("acts-birthday").with("years", years).plain());
        Change { when, why: why.unwrap_or_default(), what }
    }

    fn lines(&self, turn: &Turn) -> Vec<String> {
        let (words, name) = (self.words(), self.who(&turn.account).name);
        let say = |key: &str, held: &[i32]| {
            (!held.is_empty())
                .then(|| words.say(key).with("name", &name).with("rooms", rooms(words, held)).plain())
        };
        if turn.over {
            return vec![words.say("acts-over").with("name", &name).plain()];
        }
        let lines = [
            say("acts-sees-more", &turn.reads.gained),
            say("acts-sees-less", &turn.reads.lost),
            say("acts-decides-more", &turn.decides.gained),
            say("acts-decides-less", &turn.decides.lost),
        ];
        lines.into_iter().flatten().collect()
    }

    /// To give up what one holds, or to end whom one appointed, needs nobody's leave; a free-standing record has nobody else.
    fn way(&self, authority: &Authority) -> Option<Link> {
        let Reader::Family(open, _) = self.reader else { return None };
        let me = open.who.account_id.to_string();
        let (own, basis) = (authority.account_id == me, authority.basis());
        let mine = own && basis != AuthorityBasis::Person;
        let appointed = basis == AuthorityBasis::Appointment && authority.recorded_by_account_id == me;
        let alone = open.record.tenant_id.is_empty() && open.record.shares_everything();
        let key = if own { "acts-give-up" } else { "acts-end" };
        let href = open.path(&format!("/sharing/who/{}/end", authority.authority_id));
        (mine || appointed || (alone && !own)).then(|| Link::new(href, self.words().t(key)))
    }

    /// Of what waits: for who proposed it.
    fn taking_back(&self, authority: &Authority) -> Option<Link> {
        let Reader::Family(open, _) = self.reader else { return None };
        let own = authority.recorded_by_account_id == open.who.account_id.to_string();
        let href = open.path(&format!("/sharing/who/{}/withdraw", authority.authority_id));
        own.then(|| Link::new(href, self.words().t("acts-withdraw")))
    }

    fn acts(&self, account: &str, by: &[&Authority]) -> Vec<Act> {
        let change = by.iter().filter_map(|one| self.act("authority-change", "authority", &one.authority_id));
        let is_person = self.relationship(account) == Some(Relationship::Patient);
        let stop = self.act("authority-freeze", "account", account).filter(|_| !is_person);
        change.chain(stop).collect()
    }

    pub(in super::super) fn act(&self, key: &str, kind: &str, id: &str) -> Option<Act> {
        let Reader::Desk(_, patient) = self.reader else { return None };
        let carried = |name: &str, value: String| Carried { name: name.to_owned(), value };
        let what = if id.is_empty() { kind.to_owned() } else { format!("{kind}:{id}") };
        let carried = vec![carried("patient", (*patient).to_owned()), carried("what", what)];
        Some(Act { label: self.words().t(key), carried })
    }
}
