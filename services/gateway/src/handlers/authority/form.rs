//! The form that says who acts for somebody and by which papers: of a family, which proposes it, and of the network, which has seen them.
use super::told::basis as basis_key;
use crate::{
    dates,
    failure::Failure,
    form::Fields,
    handlers::days,
    pages::{
        parts::{Choice, Field},
        sharing::Question,
    },
    words::Words,
};
use chrono::{DateTime, Utc};
use holdfast_host::{Reason, catalogue};
use holdfast_proto::{
    Word as _,
    consent::v1::{AuthorityBasis, Evidence, RecordAuthorityRequest},
    timestamp,
};
use holdfast_types::{AccountId, Action, Category};
use std::str::FromStr;

/// A field, and the key of what its writer can put right.
pub(super) type Wrong = (&'static str, &'static str);

const NOTE_CHARACTERS_MAX: u32 = 200;
pub(super) const OTHER: &str = "other";
/// As a form sends it; a proxy is appointed.
const BASES: [(AuthorityBasis, &str); 9] = [
    (AuthorityBasis::Birth, "birth"),
    (AuthorityBasis::Custody, "custody"),
    (AuthorityBasis::CourtOrder, "court-order"),
    (AuthorityBasis::FosterPlacement, "foster"),
    (AuthorityBasis::Guardianship, "guardianship"),
    (AuthorityBasis::PowerOfAttorney, "power"),
    (AuthorityBasis::Incapacity, "incapacity"),
    (AuthorityBasis::Assent, "assent"),
    (AuthorityBasis::Person, "person"),
];
const IN_PLACE: [AuthorityBasis; 2] = [AuthorityBasis::Guardianship, AuthorityBasis::Incapacity];

/// What a form offers to choose.
pub(super) struct Offer {
    /// Accounts that are known, with what they are called.
    pub(super) accounts: Vec<(String, String)>,
    /// Papers of the record by id, with their titles.
    pub(super) papers: Vec<(String, String)>,
}

impl Offer {
    pub(super) fn questions(&self, words: Words, fields: &Fields) -> Vec<Question> {
        let who = self.accounts.iter().map(|(id, name)| Choice::new(id.clone(), name.clone()));
        let who = who.chain([Choice::new(OTHER, words.t("acts-who-other"))]);
        let basis = BASES.iter().map(|(basis, code)| Choice::new(*code, words.t(basis_key(*basis))));
        let papers = self.papers.iter().map(|(id, title)| Choice::new(id.clone(), title.clone()));
        let in_place = Choice::new("yes", words.t("acts-in-place-yes")).hint(words.t("acts-in-place-hint"));
        let mut questions = vec![
            question(words, fields, "who", "acts-who", false, who.collect()),
            question(words, fields, "basis", "acts-basis-what", false, basis.collect()),
            hinted(words, rooms(words, fields, Category::ALL)),
            hinted(words, actions(words, fields, Action::ALL)),
            question(words, fields, "in_place", "acts-in-place", true, vec![in_place]),
        ];
        if !self.papers.is_empty() {
            questions.push(question(words, fields, "paper", "acts-papers", true, papers.collect()));
        }
        questions
    }
}

pub(super) fn fields(words: Words) -> Vec<Field> {
    vec![
        account(words).optional(),
        Field::of("date", "from_day", words.t("acts-from-day")).hint(words.t("acts-from-hint")).optional(),
        until_day(words).hint(words.t("acts-until-hint")).optional(),
        Field::of("date", "issued_day", words.t("acts-issued-day")).optional(),
        note(words),
    ]
}

pub(super) fn account(words: Words) -> Field {
    Field::line("account", words.t("acts-account")).hint(words.t("acts-account-hint"))
}

pub(super) fn until_day(words: Words) -> Field {
    Field::of("date", "until_day", words.t("acts-until-day"))
}

pub(super) fn note(words: Words) -> Field {
    let note = Field::line("note", words.t("acts-note")).hint(words.t("acts-note-hint"));
    Field { size_max: NOTE_CHARACTERS_MAX, ..note }
}

pub(super) fn rooms(words: Words, fields: &Fields, of: &[Category]) -> Question {
    let choice = |room: &Category| Choice::new(room.as_str(), words.category(*room));
    question(words, fields, "category", "share-kinds", true, of.iter().map(choice).collect())
}

pub(super) fn actions(words: Words, fields: &Fields, of: &[Action]) -> Question {
    let choice = |action: &Action| Choice::new(action.as_str(), words.action(*action));
    question(words, fields, "action", "share-may", true, of.iter().map(choice).collect())
}

/// With what was chosen before.
pub(super) fn question(
    words: Words,
    fields: &Fields,
    name: &'static str,
    key: &str,
    many: bool,
    choices: Vec<Choice>,
) -> Question {
    let chosen = |choice: Choice| {
        let is_chosen = fields.all(name).any(|value| value == choice.value);
        choice.chosen(is_chosen)
    };
    let choices = choices.into_iter().map(chosen).collect();
    Question { name, legend: words.t(key), hint: String::new(), many, choices }
}

fn hinted(words: Words, question: Question) -> Question {
    Question { hint: words.t("acts-all-hint"), ..question }
}

/// What was typed stays, and says what is wrong with it.
pub(super) fn dressed(words: Words, typed: &Fields, wrong: Option<Wrong>, field: Field) -> Field {
    let field = Field { value: typed.one(field.name).to_owned(), ..field };
    match wrong.filter(|(name, _)| *name == field.name) {
        Some((_, key)) => field.wrong(words.t(key)),
        None => field,
    }
}

pub(super) fn chosen<T: FromStr>(fields: &Fields, name: &str) -> Vec<T> {
    fields.all(name).filter_map(|word| word.parse().ok()).collect()
}

/// The beginning of a day; none where nothing was typed.
pub(super) fn from_day(fields: &Fields) -> Result<Option<DateTime<Utc>>, Wrong> {
    match fields.one("from_day") {
        "" => Ok(None),
        day => dates::typed(day).map(days::beginning).map(Some).ok_or(("from_day", "acts-day-wrong")),
    }
}

/// The end of a day; none where nothing was typed.
pub(super) fn until(fields: &Fields) -> Result<Option<DateTime<Utc>>, Wrong> {
    match fields.one("until_day") {
        "" => Ok(None),
        day => dates::typed(day).and_then(days::end).map(Some).ok_or(("until_day", "acts-day-wrong")),
    }
}

pub(super) fn evidence(fields: &Fields) -> Result<Evidence, Wrong> {
    let issued_date = match fields.one("issued_day") {
        "" => String::new(),
        day => dates::typed(day).ok_or(("issued_day", "authority-day-wrong"))?.to_string(),
    };
    let (note, document_ids) = (fields.one("note").to_owned(), fields.all("paper").map(str::to_owned));
    let evidence = Evidence { document_ids: document_ids.collect(), issued_date, note };
    let said = !evidence.note.is_empty() || !evidence.document_ids.is_empty();
    if said && evidence.note.chars().count() <= NOTE_CHARACTERS_MAX as usize {
        Ok(evidence)
    } else {
        Err(("note", "acts-note-wrong"))
    }
}

pub(super) fn account_of(fields: &Fields) -> Result<String, Wrong> {
    let account = fields.one("account");
    account.parse::<AccountId>().map(|id| id.to_string()).map_err(|_| ("account", "acts-account-wrong"))
}

/// What the form says, without what names it and its record.
pub(super) fn asked(fields: &Fields) -> Result<RecordAuthorityRequest, Wrong> {
    let account_id = match fields.one("who") {
        "" if fields.one("account").is_empty() => return Err(("who", "acts-who-wrong")),
        "" | OTHER => account_of(fields)?,
        known => known.to_owned(),
    };
    let basis = BASES.iter().find(|(_, code)| *code == fields.one("basis"));
    let (basis, _) = *basis.ok_or(("basis", "acts-basis-wrong"))?;
    let (from, until) = (from_day(fields)?, until(fields)?);
    if basis == AuthorityBasis::FosterPlacement && until.is_none() {
        return Err(("until_day", "acts-foster-wrong"));
    }
    let in_place_of_person = fields.one("in_place") == "yes";
    if in_place_of_person && !IN_PLACE.contains(&basis) {
        return Err(("in_place", "acts-in-place-wrong"));
    }
    let evidence = evidence(fields)?;
    Ok(RecordAuthorityRequest {
        account_id,
        basis: basis.into(),
        categories: chosen::<Category>(fields, "category").iter().map(|word| word.to_proto()).collect(),
        actions: chosen::<Action>(fields, "action").iter().map(|word| word.to_proto()).collect(),
        from_time: from.map(timestamp),
        until_time: until.map(timestamp),
        in_place_of_person,
        evidence: Some(evidence),
        ..RecordAuthorityRequest::default()
    })
}

/// What its writer can put right of what consent refuses.
pub(super) fn said(failure: &Failure) -> Option<Wrong> {
    const SAID: [(&Reason, Wrong); 9] = [
        (catalogue::PROXY_OF_ONESELF, ("account", "acts-of-oneself")),
        (catalogue::ALREADY_HOLDER, ("account", "acts-already")),
        (catalogue::BEYOND_OWN_AUTHORITY, ("until_day", "acts-beyond")),
        (catalogue::PERIOD_ENDS_BEFORE_IT_BEGINS, ("until_day", "acts-day-wrong")),
        (catalogue::TOO_MANY_AUTHORITIES, ("account", "acts-many")),
        (catalogue::SECOND_PERSON_NEEDED, ("order", "acts-second")),
        (catalogue::AUTHORITY_ENDED, ("order", "acts-ended-already")),
        (catalogue::ETAG_MISMATCH, ("order", "acts-changed")),
        (catalogue::NOT_A_HOLDER, ("reason", "acts-not-holder")),
    ];
    const NAMED: [(&str, Wrong); 4] = [
        ("reason", ("reason", "acts-reason-wrong")),
        ("birth_date", ("birth_date", "acts-born-wrong")),
        ("state", ("state", "acts-state-wrong")),
        ("document_ids", ("note", "acts-papers-many")),
    ];
    let known = SAID.iter().find(|(reason, _)| failure.is(reason)).map(|(_, wrong)| *wrong);
    known.or_else(|| NAMED.iter().find(|(field, _)| failure.names(field)).map(|(_, wrong)| *wrong))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001";

    fn form(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn it_says_who_what_it_rests_on_and_by_which_paper() {
        let whole =
            [("who", ACCOUNT), ("basis", "custody"), ("note", "superior court"), ("category", "goals")];
        for (count, wrong) in [
            (0, ("who", "acts-who-wrong")),
            (1, ("basis", "acts-basis-wrong")),
            (2, ("note", "acts-note-wrong")),
        ] {
            assert_eq!(asked(&form(&whole[..count])), Err(wrong));
        }
        let said = asked(&form(&whole)).unwrap();
        assert_eq!((said.account_id.as_str(), said.basis()), (ACCOUNT, AuthorityBasis::Custody));
        assert_eq!((said.categories, said.actions), (vec![Category::Goals.to_proto()], vec![]));
        let by_paper = form(&[("who", ACCOUNT), ("basis", "custody"), ("paper", ACCOUNT)]);
        assert_eq!(asked(&by_paper).unwrap().evidence.unwrap().document_ids, [ACCOUNT]);
    }

    #[test]
    fn what_cannot_be_is_said_at_its_place() {
        let with = |name: &'static str, value: &'static str| {
            let rest =
                [("who", OTHER), ("account", ACCOUNT), ("basis", "foster"), ("until_day", "2030-01-01")];
            let kept = rest.into_iter().chain([("note", "order")]).filter(|(own, _)| *own != name);
            asked(&form(&kept.chain([(name, value)]).collect::<Vec<_>>())).map(|said| said.account_id)
        };
        assert_eq!(with("from_day", "2026-01-01"), Ok(ACCOUNT.to_owned()));
        assert_eq!(with("account", "seven"), Err(("account", "acts-account-wrong")));
        assert_eq!(with("until_day", ""), Err(("until_day", "acts-foster-wrong")));
        assert_eq!(with("until_day", "2030-02-30"), Err(("until_day", "acts-day-wrong")));
        assert_eq!(with("in_place", "yes"), Err(("in_place", "acts-in-place-wrong")));
        assert_eq!(with("issued_day", "once"), Err(("issued_day", "authority-day-wrong")));
    }
}
