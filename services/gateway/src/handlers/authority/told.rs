//! Who acts for the person of a record, in words: for its family, and for the network's people.
mod cards;

use crate::{
    directory::Known,
    failure::Failure,
    pages::parts::{Fact, Link, Person, When},
    shelf::{Open, role},
    visitor::Signed,
    words::Words,
};
use chrono::{DateTime, Months, NaiveDate, Utc};
use holdfast_proto::{
    Word as _,
    consent::v1::{Authority, AuthorityBasis, AuthorityWord, Freeze, ListAuthorityResponse},
    documents::v1::ListDocumentsRequest,
    time,
};
use holdfast_types::{Action, Category, Relationship};
use prost_types::Timestamp;
use std::collections::{BTreeSet, HashMap};

pub(super) const PAPERS_MAX: i32 = 200;

/// Who reads it.
pub(super) enum Reader<'a> {
    /// With what the person is called.
    Family(&'a Open, &'a str),
    /// An officer or an administrator, with the record's number.
    Desk(&'a Signed, &'a str),
}

impl Reader<'_> {
    pub(super) fn signed(&self) -> &Signed {
        match self {
            Self::Family(open, _) => open,
            Self::Desk(signed, _) => signed,
        }
    }
}

/// What a list of consent's says, with names for its accounts.
pub(super) struct Told<'a> {
    reader: &'a Reader<'a>,
    known: Known,
    /// Of papers that the reader may open, by id.
    titles: HashMap<String, String>,
    list: &'a ListAuthorityResponse,
    /// About when it is.
    at: DateTime<Utc>,
}

impl<'a> Told<'a> {
    pub(super) async fn of(
        reader: &'a Reader<'a>,
        list: &'a ListAuthorityResponse,
        at: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        let spans = list.spans.iter().chain(&list.later_spans).map(|span| span.account_id.as_str());
        let said = list.authorities.iter().flat_map(|one| [&one.account_id, &one.attested_by_account_id]);
        let stopped = list
            .freezes
            .iter()
            .flat_map(|one| [&one.account_id, &one.placed_by_account_id, &one.reviewed_by_account_id]);
        let known = reader.signed().known(spans.chain(said.chain(stopped).map(String::as_str))).await?;
        let shown = list.authorities.iter().any(|one| !papers(one).is_empty());
        let titles = match reader {
            Reader::Family(open, _) if shown => open.titles_of_papers().await.into_iter().collect(),
            _ => HashMap::new(),
        };
        Ok(Self { titles, ..Self::knowing(reader, known, list, at) })
    }

    /// Where everybody's name is known already.
    pub(super) fn knowing(
        reader: &'a Reader<'a>,
        known: Known,
        list: &'a ListAuthorityResponse,
        at: DateTime<Utc>,
    ) -> Self {
        Self { reader, known, titles: HashMap::new(), list, at }
    }

    /// When the person was born and where they live.
    pub(super) fn person(&self) -> Vec<Fact> {
        let words = self.words();
        let born = self.born().map(|born| Fact::new(words.t("acts-born"), self.date(born)));
        let state = Some(&self.list.state).filter(|state| !state.is_empty());
        let state = state.map(|state| Fact::new(words.t("acts-state"), state.trim_start_matches("US-")));
        born.into_iter().chain(state).collect()
    }

    /// Those who hold something, each once.
    pub(super) fn accounts(&self) -> Vec<&'a str> {
        let mut accounts: Vec<&str> = Vec::new();
        for span in &self.list.spans {
            if !accounts.contains(&span.account_id.as_str()) {
                accounts.push(&span.account_id);
            }
        }
        accounts
    }

    /// What an account is called, and what it is towards the record.
    pub(super) fn who(&self, account: &str) -> Person {
        let (signed, words) = (self.reader.signed(), self.words());
        let held = self.relationship(account);
        let is = held.map(|held| match held {
            Relationship::Patient => words.t("role-patient"),
            held => words.t(role(held)),
        });
        if account == signed.who.account_id.to_string() {
            let is = is.filter(|_| held != Some(Relationship::Patient));
            return Person::new(
                signed.who.name(),
                is.into_iter().chain([words.t("role-you")]).collect::<Vec<_>>().join(", "),
            );
        }
        // Of families, only those who work here learn the names.
        let name = self.known.name(account).unwrap_or_else(|| match (held, self.reader) {
            (Some(Relationship::Patient), Reader::Family(_, name)) => (*name).to_owned(),
            (Some(Relationship::Parent), _) => words.t("acts-other-parent"),
            (Some(Relationship::Guardian), _) => words.t("acts-other-guardian"),
            (Some(Relationship::Proxy), _) => words.t("acts-other-proxy"),
            _ => words.t("who-unknown"),
        });
        Person::new(name, is.unwrap_or_default())
    }

    pub(super) fn authority(&self, id: &str) -> Option<&'a Authority> {
        self.list.authorities.iter().find(|authority| authority.authority_id == id)
    }

    pub(super) fn freeze(&self, id: &str) -> Option<&'a Freeze> {
        self.list.freezes.iter().find(|freeze| freeze.freeze_id == id)
    }

    /// What an authority is of, and what it rests on.
    pub(super) fn about(&self, authority: &Authority) -> Vec<Fact> {
        let words = self.words();
        let of = |action: Action| authority.actions.contains(&action.to_proto());
        let held = |has: bool| rooms(words, if has { &authority.categories } else { &[] });
        let mut facts = vec![
            Fact::new(words.t("acts-reads"), held(of(Action::Read))),
            Fact::new(words.t("acts-decides"), held(of(Action::Share))),
            Fact::new(words.t("acts-from"), self.day(authority.from_time.as_ref())),
            Fact::new(words.t("acts-until"), self.end(authority.until_time.as_ref())),
            self.rests(authority),
        ];
        if authority.in_place_of_person {
            facts.push(Fact::new(words.t("acts-in-place"), words.t("acts-in-place-yes")));
        }
        facts
    }

    pub(super) fn about_freeze(&self, freeze: &Freeze) -> Vec<Fact> {
        let words = self.words();
        let when = |at: Option<&Timestamp>| self.reader.signed().when(at).map(|when| when.text);
        let mut facts = vec![
            Fact::new(words.t("acts-stopped-from"), when(freeze.from_time.as_ref()).unwrap_or_default()),
            Fact::new(
                words.t("acts-stopped-until"),
                when(freeze.until_time.as_ref()).unwrap_or_else(|| words.t("acts-stopped-until-none")),
            ),
        ];
        // Why somebody was stopped is for those who look into it.
        if let Reader::Desk(..) = self.reader {
            let name = |account: &str| self.who(account).name;
            facts.push(Fact::new(words.t("acts-stopped-why"), freeze.reason.clone()));
            facts.push(Fact::new(words.t("acts-stopped-by"), name(&freeze.placed_by_account_id)));
            if !freeze.reviewed_by_account_id.is_empty() {
                facts.push(Fact::new(words.t("acts-reviewed-by"), name(&freeze.reviewed_by_account_id)));
            }
        }
        facts
    }

    /// A birthday begins at midnight in UTC, wherever the page is read: its day, and which one it is.
    fn birthday(&self, at: &Timestamp) -> Option<(NaiveDate, u32)> {
        let (born, moment) = (self.born()?, time(at).ok()?);
        let day = moment.date_naive();
        let years = day.years_since(born).unwrap_or_default();
        // Who is born on a 29th of February has a birthday on the 28th where there is none.
        let whole = (years..=years + 1).find(|years| {
            born.checked_add_months(Months::new(years * 12)).is_some_and(|birthday| birthday == day)
        })?;
        (whole > 0 && moment == day.and_time(chrono::NaiveTime::MIN).and_utc()).then_some((day, whole))
    }

    fn rests(&self, authority: &Authority) -> Fact {
        let words = self.words();
        let word = match authority.word() {
            AuthorityWord::Attested => {
                let by = self.who(&authority.attested_by_account_id).name;
                words.say("acts-attested").with("name", by).plain()
            }
            AuthorityWord::Waits => words.t("acts-unseen"),
            AuthorityWord::Own | AuthorityWord::Unspecified
                if authority.basis() == AuthorityBasis::Appointment =>
            {
                String::new()
            }
            AuthorityWord::Own | AuthorityWord::Unspecified => words.t("acts-own-word"),
        };
        let evidence = authority.evidence.clone().unwrap_or_default();
        let issued = evidence.issued_date.parse().ok().map(|day| self.date(day));
        let issued = issued.map(|day| words.say("acts-issued").with("when", day).plain());
        let numbers = match self.reader {
            Reader::Desk(..) => papers(authority),
            Reader::Family(..) => &[],
        };
        let numbers = numbers.iter().map(|id| words.say("acts-paper").with("title", id).plain());
        let parts = [words.t(basis(authority.basis())), word, issued.unwrap_or_default(), evidence.note];
        let said = parts.into_iter().chain(numbers).filter(|part| !part.is_empty());
        Fact::new(words.t("acts-basis"), said.collect::<Vec<_>>().join(" · "))
    }

    fn papers(&self, authority: &Authority) -> Vec<Link> {
        let Reader::Family(open, _) = self.reader else { return Vec::new() };
        let link = |(id, title): (&String, &String)| {
            let text = self.words().say("acts-paper").with("title", title).plain();
            Link::new(open.path(&format!("/papers/{id}")), text)
        };
        let own = papers(authority).iter().filter_map(|id| Some((id, self.titles.get(id)?)));
        own.map(link).collect()
    }

    /// By what it holds; before it holds anything, by what was said.
    fn relationship(&self, account: &str) -> Option<Relationship> {
        let spans = self.list.spans.iter().chain(&self.list.later_spans);
        let mut held = spans.filter(|span| span.account_id == account);
        let said = || self.list.authorities.iter().find(|one| one.account_id == account);
        match held.next() {
            Some(span) => Relationship::from_proto(span.relationship),
            None => said().map(|one| relationship(one.basis())),
        }
    }

    fn born(&self) -> Option<NaiveDate> {
        self.list.birth_date.parse().ok()
    }

    fn words(&self) -> Words {
        self.reader.signed().words()
    }

    fn date(&self, day: NaiveDate) -> String {
        When::day(self.words(), day, self.reader.signed().local_now().date_naive()).text
    }

    fn day(&self, at: Option<&Timestamp>) -> String {
        let birthday = at.and_then(|at| self.birthday(at)).map(|(day, _)| self.date(day));
        let day = || self.reader.signed().day(at).map(|day| day.text);
        birthday.or_else(day).unwrap_or_default()
    }

    fn end(&self, at: Option<&Timestamp>) -> String {
        if at.is_none() { self.words().t("acts-until-none") } else { self.day(at) }
    }
}

impl Open {
    /// The newest papers that the reader may open, by id; none where there are none to open.
    pub(super) async fn titles_of_papers(&self) -> Vec<(String, String)> {
        let asked = ListDocumentsRequest {
            patient_id: self.patient_id(),
            page_size: PAPERS_MAX,
            ..ListDocumentsRequest::default()
        };
        let listed = self.documents().list_documents(asked).await.map(tonic::Response::into_inner);
        let listed = listed.map(|answer| answer.documents).unwrap_or_default();
        listed.into_iter().map(|paper| (paper.document_id, paper.title)).collect()
    }
}

/// Every room by its name: a line that says what is held, or closes, leaves none out.
fn rooms(words: Words, numbers: &[i32]) -> String {
    let held: BTreeSet<Category> =
        numbers.iter().filter_map(|number| Category::from_proto(*number)).collect();
    match held.len() {
        0 => words.t("acts-nothing"),
        count if count == Category::ALL.len() => words.t("rooms-all"),
        _ => held.into_iter().map(|room| words.category(room)).collect::<Vec<_>>().join(", "),
    }
}

fn papers(authority: &Authority) -> &[String] {
    authority.evidence.as_ref().map(|shown| shown.document_ids.as_slice()).unwrap_or_default()
}

pub(super) const fn basis(basis: AuthorityBasis) -> &'static str {
    match basis {
        AuthorityBasis::Unspecified => "acts-basis-none",
        AuthorityBasis::Person => "acts-basis-person",
        AuthorityBasis::Birth => "acts-basis-birth",
        AuthorityBasis::Custody => "acts-basis-custody",
        AuthorityBasis::CourtOrder => "acts-basis-court-order",
        AuthorityBasis::FosterPlacement => "acts-basis-foster",
        AuthorityBasis::Guardianship => "acts-basis-guardianship",
        AuthorityBasis::PowerOfAttorney => "acts-basis-power",
        AuthorityBasis::Incapacity => "acts-basis-incapacity",
        AuthorityBasis::Assent => "acts-basis-assent",
        AuthorityBasis::Appointment => "acts-basis-appointment",
    }
}

const fn relationship(basis: AuthorityBasis) -> Relationship {
    match basis {
        AuthorityBasis::Person => Relationship::Patient,
        AuthorityBasis::Unspecified
        | AuthorityBasis::Birth
        | AuthorityBasis::Custody
        | AuthorityBasis::Assent => Relationship::Parent,
        AuthorityBasis::CourtOrder
        | AuthorityBasis::FosterPlacement
        | AuthorityBasis::Guardianship
        | AuthorityBasis::PowerOfAttorney
        | AuthorityBasis::Incapacity => Relationship::Guardian,
        AuthorityBasis::Appointment => Relationship::Proxy,
    }
}
