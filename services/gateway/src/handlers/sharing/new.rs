//! Sharing something new: one question a page, then all answers to check, then the grant.
use super::{
    answers::{Answers, SPAN, To, Turn, Until},
    change::told,
    thing::{Only, Thing},
};
use crate::{
    failure::{Answer as Answered, Failure},
    form::Fields,
    handlers::{
        days,
        given::{actions, purposes, rooms},
    },
    pages::{
        Tab,
        parts::{Choice, Field, Problem, When},
        sharing::{Answer, Carried, Question, Share, Step},
        show, show_as,
    },
    shelf::Open,
    site::Site,
    words::Words,
};
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use holdfast_access::Roles;
use holdfast_host::{Reason, catalogue};
use holdfast_proto::{
    Word as _,
    audit::v1::rehearse_change_request::Change,
    consent::v1::{GiveGrantRequest, Grant},
    identity::v1::{Practice, SearchDirectoryRequest},
    timestamp,
};
use holdfast_types::{Action, Category, Narrowing, OrganizationKind, Purpose, Role};
use http::StatusCode;
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

/// Practices that the first page offers unasked; a search finds the others.
const PRACTICES_MAX: usize = 12;
const PEOPLE_MAX: i32 = 20;
/// Offered to whoever looks for the organisation.
const SOUGHT: [Role; 2] = [Role::Supervisor, Role::Billing];
const SEARCH_CHARACTERS_MAX: u32 = 100;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/sharing/new", get(form).post(step))
        .route("/r/{r}/i/{item}/share", get(of_item))
        .route("/r/{r}/papers/{paper}/share", get(of_paper))
}

async fn form(open: Open) -> Answered {
    Failure::shown_if(open.record.may_share())?;
    open.stepped_up()?;
    let fields = Fields::default();
    Ok(show(&page(&open, &fields, &Answers::read(&fields), Step::Who, Vec::new()).await?))
}

async fn of_item(open: Open, Path((_, id)): Path<(String, Uuid)>) -> Answered {
    of_thing(open, Thing::Item(id)).await
}

async fn of_paper(open: Open, Path((_, id)): Path<(String, Uuid)>) -> Answered {
    of_thing(open, Thing::Paper(id)).await
}

/// The same questions, with the thing and its room answered.
async fn of_thing(open: Open, thing: Thing) -> Answered {
    Failure::shown_if(open.record.may_share())?;
    open.stepped_up()?;
    let categories = vec![thing.find(&open).await?.room];
    let (thing, only) = (Some(thing), Some(Only::Thing));
    let answers = Answers { thing, only, categories, ..Answers::default() };
    Ok(show(&page(&open, &Fields::default(), &answers, Step::Who, Vec::new()).await?))
}

async fn step(open: Open, fields: Fields) -> Answered {
    let answers = Answers::read(&fields);
    let problem =
        |field: &str, key: &str| vec![Problem { field: field.to_owned(), text: open.words().t(key) }];
    let searched = !fields.one("find").is_empty() && fields.one("find") != fields.one("found");
    let (step, problems) = match answers.turn(&fields, open.local_now().date_naive()) {
        // A new search is an answer to no question yet.
        _ if searched && fields.one("step") == Step::Who.code() => (Step::Who, Vec::new()),
        Turn::Show(step) => (step, Vec::new()),
        Turn::Wrong(step, field, key) => (step, problem(field, key)),
        Turn::Give => match give(&open, &fields, &answers).await {
            Ok(()) => return Ok(Redirect::to(&open.path("/sharing")).into_response()),
            Err(failure) => {
                let key = said(&failure).ok_or(failure)?;
                (Step::Check, problem("answers", key))
            }
        },
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(show_as(status, &page(&open, &fields, &answers, step, problems).await?))
}

/// The grant that the answers describe.
fn draft(open: &Open, answers: &Answers) -> Result<Grant, Failure> {
    let last_day = answers.end(open.local_now().date_naive()).ok_or_else(Failure::bad_form)?;
    let changed = answers.changed.as_ref();
    Ok(Grant {
        grantee: answers.to.map(To::grantee),
        categories: answers.categories.iter().map(|word| word.to_proto()).collect(),
        actions: answers.actions.iter().map(|word| word.to_proto()).collect(),
        purposes: answers.purposes.iter().map(|word| word.to_proto()).collect(),
        from_time: changed.and_then(|changed| changed.from).map(timestamp),
        until_time: last_day.and_then(days::end).map(timestamp),
        narrowing: answers.narrowing(),
        uses_max: answers.uses.and_then(|uses| i32::try_from(uses).ok()).unwrap_or_default(),
        replaces_grant_id: changed.map(|changed| changed.grant.to_string()).unwrap_or_default(),
        ..Grant::default()
    })
}

async fn give(open: &Open, fields: &Fields, answers: &Answers) -> Result<(), Failure> {
    let draft = draft(open, answers)?;
    let asked = GiveGrantRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        grantee: draft.grantee,
        categories: draft.categories,
        actions: draft.actions,
        purposes: draft.purposes,
        from_time: draft.from_time,
        until_time: draft.until_time,
        narrowing: draft.narrowing,
        uses_max: draft.uses_max,
        replaces_grant_id: draft.replaces_grant_id,
        replaces_etag: answers.changed.as_ref().map(|changed| changed.etag.clone()).unwrap_or_default(),
    };
    open.wrote(open.consent().give_grant(asked).await?.into_inner().position);
    open.say_next(if answers.changed.is_some() { "sharing-changed" } else { "sharing-given" });
    Ok(())
}

fn said(failure: &Failure) -> Option<&'static str> {
    const SAID: [(&Reason, &str); 8] = [
        (catalogue::OWN_GRANT_NEEDED, "share-own-grant"),
        (catalogue::GRANT_BEYOND_ROLE, "share-beyond-role"),
        (catalogue::ETAG_MISMATCH, "share-changed-meanwhile"),
        (catalogue::ALREADY_REVOKED, "share-changed-meanwhile"),
        (catalogue::GRANT_NOT_CHANGEABLE, "share-changed-meanwhile"),
        (catalogue::GRANT_TO_HOLDER, "share-to-holder"),
        (catalogue::TOO_MANY_GRANTS, "share-too-many"),
        (catalogue::PERIOD_ENDS_BEFORE_IT_BEGINS, "share-until-wrong"),
    ];
    SAID.iter().find(|(reason, _)| failure.is(reason)).map(|(_, key)| *key)
}

pub(super) async fn page(
    open: &Open,
    fields: &Fields,
    answers: &Answers,
    step: Step,
    problems: Vec<Problem>,
) -> Result<Share, Failure> {
    let words = open.words();
    let question = |name, key: &str, many, choices| Question {
        name,
        legend: words.t(key),
        hint: String::new(),
        many,
        choices,
    };
    let mut carried = answers.carried(step);
    let (mut shown, mut boxes) = (Vec::new(), Vec::new());
    match step {
        Step::Who => {
            let find = fields.one("find");
            let find_field = Field::of("search", "find", words.t("share-find"))
                .hint(words.t("share-find-hint"))
                .value(find)
                .optional();
            boxes.push(Field { size_max: SEARCH_CHARACTERS_MAX, ..find_field });
            carried.push(Carried { name: "found".to_owned(), value: find.to_owned() });
            let choices = people(open, find, answers.to).await?;
            let legend = if choices.is_empty() { "share-found-none" } else { "share-who" };
            shown.push(question("grantee", legend, false, choices));
        }
        Step::What if let Some(thing) = answers.thing => {
            let found = thing.find(open).await?;
            let mut choices = vec![Choice::new(Only::Thing.value(), found.title)];
            choices.extend(found.author.map(|(account, name)| {
                let all = words.say("part-author-in").with("name", name);
                Choice::new(
                    Only::Author(account).value(),
                    all.with("room", words.category(found.room)).plain(),
                )
            }));
            let chosen = answers.only.unwrap_or(Only::Thing).value();
            let choices = choices.into_iter().map(|choice| {
                let so = choice.value == chosen;
                choice.chosen(so)
            });
            shown.push(question("only", "part-only", false, choices.collect()));
        }
        Step::What => {
            if let Some(part) = answers.standing_part() {
                shown.push(question("only", "part-only", false, kept(open, answers, part).await?));
            }
            let choice = |room: &Category| {
                let choice = Choice::new(room.as_str(), words.category(*room));
                let choice =
                    if room.is_protected() { choice.hint(words.t("share-own-grant-hint")) } else { choice };
                choice.chosen(answers.categories.contains(room))
            };
            let rooms = answers.to.map_or_else(|| Category::ALL.to_vec(), To::rooms);
            shown.push(question("category", "share-kinds", true, rooms.iter().map(choice).collect()));
            let day = |(name, value): (&'static str, &String)| {
                let wrong = problems.iter().find(|problem| problem.field == name);
                let wrong = wrong.map(|problem| problem.text.clone());
                let field = Field::of("date", name, words.t(name)).hint(words.t("part-span-hint"));
                Field { wrong, ..field.value(value.clone()).optional() }
            };
            boxes.extend(SPAN.into_iter().zip(&answers.span).map(day));
        }
        Step::Why => {
            let to = answers.to.ok_or_else(Failure::bad_form)?;
            let may = |action: &Action| {
                let usual = answers.actions.is_empty() && *action == Action::Read;
                Choice::new(action.as_str(), words.action(*action))
                    .chosen(usual || answers.actions.contains(action))
            };
            let aim = |purpose: &Purpose| {
                let usual = answers.purposes.is_empty() && Some(purpose) == to.purposes().first();
                Choice::new(purpose.as_str(), words.purpose(*purpose))
                    .chosen(usual || answers.purposes.contains(purpose))
            };
            let mut can = to.deeds();
            can.retain(|deed| !answers.is_part() || *deed != Action::Contribute);
            shown.push(question("action", "share-may", true, can.iter().map(may).collect()));
            let mut aims = to.purposes();
            aims.extend(answers.purposes.iter().filter(|aim| !to.purposes().contains(aim)));
            shown.push(question("purpose", "share-for", true, aims.iter().map(aim).collect()));
        }
        Step::Until => {
            let chosen = answers.until.unwrap_or(Until::Month);
            let choice =
                |until: Until| Choice::new(until.code(), words.t(until.code())).chosen(until == chosen);
            let open_ended = (chosen == Until::Open).then_some(Until::Open);
            let choices = Until::ALL.into_iter().chain(open_ended).map(choice);
            shown.push(question("until", "share-until", false, choices.collect()));
            shown.push(question("uses", "share-uses", false, how_often(words, answers.uses)));
            let day = Field::of("date", "until_date", words.t("share-until-date"))
                .hint(words.t("share-until-date-hint"));
            let wrong = problems
                .iter()
                .find(|problem| problem.field == "until_date")
                .map(|problem| problem.text.clone());
            boxes.push(Field { wrong, ..day.value(answers.until_day.clone()).optional() });
        }
        Step::Check => {}
    }
    let rehearsal = match step {
        Step::Check => Some(open.rehearse(Change::GiveGrant(draft(open, answers)?)).await),
        Step::Who | Step::What | Step::Why | Step::Until => None,
    };
    let fold = (step == Step::What && !boxes.is_empty())
        .then(|| answers.is_part() || boxes.iter().any(|field| field.wrong.is_some()));
    Ok(Share {
        fold,
        rehearsal,
        step,
        changing: answers.changed.is_some(),
        carried,
        questions: shown,
        fields: boxes,
        answers: if step == Step::Check { summary(open, answers).await? } else { Vec::new() },
        problems,
        frame: open.frame(Tab::Sharing).await,
    })
}

/// Without number, for a few visits, and for as many as it is.
fn how_often(words: Words, chosen: Option<u32>) -> Vec<Choice> {
    let mut numbers = vec![1, 3, 10];
    numbers.extend(chosen.filter(|uses| !numbers.contains(uses)));
    let any = Choice::new("any", words.t("share-uses-any")).chosen(chosen.is_none());
    let number = |uses: u32| {
        let label = words.say("share-uses-number").with("count", uses).plain();
        Choice::new(uses.to_string(), label).chosen(chosen == Some(uses))
    };
    std::iter::once(any).chain(numbers.into_iter().map(number)).collect()
}

/// The part that stands, and all of the rooms.
async fn kept(open: &Open, answers: &Answers, part: &Narrowing) -> Result<Vec<Choice>, Failure> {
    let standing = Grant { narrowing: Some(told(part)), ..Grant::default() };
    let said = open.parts(std::slice::from_ref(&standing)).await?.of(open, &standing).unwrap_or_default();
    let choice = |only: Only, label| Choice::new(only.value(), label).chosen(answers.only == Some(only));
    Ok(vec![choice(Only::Kept, said), choice(Only::Whole, open.words().t("part-whole"))])
}

/// Organisations, people that a search finds, and whoever is chosen already.
async fn people(open: &Open, find: &str, chosen: Option<To>) -> Result<Vec<Choice>, Failure> {
    let words = open.words();
    let known = open.known([]).await?;
    let mut offered: Vec<(To, String, String)> = Vec::new();
    let named = known.organizations().into_iter().filter(|one| is_named(open, one, find));
    for practice in named.take(PRACTICES_MAX) {
        let Ok(id) = practice.practice_id.parse() else { continue };
        let kind = kind(practice);
        let roles = Roles::table().to_share_with(kind);
        // Unasked, whom families mostly mean.
        let roles = roles.filter(|role| !find.is_empty() || !SOUGHT.contains(role));
        offered.extend(roles.map(|role| {
            let who = format!("{}: {}", words.organization_kind(kind), words.everybody(role));
            (To::Practice(id, role), known.organization(practice), who)
        }));
    }
    if !find.is_empty() {
        let asked = SearchDirectoryRequest {
            query: find.to_owned(),
            page_size: PEOPLE_MAX,
            ..SearchDirectoryRequest::default()
        };
        let found = open.identity().search_directory(asked).await?.into_inner().profiles;
        let known = open.known(found.iter().map(|profile| profile.account_id.as_str())).await?;
        for profile in &found {
            let person = known.actor(open, &profile.account_id);
            let at_work = known.at_work(&profile.account_id);
            // Whoever is not reached by name is offered as everybody of the role where they work.
            for (practice, role) in &at_work {
                let name = known.practice(open, &practice.to_string());
                offered.push((To::Practice(*practice, *role), name, words.everybody(*role)));
            }
            if let (true, Ok(account)) = (at_work.is_empty(), profile.account_id.parse()) {
                offered.push((To::Account(account), person.name, person.role));
            }
        }
    }
    if let Some(to) = chosen.filter(|to| offered.iter().all(|(own, ..)| own != to)) {
        let (name, role) = who(open, to).await?;
        offered.insert(0, (to, name, role));
    }
    let mut told = HashSet::new();
    offered.retain(|(to, ..)| told.insert(to.value()));
    let choice = |(to, name, role): (To, String, String)| {
        Choice::new(to.value(), name).hint(role).chosen(Some(to) == chosen)
    };
    Ok(offered.into_iter().map(choice).collect())
}

fn kind(practice: &Practice) -> OrganizationKind {
    OrganizationKind::from_proto(practice.kind).unwrap_or(OrganizationKind::Practice)
}

/// Found by its name, or by what it is: "school".
fn is_named(open: &Open, practice: &Practice, find: &str) -> bool {
    let said = [practice.display_name.clone(), open.words().organization_kind(kind(practice))];
    said.iter().any(|text| text.to_lowercase().contains(&find.to_lowercase()))
}

async fn who(open: &Open, to: To) -> Result<(String, String), Failure> {
    let grantee = to.grantee();
    let account = match to {
        To::Account(id) => Some(id.to_string()),
        To::Practice(..) => None,
    };
    let person = open.known(account.as_deref()).await?.grantee(open, Some(&grantee));
    Ok((person.name, person.role))
}

async fn summary(open: &Open, answers: &Answers) -> Result<Vec<Answer>, Failure> {
    let words = open.words();
    let answer = |step: Step, value: String| Answer { label: words.t(step.short_key()), value, step };
    let (name, role) = match answers.to {
        Some(to) => who(open, to).await?,
        None => (String::new(), String::new()),
    };
    let who = if role.is_empty() { name } else { format!("{name}, {role}") };
    let draft = draft(open, answers)?;
    let parts = open.parts(std::slice::from_ref(&draft)).await?;
    let what = parts.with(open, &draft, rooms(words, &draft.categories));
    let may = actions(words, &answers.actions.iter().map(|word| word.to_proto()).collect::<Vec<_>>());
    let aims = purposes(words, &answers.purposes.iter().map(|word| word.to_proto()).collect::<Vec<_>>());
    let today = open.local_now().date_naive();
    let until = match answers.end(today).flatten() {
        Some(day) => When::day(words, day, today).text,
        None => words.t("grant-open-ended"),
    };
    let until = match answers.uses {
        Some(uses) => format!("{until} · {}", words.say("share-uses-number").with("count", uses).plain()),
        None => until,
    };
    Ok(vec![
        answer(Step::Who, who),
        answer(Step::What, what),
        answer(Step::Why, format!("{may} · {aims}")),
        answer(Step::Until, until),
    ])
}
