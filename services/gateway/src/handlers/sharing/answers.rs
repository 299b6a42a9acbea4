//! The answers to the questions of sharing. They travel in the form from page to page: nothing is kept before the last button.
use super::{
    change::{Changed, told},
    thing::{Only, Thing},
};
use crate::{
    form::Fields,
    handlers::days,
    pages::sharing::{Carried, Step},
};
use chrono::{Months, NaiveDate};
use holdfast_access::Roles;
use holdfast_proto::{
    Word as _,
    consent::v1::{Grantee, Narrowing, grantee::Kind},
    timestamp,
};
use holdfast_types::{AccountId, Action, Category, Narrowing as Part, PracticeId, Purpose, Role};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    Account(AccountId),
    Practice(PracticeId, Role),
}

impl To {
    /// As the form sends it: `account:<uuid>`, or `<role>:<uuid>` of an organisation.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            "account" => Some(Self::Account(id.parse().ok()?)),
            _ => {
                let role = kind.parse().ok().filter(|role| Roles::table().is_to_share_with(*role))?;
                Some(Self::Practice(id.parse().ok()?, role))
            }
        }
    }

    pub(super) fn value(self) -> String {
        match self {
            Self::Account(id) => format!("account:{id}"),
            Self::Practice(id, role) => format!("{role}:{id}"),
        }
    }

    pub(super) fn rooms(self) -> Vec<Category> {
        match self {
            Self::Account(_) => Category::ALL.to_vec(),
            Self::Practice(_, role) => Roles::table().categories_of(role),
        }
    }

    pub(super) fn deeds(self) -> Vec<Action> {
        match self {
            Self::Account(_) => vec![Action::Read, Action::Contribute, Action::Download],
            Self::Practice(_, role) => Roles::table().actions_of(role),
        }
    }

    /// What is offered, the usual one first.
    pub(super) fn purposes(self) -> Vec<Purpose> {
        let usual = [Purpose::Treatment, Purpose::Payment, Purpose::Operations];
        usual.into_iter().filter(|aim| self.is_for(*aim)).collect()
    }

    fn is_for(self, aim: Purpose) -> bool {
        match self {
            Self::Account(_) => true,
            Self::Practice(_, role) => Roles::table().purposes_of(role).contains(&aim),
        }
    }

    pub(super) fn grantee(self) -> Grantee {
        match self {
            Self::Account(id) => Grantee { kind: Some(Kind::AccountId(id.to_string())), role: 0 },
            Self::Practice(id, role) => {
                Grantee { kind: Some(Kind::PracticeId(id.to_string())), role: role.to_proto() }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    Month,
    HalfYear,
    Year,
    Day,
    /// As it stands in a grant that is changed; no new one is offered it.
    Open,
}

impl Until {
    pub(super) const ALL: [Self; 4] = [Self::Month, Self::HalfYear, Self::Year, Self::Day];

    /// The form's value and the key of its words.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Month => "until-month",
            Self::HalfYear => "until-half-year",
            Self::Year => "until-year",
            Self::Day => "until-date",
            Self::Open => "grant-open-ended",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    pub to: Option<To>,
    pub categories: Vec<Category>,
    pub actions: Vec<Action>,
    pub purposes: Vec<Purpose>,
    pub until: Option<Until>,
    /// As it was typed.
    pub until_day: String,
    /// Where it began, if at one thing: then its room is the one category.
    pub thing: Option<Thing>,
    pub only: Option<Only>,
    /// The days from and to which something happened, as they were typed.
    pub span: [String; 2],
    /// For how many visits; none: as often as they want.
    pub uses: Option<u32>,
    /// What stands and is changed; none where something new is shared.
    pub changed: Option<Changed>,
}

/// Visits that one grant is good for.
const USES_MAX: u32 = 1000;

/// The fields of the days between which something happened.
pub(super) const SPAN: [&str; 2] = ["span_from", "span_until"];

/// What comes after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Show(Step),
    /// The field that is wrong, and the key that says how.
    Wrong(Step, &'static str, &'static str),
    Give,
}

impl Answers {
    pub(super) fn read(fields: &Fields) -> Self {
        fn words<T: std::str::FromStr>(fields: &Fields, name: &str) -> Vec<T> {
            fields.all(name).filter_map(|word| word.parse().ok()).collect()
        }
        let mut answers = Self {
            to: To::parse(fields.one("grantee")),
            categories: words(fields, "category"),
            actions: words(fields, "action").into_iter().filter(|action| *action != Action::Share).collect(),
            purposes: words(fields, "purpose"),
            until: Until::ALL
                .into_iter()
                .chain([Until::Open])
                .find(|until| until.code() == fields.one("until")),
            until_day: fields.one("until_date").to_owned(),
            thing: Thing::read(fields),
            only: Only::read(fields),
            span: SPAN.map(|name| fields.one(name).to_owned()),
            uses: fields.one("uses").parse().ok().filter(|uses| (1..=USES_MAX).contains(uses)),
            changed: Changed::read(fields),
        };
        if let Some(to) = answers.to {
            let (rooms, deeds) = (to.rooms(), to.deeds());
            answers.categories.retain(|room| rooms.contains(room));
            answers.actions.retain(|deed| deeds.contains(deed));
            answers.purposes.retain(|aim| to.is_for(*aim));
        }
        answers
    }

    /// `step` is the page just answered; `back` asks for an earlier one. No page is passed that is not answered.
    pub(super) fn turn(&self, fields: &Fields, today: NaiveDate) -> Turn {
        let named = |name: &str| Step::ALL.into_iter().find(|step| step.code() == fields.one(name));
        if let Some(step) = named("back") {
            return Turn::Show(step);
        }
        let Some(answered) = named("step") else { return Turn::Show(Step::Who) };
        let upto = Step::ALL.into_iter().take(answered.number());
        if let Some(wrong) = upto.clone().find_map(|step| self.wrong(step, today)) {
            return wrong;
        }
        Step::ALL.get(answered.number()).map_or(Turn::Give, |next| Turn::Show(*next))
    }

    fn wrong(&self, step: Step, today: NaiveDate) -> Option<Turn> {
        let question = if self.thing.is_some() { "only" } else { "category" };
        let asks_for_part = self.thing.is_some() || self.standing_part().is_some();
        let (wrong, field, key) = match step {
            // A thing brings its room along.
            Step::Who if self.to.is_some() && self.thing.is_some() && self.categories.is_empty() => {
                (true, "grantee", "share-beyond-role")
            }
            Step::Who => (self.to.is_none(), "grantee", "share-who-wrong"),
            Step::What if self.span_of().is_none() => (true, SPAN[0], "part-span-wrong"),
            Step::What if asks_for_part && self.only.is_none() => (true, "only", "part-only-wrong"),
            Step::What if self.is_part() && self.categories.contains(&Category::Demographics) => {
                (true, question, "part-one-thing")
            }
            Step::What
                if self.categories.len() > 1 && self.categories.iter().any(|room| room.is_protected()) =>
            {
                (true, question, "share-own-grant")
            }
            Step::What => (self.categories.is_empty(), question, "share-what-wrong"),
            Step::Why if self.is_part() && self.actions.contains(&Action::Contribute) => {
                (true, "action", "part-read-only")
            }
            Step::Why if self.actions.is_empty() => (true, "action", "share-may-wrong"),
            Step::Why => (self.purposes.is_empty(), "purpose", "share-for-wrong"),
            Step::Until if self.until.is_none() => (true, "until", "share-until-wrong"),
            Step::Until => (self.end(today).is_none(), "until_date", "share-until-wrong"),
            Step::Check => (false, "", ""),
        };
        wrong.then_some(Turn::Wrong(step, field, key))
    }

    /// The first page that is not answered as it must be; the last one where all are.
    pub(super) fn next(&self, today: NaiveDate) -> Step {
        Step::ALL.into_iter().find(|step| self.wrong(*step, today).is_some()).unwrap_or(Step::Check)
    }

    /// The last day of sharing, or that it is good until it is stopped; none where there is no such day.
    pub(super) fn end(&self, today: NaiveDate) -> Option<Option<NaiveDate>> {
        match self.until? {
            Until::Open => Some(None),
            _ => self.last_day(today).map(Some),
        }
    }

    /// The last day of sharing: after today.
    pub(super) fn last_day(&self, today: NaiveDate) -> Option<NaiveDate> {
        let months = |count| today.checked_add_months(Months::new(count));
        let day = match self.until? {
            Until::Month => months(1),
            Until::HalfYear => months(6),
            Until::Year => months(12),
            Until::Day => self.until_day.parse().ok(),
            Until::Open => None,
        };
        day.filter(|day| *day > today)
    }

    /// Whether something of the categories is not shared.
    pub(super) fn is_part(&self) -> bool {
        self.thing.is_some() || self.kept_part().is_some() || self.span.iter().any(|day| !day.is_empty())
    }

    /// The part that a grant shares that is changed.
    pub(super) fn standing_part(&self) -> Option<&Part> {
        self.changed.as_ref()?.part.as_ref()
    }

    fn kept_part(&self) -> Option<&Part> {
        self.standing_part().filter(|_| self.only == Some(Only::Kept))
    }

    /// The first day and the last, where they are named; none where they cannot be read, or the last comes first.
    fn span_of(&self) -> Option<[Option<NaiveDate>; 2]> {
        let day = |text: &String| match text.as_str() {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        };
        let [first, last] = &self.span;
        let span = [day(first)?, day(last)?];
        let in_order = matches!(span, [Some(first), Some(last)] if last < first);
        (!in_order).then_some(span)
    }

    /// What of the categories is shared; none: all of them.
    pub(super) fn narrowing(&self) -> Option<Narrowing> {
        let named = match (self.thing, self.only, self.kept_part()) {
            (Some(thing), Some(only), _) => only.narrowing(thing),
            (None, _, Some(part)) => told(part),
            _ => Narrowing::default(),
        };
        let [first, last] = self.span_of()?;
        self.is_part().then(|| Narrowing {
            occurred_from_time: first.map(|day| timestamp(days::beginning(day))).or(named.occurred_from_time),
            occurred_until_time: last.and_then(days::end).map(timestamp).or(named.occurred_until_time),
            ..named
        })
    }

    /// What travels along on a page that does not ask for it.
    pub(super) fn carried(&self, step: Step) -> Vec<Carried> {
        let mut carried = Vec::new();
        let mut carry = |at: Option<Step>, name: &str, value: String| {
            if at != Some(step) && !value.is_empty() {
                carried.push(Carried { name: name.to_owned(), value });
            }
        };
        let (who, what, why, until) = (Step::Who, Step::What, Step::Why, Step::Until);
        carry(Some(who), "grantee", self.to.map(To::value).unwrap_or_default());
        // No page asks for the thing where it began, or for the room that it is in.
        carry(None, "thing", self.thing.map(Thing::value).unwrap_or_default());
        let room = self.thing.is_none().then_some(what);
        self.categories.iter().for_each(|word| carry(room, "category", word.to_string()));
        carry(Some(what), "only", self.only.map(Only::value).unwrap_or_default());
        SPAN.iter().zip(&self.span).for_each(|(name, day)| carry(Some(what), name, day.clone()));
        self.actions.iter().for_each(|word| carry(Some(why), "action", word.to_string()));
        self.purposes.iter().for_each(|word| carry(Some(why), "purpose", word.to_string()));
        carry(Some(until), "until", self.until.map(Until::code).unwrap_or_default().to_owned());
        carry(Some(until), "until_date", self.until_day.clone());
        carry(Some(until), "uses", self.uses.map(|uses| uses.to_string()).unwrap_or_default());
        for (name, value) in self.changed.iter().flat_map(Changed::carried) {
            carry(None, name, value);
        }
        carried
    }
}

#[cfg(test)]
mod tests;
