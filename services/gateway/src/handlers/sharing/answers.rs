//! The answers to the questions of sharing. They travel in the form from page to page: nothing is kept before the last button.
use super::thing::{Only, Thing};
use crate::{
    form::Fields,
    handlers::days,
    pages::sharing::{Carried, Step},
};
use chrono::{Months, NaiveDate};
use holdfast_proto::{
    Word as _,
    consent::v1::{Grantee, Narrowing, grantee::Kind},
    timestamp,
};
use holdfast_types::{AccountId, Action, Category, PracticeId, Purpose, Role};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    Account(AccountId),
    Practice(PracticeId, Role),
}

impl To {
    /// As the form sends it: `account:<uuid>`, `therapist:<uuid>` or `front-desk:<uuid>` of a practice.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            "account" => Some(Self::Account(id.parse().ok()?)),
            _ => {
                let role =
                    kind.parse().ok().filter(|role| [Role::Therapist, Role::FrontDesk].contains(role))?;
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
}

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
        Self {
            to: To::parse(fields.one("grantee")),
            categories: words(fields, "category"),
            actions: words(fields, "action").into_iter().filter(|action| *action != Action::Share).collect(),
            purposes: words(fields, "purpose"),
            until: Until::ALL.into_iter().find(|until| until.code() == fields.one("until")),
            until_day: fields.one("until_date").to_owned(),
            thing: Thing::read(fields),
            only: Only::read(fields),
            span: SPAN.map(|name| fields.one(name).to_owned()),
        }
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
        let (wrong, field, key) = match step {
            Step::Who => (self.to.is_none(), "grantee", "share-who-wrong"),
            Step::What if self.span_of().is_none() => (true, SPAN[0], "part-span-wrong"),
            Step::What if self.thing.is_some() && self.only.is_none() => (true, question, "part-only-wrong"),
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
            Step::Until => (self.last_day(today).is_none(), "until_date", "share-until-wrong"),
            Step::Check => (false, "", ""),
        };
        wrong.then_some(Turn::Wrong(step, field, key))
    }

    /// The last day of sharing: after today.
    pub(super) fn last_day(&self, today: NaiveDate) -> Option<NaiveDate> {
        let months = |count| today.checked_add_months(Months::new(count));
        let day = match self.until? {
            Until::Month => months(1),
            Until::HalfYear => months(6),
            Until::Year => months(12),
            Until::Day => self.until_day.parse().ok(),
        };
        day.filter(|day| *day > today)
    }

    /// Whether something of the categories is not shared.
    pub(super) fn is_part(&self) -> bool {
        self.thing.is_some() || self.span.iter().any(|day| !day.is_empty())
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
        let named = self.thing.zip(self.only).map(|(thing, only)| only.narrowing(thing)).unwrap_or_default();
        let [first, last] = self.span_of()?;
        self.is_part().then(|| Narrowing {
            occurred_from_time: first.map(|day| timestamp(days::beginning(day))),
            occurred_until_time: last.and_then(days::end).map(timestamp),
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
        carried
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: &str = "account:0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001";

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 30).unwrap()
    }

    fn turn(pairs: &[(&str, &str)]) -> Turn {
        let fields = fields(pairs);
        Answers::read(&fields).turn(&fields, today())
    }

    const ALL: [(&str, &str); 6] = [
        ("grantee", ANA),
        ("category", "goals"),
        ("category", "notes"),
        ("action", "read"),
        ("purpose", "TREAT"),
        ("until", "until-month"),
    ];

    fn with(extra: (&'static str, &'static str)) -> Vec<(&'static str, &'static str)> {
        ALL.into_iter().chain([extra]).collect()
    }

    #[test]
    fn each_answered_page_leads_to_the_next_and_the_last_one_shares() {
        let steps: Vec<Turn> = Step::ALL.map(|step| turn(&with(("step", step.code())))).into();
        let next = [
            Turn::Show(Step::What),
            Turn::Show(Step::Why),
            Turn::Show(Step::Until),
            Turn::Show(Step::Check),
            Turn::Give,
        ];
        assert_eq!(steps, next);
    }

    #[test]
    fn no_page_is_passed_without_an_answer_not_even_by_a_made_up_form() {
        assert_eq!(turn(&[("step", "who")]), Turn::Wrong(Step::Who, "grantee", "share-who-wrong"));
        assert_eq!(
            turn(&[("step", "check"), ("grantee", ANA)]),
            Turn::Wrong(Step::What, "category", "share-what-wrong")
        );
        let without = |name: &str| -> Vec<(&str, &str)> {
            ALL.into_iter().filter(|(own, _)| *own != name).chain([("step", "check")]).collect()
        };
        assert_eq!(turn(&without("action")), Turn::Wrong(Step::Why, "action", "share-may-wrong"));
        assert_eq!(turn(&without("purpose")), Turn::Wrong(Step::Why, "purpose", "share-for-wrong"));
        assert_eq!(turn(&without("until")), Turn::Wrong(Step::Until, "until", "share-until-wrong"));
        assert_eq!(turn(&[]), Turn::Show(Step::Who));
        assert_eq!(turn(&[("step", "elsewhere")]), Turn::Show(Step::Who));
    }

    #[test]
    fn an_earlier_page_can_be_asked_for_again_with_all_answers_kept() {
        let fields = fields(&with(("back", "what")));
        let answers = Answers::read(&fields);
        assert_eq!(answers.turn(&fields, today()), Turn::Show(Step::What));
        let carried: Vec<(String, String)> =
            answers.carried(Step::What).into_iter().map(|one| (one.name, one.value)).collect();
        assert!(carried.iter().all(|(name, _)| name != "category"));
        assert_eq!(carried.len(), 4);
        let all: Vec<(String, String)> =
            answers.carried(Step::Check).into_iter().map(|one| (one.name, one.value)).collect();
        assert_eq!(Answers::read(&Fields::new(all)), answers, "what travels along comes back");
    }

    #[test]
    fn sharing_ends_on_a_day_after_today() {
        let last = |pairs: &[(&str, &str)]| Answers::read(&fields(pairs)).last_day(today());
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
        assert_eq!(last(&[("until", "until-month")]), day(2026, 12, 30));
        assert_eq!(last(&[("until", "until-half-year")]), day(2027, 5, 30));
        assert_eq!(last(&[("until", "until-year")]), day(2027, 11, 30));
        assert_eq!(last(&[("until", "until-date"), ("until_date", "2026-12-01")]), day(2026, 12, 1));
        for wrong in ["2026-11-30", "2025-01-01", "tomorrow", ""] {
            assert_eq!(last(&[("until", "until-date"), ("until_date", wrong)]), None, "{wrong}");
        }
        assert_eq!(last(&[]), None);
    }

    #[test]
    fn a_part_is_what_is_named_or_happened_between_two_days_and_is_not_for_writing() {
        let id = "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001";
        let read = |extra: &[(&str, &str)]| Answers::read(&fields(&[ALL.as_slice(), extra].concat()));
        assert_eq!(read(&[]).narrowing(), None);
        let item = format!("item:{id}");
        let only = read(&[("thing", &item), ("only", "thing")]);
        assert_eq!(only.narrowing().unwrap().item_ids, [id]);
        let author = format!("author:{id}");
        let hers = read(&[("thing", &item), ("only", &author)]);
        assert_eq!(hers.narrowing().unwrap().author_account_ids, [id]);
        let span = read(&[("span_from", "2026-01-01"), ("span_until", "2026-01-31")]).narrowing().unwrap();
        assert!(span.occurred_from_time.is_some() && span.occurred_until_time.is_some());
        let wrong = |extra: &[(&str, &str)], step| read(extra).wrong(step, today());
        let what = |field, key| Some(Turn::Wrong(Step::What, field, key));
        assert_eq!(wrong(&[("thing", &item)], Step::What), what("only", "part-only-wrong"));
        let back = [("span_from", "2026-02-01"), ("span_until", "2026-01-31")];
        assert_eq!(wrong(&back, Step::What), what("span_from", "part-span-wrong"));
        assert_eq!(wrong(&[("span_until", "soon")], Step::What), what("span_from", "part-span-wrong"));
        let named = [("span_from", "2026-02-01"), ("category", "demographics")];
        assert_eq!(wrong(&named, Step::What), what("category", "part-one-thing"));
        let beside = [("category", "substance-use")];
        assert_eq!(wrong(&beside, Step::What), what("category", "share-own-grant"));
        let write = [("span_from", "2026-02-01"), ("action", "contribute")];
        assert_eq!(wrong(&write, Step::Why), Some(Turn::Wrong(Step::Why, "action", "part-read-only")));
        let all: Vec<(String, String)> =
            hers.carried(Step::What).into_iter().map(|one| (one.name, one.value)).collect();
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"thing") && names.contains(&"category") && !names.contains(&"only"));
    }

    #[test]
    fn nobody_is_given_what_only_holders_do_and_no_role_beside_the_two() {
        assert_eq!(Answers::read(&fields(&[("action", "share")])).actions, []);
        let id = "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001";
        for (text, known) in [("therapist", true), ("front-desk", true), ("operator", false), ("", false)] {
            assert_eq!(To::parse(&format!("{text}:{id}")).is_some(), known, "{text}");
        }
        for text in [ANA.to_owned(), format!("front-desk:{id}")] {
            assert_eq!(To::parse(&text).unwrap().value(), text);
        }
        assert_eq!(To::parse("account:seven"), None);
    }
}
