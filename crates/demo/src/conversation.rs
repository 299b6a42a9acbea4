//! Messages between families and their care teams: short, on phones, in the evening, some still waiting.

mod scripts;

use crate::dice::Dice;
use crate::model::{Cast, Key, Language, Message, Moment, Thread, Waiting};
use crate::place;
use crate::roster::{Blueprint, Service};
use chrono::{Duration, NaiveDate, Timelike};
use scripts::{SCRIPTS, Script, Voice};

const HOURS: (u32, u32) = (8, 17);

pub(crate) fn threads(seed: u64, today: NaiveDate, blueprint: &Blueprint) -> Vec<Thread> {
    let mut dice = Dice::new(seed, format!("threads {}", blueprint.key));
    let wanted =
        usize::try_from(if blueprint.cast.is_some() { dice.between(6, 8) } else { dice.between(2, 5) })
            .unwrap_or(3);
    let mine: Vec<&Script> =
        SCRIPTS.iter().filter(|script| script.cast.is_some() && script.cast == blueprint.cast).collect();
    let others: Vec<&Script> = SCRIPTS.iter().filter(|script| script.cast.is_none()).collect();
    let chosen: Vec<&Script> = mine.into_iter().chain(dice.shuffled(&others)).take(wanted).collect();
    let mut days: Vec<i64> = chosen.iter().map(|_| dice.between(2, 100)).collect();
    days.sort_unstable_by(|a, b| b.cmp(a));
    let last = chosen.len();
    chosen
        .into_iter()
        .zip(days)
        .enumerate()
        .filter_map(|(n, (script, back))| {
            // The last conversation is recent; in some the answer is still owed.
            let back = if n + 1 == last { dice.between(1, 3) } else { back };
            let service =
                blueprint.services.get(n % blueprint.services.len().max(1)).or(blueprint.services.first())?;
            Some(thread(&mut dice, today, blueprint, service, script, n, back, n + 1 == last))
                .filter(|thread| !thread.messages.is_empty())
        })
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "one call, right above")]
fn thread(
    dice: &mut Dice,
    today: NaiveDate,
    blueprint: &Blueprint,
    service: &Service,
    script: &Script,
    n: usize,
    back: i64,
    recent: bool,
) -> Thread {
    let key = blueprint.key.child(format!("thread-{}", n + 1));
    let spanish = blueprint.language == Language::Spanish;
    let language = if spanish { Language::Spanish } else { Language::English };
    let parent = blueprint
        .family
        .get(usize::from(blueprint.family.len() > 1 && dice.chance(0.25)))
        .or(blueprint.family.first());
    let family = match (script.by_client, &blueprint.account) {
        (true, Some(own)) => own.clone(),
        _ => parent.map_or_else(|| blueprint.key.clone(), |member| member.account.clone()),
    };
    let desk = Key::new(match service.practice.as_str() {
        "practice-speech" => "desk-speech",
        "practice-aba" => "desk-aba",
        _ => "desk-rivers",
    });
    let fill = |text: &str| text.replace("{child}", &blueprint.name.given);
    let kept = if recent && dice.chance(0.55) {
        script.lines.len().saturating_sub(1).max(1)
    } else {
        script.lines.len()
    };
    let mut time = evening(dice, today - Duration::days(back));
    if script.lines.first().is_some_and(|(voice, ..)| *voice != Voice::Family) {
        time = answered(time - Duration::days(1), dice.between(10, 200));
    }
    let mut messages: Vec<Message> = Vec::new();
    for (m, (voice, en, es)) in script.lines.iter().take(kept).enumerate() {
        if m > 0 {
            time = match voice {
                Voice::Family => awake(dice, time),
                Voice::Team | Voice::Desk => answered(time, dice.between(35, 420)),
            };
        }
        if time >= place::at(today, 0) {
            break;
        }
        let author = match voice {
            Voice::Family => family.clone(),
            Voice::Team => service.lead.clone(),
            Voice::Desk => desk.clone(),
        };
        messages.push(Message {
            key: key.child(format!("m{}", m + 1)),
            author,
            sent: time,
            language,
            body: fill(if spanish { es } else { en }),
        });
    }
    let mut participants = vec![family.clone()];
    for message in &messages {
        if !participants.contains(&message.author) {
            participants.push(message.author.clone());
        }
    }
    if participants.len() == 1 {
        participants.push(if script.lines.iter().any(|(voice, ..)| *voice == Voice::Desk) {
            desk
        } else {
            service.lead.clone()
        });
    }
    let unfinished = messages.len() < script.lines.len();
    let waiting = match messages.last() {
        Some(message) if unfinished && message.author == family => Waiting::CareTeam { since: message.sent },
        Some(message) if unfinished => Waiting::Family { since: message.sent },
        _ => Waiting::Nobody,
    };
    Thread {
        key,
        practice: service.practice.clone(),
        topic: script.topic,
        subject: fill(if spanish { script.subject.1 } else { script.subject.0 }),
        participants,
        messages,
        waiting,
        confidential: script.by_client && blueprint.cast == Some(Cast::E),
    }
}

/// Most families write after supper.
fn evening(dice: &mut Dice, date: NaiveDate) -> Moment {
    let minute = if dice.chance(0.7) {
        dice.between(18 * 60 + 35, 22 * 60 + 20)
    } else {
        dice.between(7 * 60 + 2, 16 * 60 + 40)
    };
    place::at(date, minute)
}

/// Some minutes or hours later, but not at night.
fn awake(dice: &mut Dice, since: Moment) -> Moment {
    let time = since + Duration::minutes(dice.between(9, 190));
    if (6..23).contains(&time.hour()) {
        time
    } else {
        place::at(since.date_naive() + Duration::days(1), dice.between(6 * 60 + 41, 8 * 60 + 15))
    }
}

/// So many minutes later, counted in working hours.
fn answered(since: Moment, minutes: i64) -> Moment {
    let (open, close) = HOURS;
    let mut day = since.date_naive();
    let mut from = i64::from(since.hour() * 60 + since.minute());
    let mut left = minutes;
    for _ in 0..10 {
        let begin = from.max(i64::from(open) * 60);
        let end = i64::from(close) * 60;
        if !place::is_closed(day) && begin < end {
            if begin + left < end {
                return place::at(day, begin + left);
            }
            left -= end - begin;
        }
        day += Duration::days(1);
        from = 0;
    }
    since + Duration::days(3)
}
