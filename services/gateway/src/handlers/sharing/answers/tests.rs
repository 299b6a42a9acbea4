//! What the pages ask next, and what travels along.
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
fn what_a_role_never_sees_is_no_answer_whoever_made_the_form() {
    let id = "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001";
    let school = format!("school-coordinator:{id}");
    let made =
        [("grantee", school.as_str()), ("category", "goals"), ("category", "claims"), ("purpose", "HPAYMT")];
    let read = Answers::read(&fields(&made));
    assert_eq!(
        (read.categories.as_slice(), read.purposes.as_slice()),
        ([Category::Goals].as_slice(), [].as_slice())
    );
    let item = format!("item:{id}");
    let claim =
        [("grantee", school.as_str()), ("thing", item.as_str()), ("category", "claims"), ("step", "who")];
    assert_eq!(turn(&claim), Turn::Wrong(Step::Who, "grantee", "share-beyond-role"));
}

#[test]
fn nobody_is_given_what_only_holders_do_and_no_role_that_is_none_to_share_with() {
    assert_eq!(Answers::read(&fields(&[("action", "share")])).actions, []);
    let id = "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001";
    for (text, known) in [
        ("therapist", true),
        ("front-desk", true),
        ("school-coordinator", true),
        ("operator", false),
        ("", false),
    ] {
        assert_eq!(To::parse(&format!("{text}:{id}")).is_some(), known, "{text}");
    }
    for text in [ANA.to_owned(), format!("front-desk:{id}")] {
        assert_eq!(To::parse(&text).unwrap().value(), text);
    }
    assert_eq!(To::parse("account:seven"), None);
}
