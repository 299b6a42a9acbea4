//! Practice at home: what was asked for, and what families wrote down between long blanks.

use crate::bank;
use crate::dice::Dice;
use crate::model::{Cast, Done, Goal, GoalLevel, HomeActivity, HomeLog, Language};
use crate::place;
use crate::roster::{Blueprint, Service};
use chrono::{Duration, NaiveDate};

const LOGS_MAX: usize = 16;
const LOGS_MAX_CAST: usize = 24;

pub(crate) fn activities(
    seed: u64,
    blueprint: &Blueprint,
    service: &Service,
    goals: &[Goal],
) -> Vec<HomeActivity> {
    let mut dice = Dice::new(seed, format!("home {}", service.key));
    let spanish = blueprint.language == Language::Spanish;
    let tell = |(en, es): (&str, &str)| if spanish { es.to_owned() } else { en.to_owned() };
    let most = if service.goals > 3 { 2 } else { 1 };
    service
        .needs
        .iter()
        .filter_map(|need| {
            let aim = bank::long_term(*need)?;
            let goal = goals.iter().find(|goal| {
                goal.level == GoalLevel::LongTerm && goal.statement.starts_with(aim.statement)
            })?;
            Some(HomeActivity {
                key: goal.key.child("home"),
                goal: goal.key.clone(),
                discipline: service.discipline,
                name: tell(aim.home.name),
                purpose: tell((aim.plain, aim.plain_es)),
                steps: aim.home.steps.iter().map(|step| tell(*step)).collect(),
                dose: tell(aim.home.dose),
                days_a_week: aim.home.days_a_week,
                stop_rule: tell((
                    "Stop when it is no longer fun or something hurts",
                    "Pare cuando deje de ser divertido o si algo duele",
                )),
                language: if spanish { Language::Spanish } else { Language::English },
                taught_by: service.lead.clone(),
                from: goal.start + Duration::days(dice.between(8, 30)),
            })
        })
        .take(most)
        .collect()
}

pub(crate) fn logs(
    seed: u64,
    today: NaiveDate,
    blueprint: &Blueprint,
    activities: &[HomeActivity],
) -> Vec<HomeLog> {
    let limit = if blueprint.cast.is_some() { LOGS_MAX_CAST } else { LOGS_MAX };
    let mut all: Vec<HomeLog> =
        activities.iter().flat_map(|activity| of_activity(seed, today, blueprint, activity)).collect();
    all.sort_by_key(|log| (log.day, log.key.clone()));
    let surplus = all.len().saturating_sub(limit);
    all.split_off(surplus)
}

fn of_activity(seed: u64, today: NaiveDate, blueprint: &Blueprint, activity: &HomeActivity) -> Vec<HomeLog> {
    let mut dice = Dice::new(seed, format!("logs {}", activity.key));
    let spanish = activity.language == Language::Spanish;
    let films = blueprint.cast == Some(Cast::C);
    let mut all = Vec::new();
    let begin = activity.from.max(today - Duration::weeks(9));
    let mut writing = true;
    for day in begin.iter_days().take_while(|day| *day < today) {
        // Families write for a while, then not at all for a while.
        if dice.chance(if writing { 0.07 } else { 0.10 }) {
            writing = !writing;
        }
        let writes = dice.chance(f64::from(activity.days_a_week) / 7.0 * 0.85);
        let (fate, hard, say, which) =
            (dice.unit(), dice.between(1, 4) as u32, dice.chance(0.3), dice.between(0, 5) as usize);
        let (entry, who) = (dice.between(18 * 60 + 20, 22 * 60 + 40), dice.chance(0.3));
        let (mood, late, film) = (
            *dice.pick(&["happy", "calm", "tired", "cross", "playful"]),
            dice.chance(0.15),
            dice.chance(0.4),
        );
        if !writing || !writes {
            continue;
        }
        let done = match fate {
            f if f < 0.66 => Done::Yes,
            f if f < 0.85 => Done::Partly,
            _ => Done::No {
                reason: ["no time", "refused", "no time", "unclear", "no time", "ill"]
                    .get(which)
                    .copied()
                    .unwrap_or("no time"),
            },
        };
        let happened = !matches!(done, Done::No { .. });
        let by = if who { blueprint.family.get(1) } else { None }.or(blueprint.family.first());
        let Some(by) = by else { continue };
        let words: &[(&str, &str)] = if happened {
            &[
                ("Went better than last week.", "Salió mejor que la semana pasada."),
                (
                    "Only two rounds, then wanted to stop, so we stopped.",
                    "Solo dos veces; quiso parar y paramos.",
                ),
                ("Big sister did it with us.", "La hermana mayor lo hizo con nosotros."),
                ("Did it in the car instead.", "Lo hicimos en el carro."),
                ("Needed more help today.", "Hoy necesitó más ayuda."),
                ("Laughed the whole time!", "¡Se rió todo el tiempo!"),
            ]
        } else {
            &[
                ("Will try tomorrow.", "Mañana probamos."),
                ("Did not want to.", "No quiso."),
                ("Late shift.", "Turno de noche."),
                ("Not sure how to start.", "No sé bien cómo empezar."),
                ("Too tired, all of us.", "Todos muy cansados."),
                ("Feverish.", "Con fiebre."),
            ]
        };
        let note = say
            .then(|| words.get(which).map(|(en, es)| (if spanish { *es } else { *en }).to_owned()))
            .flatten();
        all.push(HomeLog {
            key: activity.key.child(day.format("%Y%m%d")),
            activity: activity.key.clone(),
            day,
            entered: if late && day + Duration::days(1) < today {
                place::at(day + Duration::days(1), entry)
            } else {
                place::at(day, entry)
            },
            by: by.account.clone(),
            done,
            difficulty: happened.then_some(hard),
            mood: happened.then_some(mood),
            note,
            language: activity.language,
            filmed: films && happened && film,
        });
    }
    all
}
