//! Notes of behaviour services: the technician counts, the analyst judges and changes, the family learns.

use super::{Scene, words};
use crate::dice::Dice;
use crate::model::{Measure, Session};

type Sections = Vec<(&'static str, String)>;

/// 97153: what was run and counted. No judgement, no plan.
pub(super) fn technician(dice: &mut Dice, session: &Session, scene: &Scene<'_>) -> Sections {
    let child = scene.child();
    let mut run: Vec<String> = scene
        .open
        .iter()
        .map(|(goal, objective)| format!("{} ({})", goal.label, dice.pick(objective.activities)))
        .collect();
    run.truncate(4);
    let reinforcers = dice.shuffled(if scene.blueprint.months < 84 {
        &[
            "bubbles",
            "train videos",
            "trampoline turns",
            "a marble run",
            "songs",
            "drawing cars",
            "tickles on request",
            "the swing",
            "dinosaur book",
            "kinetic sand",
        ]
    } else {
        &[
            "comic book",
            "train videos",
            "trampoline turns",
            "card tricks",
            "own playlist",
            "drawing cars",
            "basketball throws",
            "the swing",
            "building set",
            "maps on the tablet",
        ]
    });
    let liked: Vec<String> = reinforcers.iter().take(2).map(|item| (*item).to_owned()).collect();
    let opening = match dice.between(0, 3) {
        0 => format!(
            "{child} came in {} and chose {} first.",
            dice.pick(&["at an easy pace", "running", "holding a toy car", "slowly, then smiling"]),
            liked.first().map_or("bubbles", String::as_str)
        ),
        1 => format!(
            "Session began with {} minutes of free play with {}.",
            dice.between(6, 17),
            liked.last().map_or("blocks", String::as_str)
        ),
        2 => format!(
            "{child} checked the picture board at the door and hung up the bag {}.",
            dice.pick(&["alone", "after one gesture", "with a model"])
        ),
        _ => format!("Preference check first: {}.", words::list(&liked)),
    };
    let programmes = if run.is_empty() {
        format!("{} blocks of play-based practice with targets from the sheet.", dice.between(3, 6))
    } else {
        format!(
            "Ran, as written: {}. {} trials, {} of them mixed into play.",
            words::list(&run),
            dice.between(38, 96),
            dice.pick(&["about half", "a third", "two thirds"])
        )
    };
    let data = if scene.taken.is_empty() {
        let targets = dice.between(4, 9);
        format!(
            "Trial sheet with {targets} targets attached; weekly probe not due today. Help most often used: {}.",
            dice.pick(&["gesture", "model", "light touch", "spoken cue", "wait of five seconds"])
        )
    } else {
        scene.taken.iter().map(|taken| words::counted(dice, taken, false)).collect::<Vec<_>>().join(" ")
    };
    vec![
        (
            "What was done",
            format!(
                "{opening} {programmes} Reinforcers: {}, delivered by the schedule on the sheet.",
                words::list(&liked)
            ),
        ),
        ("Data", data),
        ("Behaviour and breaks", behaviour(dice, session, scene)),
        ("Handover", handover(dice, session, scene)),
    ]
}

fn behaviour(dice: &mut Dice, session: &Session, scene: &Scene<'_>) -> String {
    let child = scene.child();
    let counted = scene.taken.iter().find_map(|taken| match taken.datum.value {
        Measure::Rate { count, minutes } => Some((count, minutes)),
        _ => None,
    });
    let seen = match counted {
        Some((0, minutes)) => format!("No hitting or kicking in {minutes} observed minutes."),
        Some((count, minutes)) => format!(
            "Hitting or kicking {} in {minutes} observed minutes; before it mostly: {}; after it: {}.",
            words::times(i64::from(count)),
            dice.pick(&["a liked toy was put away", "a new task", "waiting", "a peer came close"]),
            dice.pick(&[
                "break card shown, break of two minutes",
                "cue repeated once, then help",
                "moved two steps back, waited"
            ])
        ),
        None => match dice.between(0, 3) {
            0 => format!("{child} asked for a break by card {}.", words::times(dice.between(1, 4))),
            1 => format!(
                "Cried for about {} minutes when {}; comforted, back to play.",
                dice.between(2, 5),
                dice.pick(&["the tablet ended", "a door slammed", "a tower fell"])
            ),
            2 => format!(
                "Walked away from a task {} and came back {}.",
                words::times(dice.between(1, 4)),
                dice.pick(&["alone", "after the picture cue"])
            ),
            _ => "None of the behaviours on the sheet.".to_owned(),
        },
    };
    let pause = if session.break_minutes > 0 {
        format!(" Snack and rest of {} minutes taken out of the time.", session.break_minutes)
    } else {
        String::new()
    };
    format!("{seen}{pause}")
}

fn handover(dice: &mut Dice, session: &Session, scene: &Scene<'_>) -> String {
    let who = scene.parent(session).unwrap_or_else(|| {
        scene.blueprint.guardian().map_or("parent", |member| words::relation(member.relationship))
    });
    let child = scene.child();
    match dice.between(0, 4) {
        0 => format!("Told the {who} what was practised and what {child} liked."),
        1 => format!(
            "{child} left with the {who} at the planned door; day's highlights given in two sentences."
        ),
        2 => format!(
            "{who} asked about {}; passed on to the analyst.",
            dice.pick(&["bedtime", "the new card", "next week's times", "the week-end"])
        ),
        3 => format!(
            "Showed the {who} the {} used today.",
            dice.pick(&["break card", "picture strip", "two-minute card", "choice board"])
        ),
        _ => format!(
            "{who} said {child} {}.",
            dice.pick(&[
                "slept badly",
                "had been at the doctor's",
                "had eaten late",
                "was looking forward to coming",
                "had lost a favourite toy"
            ])
        ),
    }
}

/// 97155: what was seen, what was changed and why.
pub(super) fn protocol(dice: &mut Dice, session: &Session, scene: &Scene<'_>) -> Sections {
    let child = scene.child();
    let focus = if scene.open.is_empty() { None } else { Some(dice.pick(&scene.open)) };
    let label = focus.map_or("play targets", |(goal, _)| goal.label.as_str());
    let activity = focus.map_or("play", |(_, objective)| *dice.pick::<&str>(objective.activities));
    let seen = match dice.between(0, 2) {
        0 => format!(
            "Joined {child} and the technician for {label} with {activity}: {} of {} trials needed no help.",
            dice.between(2, 6),
            dice.between(7, 10)
        ),
        1 => format!(
            "{child} present throughout. Watched {activity}: the wait before help was {} seconds, the sheet says five.",
            dice.between(2, 4)
        ),
        _ => format!(
            "Ran {} trials of {label} myself with {child}, then watched the technician run {}.",
            dice.between(5, 12),
            dice.between(5, 10)
        ),
    };
    let today = scene
        .changes
        .first()
        .map(|(goal, reason)| format!("{}: phase line drawn today, {reason}.", goal.label));
    let changed = today.unwrap_or_else(|| {
        let (change, why) = *dice.pick(&[
            ("help is now given from least to most", "the model was copied before trying"),
            (
                "three new pictures added, two known ones rested",
                "the known ones were right at first try three times",
            ),
            ("the break card moved to the table edge", "it was out of reach when it was needed"),
            ("trials shortened to blocks of four", "answers got slower after the sixth"),
            ("reinforcer changed after a new preference check", "the old one was pushed away twice"),
            ("a peer added to the second half", "the skill was shown with adults only"),
            ("wait before help set to five seconds", "help came before a try was possible"),
            ("probe moved to the start of the block", "the first trial tells most"),
            ("no change to the steps, criterion kept", "two points are too few to judge"),
            ("pictures replaced by photos of the own home", "drawings were not matched to the real place"),
            ("praise made specific to the step", "it came after the wrong step twice"),
        ]);
        format!("{label}: {change}, because {why}.")
    });
    let direction = match dice.between(0, 3) {
        0 => format!(
            "Modelled {} trials, technician repeated {}, feedback given at once.",
            dice.between(3, 6),
            dice.between(4, 8)
        ),
        1 => format!(
            "Fidelity sheet with the technician: {} of 12 steps as written; practised the missing ones.",
            dice.between(9, 12)
        ),
        2 => "Second observer for ten minutes: numbers agreed on 9 of 10 trials.".to_owned(),
        _ => {
            format!("Went through the data sheet together; {} scoring questions settled.", dice.between(2, 4))
        }
    };
    vec![
        ("Observed", seen),
        ("Changed and why", changed),
        ("Direction to the technician", direction),
        (
            "Next",
            format!(
                "{} Reviewed {} minutes of data with {child} present.",
                dice.pick(&[
                    "Look again after three sessions.",
                    "Probe with another adult next week.",
                    "Same plan at home on one day.",
                    "Talk it over in family training."
                ]),
                session.minutes() / 4
            ),
        ),
    ]
}

/// 97156: who came, what was taught, how it went.
pub(super) fn family(dice: &mut Dice, session: &Session, scene: &Scene<'_>) -> Sections {
    let who = scene.parent(session).unwrap_or("parent");
    let child = scene.child();
    let there = if session.client_present {
        format!("{child} joined for the practice part.")
    } else {
        format!("{child} not present.")
    };
    let interpreter = if scene.talks_directly() { "" } else { " Interpreter present." };
    let skill = *dice.pick(&[
        "waiting five seconds before helping",
        "offering two choices",
        "the break card at home",
        "the bedtime routine",
        "ending screen time with the two-minute card",
        "praising the step, not the child",
    ]);
    let score = if scene.taken.is_empty() {
        format!(
            "Rehearsed {} times; the last try needed {}.",
            dice.between(2, 5),
            dice.pick(&["one reminder", "no reminder", "the sheet in hand"])
        )
    } else {
        scene.taken.iter().map(|taken| words::counted(dice, taken, true)).collect::<Vec<_>>().join(" ")
    };
    let barrier = *dice.pick(&[
        "Evenings are short when both parents work late.",
        "Baby brother wakes up during the routine.",
        "The card was lost; two copies sent.",
        "Grandparents do it differently; a one-page sheet was made for them.",
        "It went well on four evenings, and on two it was skipped.",
        "Hard on the days of changing homes.",
        "Tired on therapy days, better at week-ends.",
    ]);
    vec![
        ("Attended", format!("{who}. {there}{interpreter}")),
        ("Taught", format!("{skill}: explained, shown, tried by the {who}, feedback given.")),
        ("How it went", format!("{score} {barrier}")),
        (
            "Next",
            format!(
                "{} Next meeting in two weeks.",
                dice.pick(&[
                    "Use it at one time of day only.",
                    "Film one try if it is easy.",
                    "Keep the sheet on the fridge.",
                    "Write down two good moments."
                ])
            ),
        ),
    ]
}
