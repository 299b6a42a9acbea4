//! SOAP and DAP notes of speech, occupational and physical therapy.

use super::{Scene, words};
use crate::bank;
use crate::dice::Dice;
use crate::model::{Discipline, PhaseKind, Session, Setting};

type Sections = Vec<(&'static str, String)>;

pub(super) fn soap(dice: &mut Dice, session: &Session, scene: &Scene<'_>) -> Sections {
    let third = if scene.assesses() {
        ("Assessment", assessment(dice, scene))
    } else {
        ("Response", response(dice, scene))
    };
    vec![
        ("Subjective", said(dice, session, scene)),
        ("Objective", seen(dice, session, scene)),
        third,
        ("Plan", plan(dice, scene)),
    ]
}

pub(super) fn dap(dice: &mut Dice, session: &Session, scene: &Scene<'_>) -> Sections {
    let child = scene.child();
    let own = match dice.between(0, 5) {
        0 => format!("{child} rated the week {} of 5 for talking as much as wanted.", dice.between(2, 5)),
        1 => format!(
            "{child} said: \"{}\"",
            dice.pick(&[
                "I ordered my own food.",
                "I let my friend do the talking on the call.",
                "The presentation was bad, but I finished it.",
                "I stuttered on my name and it was okay.",
                "I do not want to do the reading thing today."
            ])
        ),
        2 => format!(
            "{child} brought a recording of {} and we listened together.",
            dice.pick(&["a game chat", "a class talk", "a voice message", "a call to the dentist"])
        ),
        3 => {
            format!("Own list looked through: {} of 6 situations tried since last time.", dice.between(1, 4))
        }
        4 => format!(
            "School: {}.",
            dice.pick(&[
                "oral report moved to small group by own request",
                "no talks this week",
                "substitute teacher finished a sentence for him",
                "spoke in band practice"
            ])
        ),
        _ => format!(
            "Tired after {}; shorter tasks agreed.",
            dice.pick(&["a test", "practice", "a late night"])
        ),
    };
    vec![
        ("Data", format!("{own} {}", seen(dice, session, scene))),
        ("Assessment", assessment(dice, scene)),
        ("Plan", plan(dice, scene)),
    ]
}

fn said(dice: &mut Dice, session: &Session, scene: &Scene<'_>) -> String {
    let (child, they) = (scene.child(), scene.they());
    let away = if scene.away_days >= 10 {
        format!(" First visit after {} days.", scene.away_days)
    } else {
        String::new()
    };
    let voice = match scene.parent(session) {
        Some(parent) => match dice.between(0, 5) {
            0 => format!(
                "The {parent} reports {}.",
                dice.pick(&[
                    "home practice on four days",
                    "home practice on two days, a busy week",
                    "no practice, everyone had a cold",
                    "practice in the car"
                ])
            ),
            1 => format!(
                "The {parent} heard {} at home.",
                dice.pick(&[
                    "two new words",
                    "a longer try than usual",
                    "the practised word in a song",
                    "a clear no"
                ])
            ),
            2 => format!("The {parent} asks whether to go on with the same home practice."),
            3 => format!("Slept {} hours, says the {parent}.", dice.between(6, 11)),
            4 => format!(
                "The {parent} says {they} {}.",
                dice.pick(&[
                    "was tired after preschool",
                    "was glad to come",
                    "had skipped the nap",
                    "has a runny nose, no fever"
                ])
            ),
            _ => format!(
                "The {parent} watched and joined the {} game.",
                dice.pick(&["last", "first", "second"])
            ),
        },
        None => match dice.between(0, 5) {
            0 => format!(
                "{child} told about {}.",
                dice.pick(&[
                    "a birthday",
                    "the class hamster",
                    "a football game",
                    "a new bike",
                    "a fight about the swing",
                    "the long bus ride",
                    "a film with dragons"
                ])
            ),
            1 => format!(
                "Teacher's note in the folder: {}.",
                dice.pick(&[
                    "joined circle time",
                    "hard morning",
                    "asked for help twice",
                    "wants tips for group work"
                ])
            ),
            2 => format!(
                "{child} chose the order of tasks: {} first.",
                dice.pick(&["the hardest", "the game", "the easiest", "the drawing"])
            ),
            3 => format!(
                "{child} said it was {} today.",
                dice.pick(&["a good day", "an okay day", "a loud day", "a boring day", "a tired day"])
            ),
            4 => format!(
                "At drop-off: {}.",
                dice.pick(&[
                    "no news",
                    "dentist yesterday",
                    "new shoes",
                    "change of bus",
                    "late dinner, early start"
                ])
            ),
            _ => format!(
                "{child} asked {}.",
                dice.pick(&[
                    "when it would be over",
                    "to show a new trick",
                    "for the same game again",
                    "to bring a friend"
                ])
            ),
        },
    };
    let pain = match session.discipline {
        Discipline::Physical if scene.blueprint.months >= 48 => format!(
            " Pain {} of 10 {}.",
            dice.between(0, 2),
            dice.pick(&["before and after", "at rest", "after activity"])
        ),
        _ => String::new(),
    };
    let interpreter = if scene.talks_directly() || session.present.is_empty() {
        ""
    } else {
        " Talked through the interpreter."
    };
    format!("{voice}{away}{pain}{interpreter}")
}

fn seen(dice: &mut Dice, session: &Session, scene: &Scene<'_>) -> String {
    let mut parts = Vec::new();
    if session.setting == Setting::Telehealth {
        parts.push(
            (*dice.pick(&[
                "By video; picture and sound good.",
                "By video; sound dropped once, called back.",
                "By video, on a tablet on the kitchen table.",
            ]))
            .to_owned(),
        );
    }
    if let Some(group) = &session.group {
        parts.push(format!(
            "Group of {}, {}.",
            group.clients,
            dice.pick(&[
                "own numbers kept for each child",
                "children led the second half",
                "theme chosen by the children"
            ])
        ));
    } else if scene.peers_missing {
        parts.push("The other group members were out, so seen one to one.".to_owned());
    }
    parts.extend(scene.taken.iter().map(|taken| words::counted(dice, taken, true)));
    if scene.taken.is_empty() {
        let names: Vec<String> = scene
            .open
            .iter()
            .take(2)
            .map(|(goal, objective)| format!("{} ({})", goal.label, dice.pick(objective.activities)))
            .collect();
        parts.push(format!(
            "Worked on: {}. No count taken, {}.",
            if names.is_empty() { "what the child brought".to_owned() } else { words::list(&names) },
            dice.pick(&[
                "teaching was new",
                "time went to the home practice",
                "the game was meant to be free",
                "a new set was tried out"
            ])
        ));
    }
    let timed: Vec<String> = session
        .lines
        .iter()
        .filter_map(|line| line.minutes.map(|minutes| format!("{} {minutes} min", line.words)))
        .collect();
    if !timed.is_empty() {
        parts.push(format!("Time: {}; {} min in all.", timed.join(", "), session.minutes()));
    }
    parts.join(" ")
}

fn assessment(dice: &mut Dice, scene: &Scene<'_>) -> String {
    if scene.taken.is_empty() {
        return (*dice.pick(&[
            "Took part throughout; next count at the coming visit.",
            "Needed most help at the start, less at the end.",
            "New material, too early to judge.",
        ]))
        .to_owned();
    }
    let all: Vec<String> =
        scene.taken.iter().take(3).map(|taken| words::judged(dice, scene, taken)).collect();
    let mut unique: Vec<String> = Vec::new();
    for one in all {
        if !unique.contains(&one) {
            unique.push(one);
        }
    }
    unique.join(" ")
}

/// An assistant says how it went, not what it means.
fn response(dice: &mut Dice, scene: &Scene<'_>) -> String {
    let child = scene.child();
    let one = match dice.between(0, 4) {
        0 => format!(
            "{child} stayed with each task for {} to {} minutes before a pause.",
            dice.between(3, 5),
            dice.between(6, 11)
        ),
        1 => format!(
            "{child} needed a reminder {} and asked for a pause {}.",
            words::times(dice.between(1, 6)),
            words::times(dice.between(1, 3))
        ),
        2 => format!(
            "{child} laughed at the {} and wanted another round.",
            dice.pick(&["cards", "race", "puppet", "last task"])
        ),
        3 => format!("Slower in the last {} minutes; finished with a liked game.", dice.between(5, 12)),
        _ => format!("{child} tried all tasks; help as listed."),
    };
    format!("{one} Numbers passed to the supervising therapist.")
}

fn plan(dice: &mut Dice, scene: &Scene<'_>) -> String {
    let mut parts = Vec::new();
    if scene.assesses()
        && let Some((goal, reason)) = scene.changes.first()
    {
        parts.push(format!("Changed for {}: {reason}.", goal.label));
    }
    let done = scene.taken.iter().find(|taken| {
        taken.run >= taken.objective.rule.consecutive && taken.datum.phase != PhaseKind::Baseline
    });
    match (done, scene.taken.first()) {
        (Some(taken), _) if scene.assesses() => {
            parts.push(format!("{}: stop teaching, probe in two weeks.", taken.goal.label))
        }
        (_, Some(taken)) => {
            let activity = dice.pick(taken.objective.activities);
            parts.push(match dice.between(0, 3) {
                0 => format!("Next: \"{}\" again, with {activity}.", taken.goal.label),
                1 => format!("Go on with {activity}, less help on the first try."),
                2 => format!("Next visit starts with \"{}\".", taken.goal.label),
                _ => format!("Same plan; {activity} if time allows."),
            });
        }
        (_, None) => parts.push("Count at the next visit.".to_owned()),
    }
    let home = scene
        .open
        .first()
        .and_then(|(_, objective)| bank::long_term(objective.need))
        .map(|aim| aim.home.name.0);
    if let Some(name) = home
        && dice.chance(0.55)
    {
        parts.push(match dice.between(0, 2) {
            0 => format!("Home: \"{name}\" as before."),
            1 => format!("Home practice reviewed (\"{name}\")."),
            _ => format!("Family shown \"{name}\" once more."),
        });
    }
    parts.join(" ")
}
