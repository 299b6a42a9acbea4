//! With whose eyes a record of another time is seen: what was open to them then, as audit decides it out of the logs. Whoever looks
//! never sees more than they may see today: it is only left out of what the services answer to them.
use crate::{
    failure::Failure,
    handlers::{office::of_grounds, record::Summaries},
    moment::{Moment, Way},
    pages::{
        parts::{Badge, Fact, Tone},
        then::Reason,
    },
    shelf::Open,
};
use futures::future::BoxFuture;
use holdfast_proto::{
    Word as _,
    audit::v1::{DecideForReaderRequest, DecideForReaderResponse, ReaderRoom, ReaderThing, ThingVerdict},
    timestamp,
};
use holdfast_types::{AccountId, Category, Role};
use std::collections::HashSet;

/// As many as audit takes at once.
const THINGS_MAX: usize = 200;
/// Pages that are read for one page with somebody else's eyes, and how many rows are enough of them.
const PAGES_MAX: usize = 8;
const FEW: usize = 25;

/// What is seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// None: with one's own eyes, and of what is answered nothing is left out.
    told: Option<DecideForReaderResponse>,
    things: HashSet<String>,
}

/// A part of a list, and where it goes on.
pub(super) struct Part<T> {
    pub rows: Vec<T>,
    pub next: String,
    /// Zero where it is not known.
    pub total: usize,
}

/// Whose eyes; none: one's own, to which is open what is open today.
pub(super) fn reader(open: &Open, moment: Moment) -> Result<Option<AccountId>, Failure> {
    match (moment.reader, open.is_held(), moment.decided_at()) {
        (Some(reader), true, _) => Ok(Some(reader)),
        (Some(_), false, _) => Err(Failure::not_shown()),
        // Whoever does not hold the record sees at most what they would have seen then.
        (None, false, Some(_)) => Ok(Some(open.who.account_id)),
        (None, _, _) => Ok(None),
    }
}

impl Seen {
    /// Asked about these things; with `count` how much is kept back in each room, too.
    pub(super) async fn of(
        open: &Open,
        moment: Moment,
        things: &[&str],
        count: bool,
    ) -> Result<Self, Failure> {
        let Some(reader) = reader(open, moment)? else { return Ok(Self::default()) };
        // What had happened by then is seen as it may be seen now, or might be when it was known.
        let at = moment.decided_at().unwrap_or_else(|| open.now());
        let happened_by_time = (moment.way == Way::Happened).then(|| timestamp(moment.at));
        let mut seen = Self::default();
        let first = things.get(..THINGS_MAX).unwrap_or(things);
        let rest = things.get(THINGS_MAX..).unwrap_or_default().chunks(THINGS_MAX);
        for part in std::iter::once(first).chain(rest) {
            let asked = DecideForReaderRequest {
                patient_id: open.patient_id(),
                account_id: reader.to_string(),
                at_time: Some(timestamp(at)),
                thing_ids: part.iter().map(ToString::to_string).collect(),
                count_kept_back: count,
                happened_by_time,
            };
            let mut client = open.site().services.replay(open.outgoing());
            let told = client.decide_for_reader(asked).await?.into_inner();
            let is_open = |thing: &&ReaderThing| {
                thing.thing.as_ref().is_some_and(|thing| thing.verdict() == ThingVerdict::Open)
            };
            seen.things.extend(told.things.iter().filter(is_open).map(|thing| thing.thing_id.clone()));
            seen.told.get_or_insert(told);
        }
        Ok(seen)
    }

    const fn is_own(&self) -> bool {
        self.told.is_none()
    }

    /// Whether a room was open, as a whole or in part.
    pub(super) fn room(&self, category: Category) -> bool {
        self.is_own() || self.told_of(category).is_some_and(|room| room.open)
    }

    /// Whether one of the things that were asked about was.
    pub(super) fn thing(&self, id: &str) -> bool {
        self.is_own() || self.things.contains(id)
    }

    /// Without what was kept back.
    pub(super) fn narrow(&self, summaries: &mut Summaries) {
        summaries.retain(|category, _| self.room(*category));
        for (category, summary) in summaries {
            let kept_back = self.told_of(*category).and_then(|room| room.kept_back_count).unwrap_or_default();
            if kept_back > 0 {
                summary.count = (summary.count - kept_back).max(0);
                // It may be the time of what is kept back.
                summary.newest_time = None;
            }
        }
    }

    fn told_of(&self, category: Category) -> Option<&ReaderRoom> {
        self.told.as_ref()?.rooms.iter().find(|room| room.category == category.to_proto())
    }

    /// By which roles it was decided.
    pub(super) fn standing(&self, open: &Open) -> Vec<Fact> {
        let words = open.words();
        let told = self.told.iter().flat_map(|told| &told.roles);
        let roles: Vec<String> =
            told.filter_map(|number| Role::from_proto(*number)).map(|role| words.role(role)).collect();
        let roles = if roles.is_empty() { words.t("then-as-roles-none") } else { roles.join(", ") };
        vec![Fact::new(words.t("then-as-roles"), roles)]
    }

    /// Why each room was open or closed, as far as it is told.
    pub(super) fn reasons(&self, open: &Open) -> Vec<Reason> {
        let words = open.words();
        let rooms = self.told.iter().flat_map(|told| &told.rooms);
        let reason = |room: &ReaderRoom| {
            let category = Category::from_proto(room.category)?;
            let (tone, key) = match (room.open, room.in_part) {
                (true, false) => (Tone::Good, "then-room-open"),
                (true, true) => (Tone::Warn, "then-room-part"),
                (false, _) => (Tone::Stop, "then-room-closed"),
            };
            let mut facts = of_grounds(open, room.grounds.as_ref()?);
            if let Some(kept_back) = room.kept_back_count.filter(|count| *count > 0) {
                facts.push(Fact::new(words.t("then-kept-back"), kept_back.to_string()));
            }
            Some(Reason { label: words.category(category), badge: Badge::new(tone, words.t(key)), facts })
        };
        rooms.filter_map(reason).collect()
    }
}

/// Of a list what is seen of it: as many of its pages as it takes to find some.
pub(super) async fn sifted<'a, T: Send>(
    open: &'a Open,
    moment: Moment,
    begin: &str,
    ask: impl Fn(String) -> BoxFuture<'a, Result<Part<T>, Failure>> + Send + Sync,
    id: fn(&T) -> &str,
) -> Result<(Part<T>, Seen), Failure> {
    let mut found = Part { rows: Vec::new(), next: begin.to_owned(), total: 0 };
    let mut seen = Seen::default();
    for _ in 0..PAGES_MAX {
        let page = ask(std::mem::take(&mut found.next)).await?;
        let things: Vec<&str> = page.rows.iter().map(id).collect();
        seen = Seen::of(open, moment, &things, false).await?;
        found.next = page.next;
        found.total = if seen.is_own() { page.total } else { 0 };
        found.rows.extend(page.rows.into_iter().filter(|row| seen.thing(id(row))));
        if seen.is_own() || found.next.is_empty() || found.rows.len() >= FEW {
            break;
        }
    }
    Ok((found, seen))
}
