//! Writes each session's note from what was counted in it, in the voice of who writes.

mod aba;
mod therapy;
mod words;

use crate::bank::Objective;
use crate::dice::Dice;
use crate::model::{
    Addendum, Better, Credential, Datum, Goal, NoteKind, Person, Section, Session, Sex, Signature,
    SignatureRole,
};
use crate::place;
use crate::roster::Blueprint;
use chrono::{Duration, NaiveDate, Timelike};

/// One number of the day, with the one before it.
pub(crate) struct Taken<'a> {
    pub(crate) goal: &'a Goal,
    pub(crate) objective: &'static Objective,
    pub(crate) datum: &'a Datum,
    pub(crate) before: Option<&'a Datum>,
    /// Values at or past the threshold in a row, today included.
    pub(crate) run: usize,
}

pub(crate) struct Scene<'a> {
    pub(crate) blueprint: &'a Blueprint,
    pub(crate) author: &'a Person,
    pub(crate) taken: Vec<Taken<'a>>,
    /// Goals of the service that are being taught.
    pub(crate) open: Vec<(&'a Goal, &'static Objective)>,
    pub(crate) away_days: i64,
    pub(crate) peers_missing: bool,
    /// Phase changes of this very day.
    pub(crate) changes: Vec<(&'a Goal, &'a str)>,
}

impl Scene<'_> {
    fn child(&self) -> &str {
        &self.blueprint.name.given
    }

    fn they(&self) -> &'static str {
        match self.blueprint.sex {
            Sex::Female => "she",
            Sex::Male => "he",
        }
    }

    /// Whether the author shares the family's language.
    fn talks_directly(&self) -> bool {
        self.blueprint.interpreter.is_none_or(|language| self.author.languages.contains(&language))
    }

    fn assesses(&self) -> bool {
        self.author.credential().is_some_and(Credential::assesses)
    }

    fn parent(&self, session: &Session) -> Option<&'static str> {
        let present = session.present.first()?;
        self.blueprint
            .family
            .iter()
            .find(|member| member.account == *present)
            .map(|member| words::relation(member.relationship))
    }
}

impl Taken<'_> {
    /// Better than last time, worse, or neither by more than a tenth.
    fn direction(&self) -> Option<std::cmp::Ordering> {
        let (now, before) = (self.datum.value.value(), self.before?.value.value());
        let better = match self.objective.rule.better {
            Better::More => now - before,
            Better::Less => before - now,
        };
        let margin = 0.08 * now.abs().max(before.abs()).max(0.5);
        Some(if better.abs() <= margin { std::cmp::Ordering::Equal } else { better.total_cmp(&0.0) })
    }
}

pub(crate) fn write(seed: u64, today: NaiveDate, session: &mut Session, scene: &Scene<'_>) {
    let mut dice = Dice::new(seed, format!("note {}", session.key));
    let sections = match session.note.kind {
        NoteKind::Technician => aba::technician(&mut dice, session, scene),
        NoteKind::ProtocolChange => aba::protocol(&mut dice, session, scene),
        NoteKind::CaregiverTraining => aba::family(&mut dice, session, scene),
        NoteKind::Soap => therapy::soap(&mut dice, session, scene),
        NoteKind::Dap => therapy::dap(&mut dice, session, scene),
    };
    session.note.sections = sections
        .into_iter()
        .map(|(heading, text)| Section { heading, text: words::sentence_case(&text) })
        .collect();
    session.note.goals = if scene.taken.is_empty() {
        scene.open.iter().take(2).map(|(goal, _)| goal.key.clone()).collect()
    } else {
        scene.taken.iter().map(|taken| taken.goal.key.clone()).collect()
    };
    session.note.data = scene.taken.iter().map(|taken| taken.datum.key.clone()).collect();
    sign(&mut dice, today, session, scene);
}

/// Most sign within the hour, one in ten the next day, one or two in a hundred late and with an addendum.
fn sign(dice: &mut Dice, today: NaiveDate, session: &mut Session, scene: &Scene<'_>) {
    let midnight = place::at(today, 0);
    let soon = session.end + Duration::minutes((40.0 * (0.6 * dice.normal()).exp()).clamp(3.0, 200.0) as i64);
    let day = session.start.date_naive();
    let lateness = dice.unit();
    let late = lateness < 0.015;
    let mut signed = if late {
        place::at(place::open_day(day + Duration::days(3)), dice.between(8 * 60 + 6, 16 * 60 + 52))
    } else if lateness < 0.115 {
        place::at(place::open_day(day + Duration::days(1)), dice.between(7 * 60 + 8, 9 * 60 + 34))
    } else {
        soon
    };
    let written_in_time = signed >= midnight;
    if written_in_time {
        signed = soon.min(place::at(day, 23 * 60 + 20));
    }
    session.note.written = (signed - Duration::minutes(dice.between(1, 4))).max(session.end);
    session.note.signatures.push(Signature {
        person: session.rendering.clone(),
        role: SignatureRole::Author,
        time: signed,
    });
    let supervisor = scene
        .author
        .supervisor()
        .filter(|_| scene.author.credential().is_some_and(Credential::needs_co_signature));
    if let Some(supervisor) = supervisor {
        let time = place::at(
            place::open_day(signed.date_naive() + Duration::days(1)),
            7 * 60 + dice.between(32, 75),
        );
        if time < midnight {
            session.note.signatures.push(Signature {
                person: supervisor.clone(),
                role: SignatureRole::CoSigner,
                time,
            });
        }
    }
    if let Some(analyst) = session.supervised_by.clone() {
        let evening = signed.hour() >= 19;
        let next = place::at(
            place::open_day(signed.date_naive() + Duration::days(1)),
            dice.between(7 * 60 + 12, 8 * 60 + 55),
        );
        let time = if evening { next } else { signed + Duration::minutes(dice.between(18, 190)) };
        if time < midnight {
            session.note.signatures.push(Signature {
                person: analyst,
                role: SignatureRole::SupervisorPresent,
                time,
            });
        }
    }
    if late && !written_in_time {
        let time = signed + Duration::minutes(dice.between(3, 25));
        let text = format!(
            "Late entry. Note of {} was written from the data sheet of that day; the sheet is kept with the record.",
            session.start.format("%b %-d")
        );
        session.note.addendum = Some(Addendum { author: session.rendering.clone(), time, text });
    }
}
