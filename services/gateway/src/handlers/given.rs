//! What a record's holder has given: grants as consent lists them, how they stand and what they say in words.
use super::{
    marks::{Thing, keeps},
    part,
};
use crate::{
    directory::Known,
    failure::Failure,
    pages::{
        Tab,
        frame::Frame,
        item::Seer,
        parts::{Badge, Notice, Tone},
    },
    shelf::Open,
    words::Words,
};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_proto::{
    Word as _,
    consent::v1::{Grant, ListGrantsRequest},
    time, timestamp,
};
use holdfast_types::{Action, Basis, Category, Purpose};

const PAGE_SIZE: i32 = 200;
/// Ten pages of grants: 2,000, of which 200 can stand.
const PAGES_MAX: usize = 10;
const SOON: TimeDelta = TimeDelta::days(7);
/// Rooms that a line names one by one.
const NAMED_MAX: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Later,
    Now,
    /// Now, and it ends within a week.
    Soon,
    Ended,
}

impl Standing {
    pub(super) fn of(grant: &Grant, now: DateTime<Utc>) -> Self {
        let at = |moment: &Option<prost_types::Timestamp>| moment.as_ref().and_then(|at| time(at).ok());
        let until = at(&grant.until_time);
        if grant.revoked_time.is_some() || until.is_some_and(|until| until <= now) {
            Self::Ended
        } else if at(&grant.from_time).is_some_and(|from| now < from) {
            Self::Later
        } else if until.is_some_and(|until| until - now < SOON) {
            Self::Soon
        } else {
            Self::Now
        }
    }

    pub(super) fn is_over(self) -> bool {
        self == Self::Ended
    }

    fn stands(self) -> bool {
        matches!(self, Self::Now | Self::Soon)
    }

    /// As it stands, and what was taken in an emergency as that.
    pub(super) fn badge_of(self, words: Words, grant: &Grant) -> Badge {
        if is_emergency(grant) && !self.is_over() {
            return Badge::new(Tone::Stop, words.t("emergency-badge"));
        }
        if grant.uses_max > 0 && grant.use_count >= grant.uses_max && self.stands() {
            return Badge::new(Tone::Warn, words.t("grant-used-up"));
        }
        self.badge(words)
    }

    fn badge(self, words: Words) -> Badge {
        match self {
            Self::Later => Badge::new(Tone::Info, words.t("grant-later")),
            Self::Now => Badge::new(Tone::Good, words.t("grant-now")),
            Self::Soon => Badge::new(Tone::Warn, words.t("grant-soon")),
            Self::Ended => Badge::new(Tone::Plain, words.t("grant-ended")),
        }
    }
}

impl Open {
    /// Every grant of the record, newest first; only its holders may ask.
    pub(super) async fn grants(&self, include_ended: bool) -> Result<Vec<Grant>, Failure> {
        let (mut found, mut page_token) = (Vec::new(), String::new());
        for _ in 0..PAGES_MAX {
            let patient_id = self.patient_id();
            let asked = ListGrantsRequest { patient_id, page_size: PAGE_SIZE, page_token, include_ended };
            let page = self.consent().list_grants(asked).await?.into_inner();
            found.extend(page.grants);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// Who may read one thing of a room now: the holder who asks and those it is shared with; for others only themselves.
    pub(super) async fn seers(&self, category: Category, thing: Thing<'_>) -> Result<Vec<Seer>, Failure> {
        let words = self.words();
        let own = match self.record.relationship {
            Some(held) if self.record.may_share() => words.t(super::deeds::held(held)),
            _ => return Ok(vec![Seer { who: self.me(), why: self.shared() }]),
        };
        let (mut grants, marks) = tokio::try_join!(self.grants(false), self.marks())?;
        grants.retain(|grant| {
            Standing::of(grant, self.now()).stands()
                && grant.categories.contains(&category.to_proto())
                && grant.actions.contains(&Action::Read.to_proto())
                && part::may_name(grant, thing)
                && !marks.iter().any(|mark| keeps(mark, category, thing, grant))
        });
        let known = self.known(accounts(&grants)).await?;
        let seer = |grant: &Grant| Seer {
            who: known.grantee(self, grant.grantee.as_ref()),
            why: match grant.until_time {
                Some(_) => words.say("seer-until").with("when", until(self, grant)).plain(),
                None => words.t("seer-until-stopped"),
            },
        };
        Ok(std::iter::once(Seer { who: self.me(), why: own }).chain(grants.iter().map(seer)).collect())
    }
}

impl Open {
    /// The frame of a page that shows something of a room: with the notice that has to go with it to somebody who does not hold it.
    pub(super) async fn frame_showing(&self, tab: Tab, room: Category) -> Frame {
        let frame = self.frame(tab).await;
        let disclosed = room == Category::SubstanceUse && !self.record.holds(Action::Read, room);
        if disclosed { Frame { notice: Some(notice_and_consent(self, room)), ..frame } } else { frame }
    }
}

/// Nobody who holds the record was asked.
pub(super) fn is_emergency(grant: &Grant) -> bool {
    grant.basis == Basis::Emergency.to_proto()
}

/// What a care team sees is changed with its practice.
pub(super) fn is_treatment(grant: &Grant) -> bool {
    grant.basis == Basis::Treatment.to_proto()
}

/// That a practice treats, where the grant follows from that; otherwise nothing.
pub(super) fn because(open: &Open, known: &Known, grant: &Grant) -> String {
    use holdfast_proto::consent::v1::grantee::Kind;
    let practice = match grant.grantee.as_ref().and_then(|grantee| grantee.kind.as_ref()) {
        Some(Kind::PracticeId(id)) if is_treatment(grant) => id,
        _ => return String::new(),
    };
    open.words().say("grant-because-treats").with("name", known.practice(open, practice)).plain()
}

/// The accounts that grants name, for their names.
pub(super) fn accounts(grants: &[Grant]) -> impl Iterator<Item = &str> {
    use holdfast_proto::consent::v1::grantee::Kind;
    grants.iter().filter_map(|grant| match grant.grantee.as_ref()?.kind.as_ref()? {
        Kind::AccountId(id) => Some(id.as_str()),
        Kind::PracticeId(_) => None,
    })
}

pub(super) fn rooms(words: Words, numbers: &[i32]) -> String {
    let mut rooms: Vec<Category> =
        numbers.iter().filter_map(|number| Category::from_proto(*number)).collect();
    rooms.sort_unstable();
    rooms.dedup();
    if rooms.len() == Category::ALL.len() {
        return words.t("rooms-all");
    }
    if rooms == Category::ORDINARY {
        return words.t("rooms-all-ordinary");
    }
    let more = rooms.len().saturating_sub(NAMED_MAX);
    let named: Vec<String> = rooms.iter().take(NAMED_MAX).map(|room| words.category(*room)).collect();
    match more {
        0 => named.join(", "),
        _ => words.say("rooms-more").with("rooms", named.join(", ")).with("count", more).plain(),
    }
}

pub(super) fn actions(words: Words, numbers: &[i32]) -> String {
    let actions = numbers.iter().filter_map(|number| Action::from_proto(*number));
    actions.map(|action| words.action(action)).collect::<Vec<_>>().join(", ")
}

pub(super) fn purposes(words: Words, numbers: &[i32]) -> String {
    let purposes = numbers.iter().filter_map(|number| Purpose::from_proto(*number));
    purposes.map(|purpose| words.purpose(purpose)).collect::<Vec<_>>().join(", ")
}

/// The notice of 42 CFR 2.32, and the consent that it goes with.
fn notice_and_consent(open: &Open, room: Category) -> Notice {
    let words = open.words();
    let consent = |grant: &Grant| {
        let said = words.say("notice-consent").with("may", actions(words, &grant.actions));
        said.with("aims", purposes(words, &grant.purposes)).with("until", until(open, grant)).plain()
    };
    let grants = open.record.grants.iter().filter(|grant| grant.categories.contains(&room.to_proto()));
    let said = std::iter::once(words.t("notice-part-2")).chain(grants.map(consent));
    Notice { tone: Tone::Warn, text: said.collect::<Vec<_>>().join(" "), link: None }
}

/// How many of its visits were used, and when the last was begun; empty where they are not counted.
pub(super) fn visits(open: &Open, grant: &Grant) -> String {
    let words = open.words();
    match (grant.uses_max, open.when(grant.last_use_time.as_ref())) {
        (0, _) => String::new(),
        (max, Some(last)) => {
            let said = words.say("grant-visits-used").with("used", i64::from(grant.use_count));
            said.with("max", i64::from(max)).with("when", last.text).plain()
        }
        (max, None) => words.say("grant-visits-none").with("max", i64::from(max)).plain(),
    }
}

/// The last day, or the moment it was stopped.
pub(super) fn until(open: &Open, grant: &Grant) -> String {
    if let Some(stopped) = open.when(grant.revoked_time.as_ref()) {
        return stopped.text;
    }
    if is_emergency(grant) {
        return open.when(grant.until_time.as_ref()).map_or_else(String::new, |when| when.text);
    }
    // A period ends before its end: what ends at midnight is good for the day before.
    let last = grant
        .until_time
        .as_ref()
        .and_then(|until| time(until).ok())
        .map(|until| until - TimeDelta::microseconds(1));
    let last = open.day(last.map(timestamp).as_ref());
    last.map_or_else(|| open.words().t("grant-open-ended"), |day| day.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(day * 86_400, 0).unwrap()
    }

    #[test]
    fn a_grant_stands_from_its_beginning_to_its_end_or_until_it_is_stopped() {
        let grant = Grant {
            from_time: Some(timestamp(at(10))),
            until_time: Some(timestamp(at(40))),
            ..Grant::default()
        };
        let on = |day| Standing::of(&grant, at(day));
        assert_eq!(
            [on(9), on(10), on(34), on(40)],
            [Standing::Later, Standing::Now, Standing::Soon, Standing::Ended]
        );
        let stopped = Grant { revoked_time: Some(timestamp(at(20))), ..grant.clone() };
        assert_eq!(Standing::of(&stopped, at(21)), Standing::Ended);
        let endless = Grant { until_time: None, ..grant };
        assert_eq!(Standing::of(&endless, at(4000)), Standing::Now);
    }

    #[test]
    fn many_rooms_are_counted_and_all_are_called_all() {
        let words = Words::new(Lang::En);
        let numbers = |count: usize| -> Vec<i32> {
            Category::ALL.iter().take(count).map(|room| room.to_proto()).collect()
        };
        assert_eq!(rooms(words, &numbers(2)), "Name and address, Conditions");
        assert!(rooms(words, &numbers(6)).ends_with("and 2 more"), "{}", rooms(words, &numbers(6)));
        assert_eq!(rooms(words, &numbers(Category::ALL.len())), words.t("rooms-all"));
        assert_eq!(rooms(words, &numbers(Category::ORDINARY.len())), words.t("rooms-all-ordinary"));
    }
}
