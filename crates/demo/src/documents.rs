//! Papers in the record: made here, each marked as synthetic on every page.

use crate::dice::Dice;
use crate::model::{
    Cast, Discipline, Document, DocumentKind, Goal, GoalLevel, Key, Language, Person, SYNTHETIC,
};
use crate::roster::Blueprint;
use crate::{pdf, place};
use chrono::{Duration, NaiveDate};

pub(crate) fn papers(
    seed: u64,
    today: NaiveDate,
    blueprint: &Blueprint,
    goals: &[Goal],
    staff: &[Person],
) -> Vec<Document> {
    let mut dice = Dice::new(seed, format!("papers {}", blueprint.key));
    let Some(guardian) = blueprint.guardian() else { return Vec::new() };
    let mut kinds = Vec::new();
    let speech = blueprint.services.iter().any(|service| service.discipline == Discipline::Speech);
    if blueprint.school_age() && (blueprint.cast == Some(Cast::B) || dice.chance(0.4)) {
        kinds.push(DocumentKind::IepSummary);
    }
    if speech && (blueprint.cast.is_some() || dice.chance(0.4)) {
        kinds.push(DocumentKind::HearingTest);
    }
    match blueprint.cast {
        Some(Cast::C) => kinds.push(DocumentKind::IfspTransition),
        Some(Cast::D) => kinds.push(DocumentKind::OrthotistReport),
        Some(Cast::F) => kinds.push(DocumentKind::PayerLetter),
        _ => {}
    }
    if blueprint.cast.is_some() || dice.chance(0.5) {
        kinds.push(DocumentKind::PracticeLetter);
    }
    if dice.chance(0.3) {
        kinds.push(DocumentKind::FamilyNote);
    }
    kinds
        .into_iter()
        .map(|kind| {
            let date = place::open_day(today - Duration::days(dice.between(12, 80)));
            let lead = blueprint
                .services
                .first()
                .map_or_else(|| guardian.account.clone(), |service| service.lead.clone());
            let by = if matches!(kind, DocumentKind::PracticeLetter) {
                lead.clone()
            } else {
                guardian.account.clone()
            };
            document(&mut dice, blueprint, goals, staff, kind, date, by, &lead)
        })
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "one call, right above")]
fn document(
    dice: &mut Dice,
    blueprint: &Blueprint,
    goals: &[Goal],
    staff: &[Person],
    kind: DocumentKind,
    date: NaiveDate,
    by: Key,
    lead: &Key,
) -> Document {
    let (title, source, mut lines) = content(dice, blueprint, goals, staff, kind, date, lead);
    let spanish = kind == DocumentKind::FamilyNote && blueprint.language == Language::Spanish;
    let (media_type, bytes) = if kind == DocumentKind::FamilyNote {
        lines.push(String::new());
        lines.push(format!("[{SYNTHETIC}]"));
        ("text/plain", lines.join("\n").into_bytes())
    } else {
        ("application/pdf", pdf::page(&title, SYNTHETIC, &lines))
    };
    let slug = format!("{kind:?}").to_lowercase();
    Document {
        key: blueprint.key.child(format!("document-{slug}")),
        kind,
        title,
        date,
        uploaded: place::at(date, dice.between(8 * 60 + 3, 20 * 60 + 49)),
        uploaded_by: by,
        source,
        media_type,
        language: if spanish { Language::Spanish } else { Language::English },
        bytes,
    }
}

fn content(
    dice: &mut Dice,
    blueprint: &Blueprint,
    goals: &[Goal],
    staff: &[Person],
    kind: DocumentKind,
    date: NaiveDate,
    lead: &Key,
) -> (String, &'static str, Vec<String>) {
    let child = &blueprint.name;
    let head = vec![
        format!("{child}, born {}", blueprint.birth_date.format("%b %-d, %Y")),
        format!("Date: {}", date.format("%b %-d, %Y")),
        String::new(),
    ];
    let aims: Vec<String> = goals
        .iter()
        .filter(|goal| goal.level == GoalLevel::LongTerm)
        .map(|goal| format!("- {}", goal.plain))
        .collect();
    let signed = staff.iter().find(|person| person.key == *lead).map_or_else(String::new, |person| {
        format!("{}, {}", person.name, person.credential().map_or("", |credential| credential.letters()))
    });
    let (title, source, body): (String, &'static str, Vec<String>) = match kind {
        DocumentKind::IepSummary => (
            "Individualized Education Program: summary".to_owned(),
            "Mesquite Bend Unified School District (demo)",
            vec![
                format!("Annual review. Next review by {}.", (date + Duration::days(364)).format("%b %-d, %Y")),
                format!("Present levels: {} takes part in the general class {} percent of the day.", child.given, *dice.pick(&[60, 70, 75, 80, 85])),
                "Annual goal 1: given a visual organizer, starts classroom tasks within two minutes of the direction in 4 of 5 observed tasks. Measured by the teacher each term.".to_owned(),
                "Annual goal 2: in small groups, adds to the discussion at least twice in 15 minutes, with any form of communication.".to_owned(),
                format!("Services: specially designed instruction {} minutes a week; speech-language {} minutes a month, separate setting.", dice.between(6, 12) * 30, dice.between(4, 8) * 15),
                "Accommodations: quiet place for tests; directions in pictures and words; breaks on request; preview of changes.".to_owned(),
                "Progress is reported with report cards.".to_owned(),
            ],
        ),
        DocumentKind::IfspTransition => (
            "IFSP transition plan".to_owned(),
            "Desert Early Start (demo), service coordinator",
            vec![
                format!("Third birthday: {}.", blueprint.birth_date.checked_add_months(chrono::Months::new(36)).unwrap_or(date).format("%b %-d, %Y")),
                "Step 1: family gives consent to send records to the school district.".to_owned(),
                "Step 2: transition meeting with the district, held.".to_owned(),
                "Step 3: evaluation by the preschool team; eligibility and IEP meeting before the third birthday.".to_owned(),
                "Family priorities: to be understood by cousins; to start preschool with a friend.".to_owned(),
                "Home visits by early start end on the third birthday; speech therapy at the practice goes on.".to_owned(),
            ],
        ),
        DocumentKind::HearingTest => {
            let level = |dice: &mut Dice| [500, 1000, 2000, 4000].map(|hz| format!("{hz} Hz {} dB", dice.between(2, 4) * 5)).join(", ");
            let (right, left) = (level(dice), level(dice));
            (
                "Hearing test".to_owned(),
                "Mesquite Bend Audiology (demo)",
                vec![format!("Right ear: {right}."), format!("Left ear: {left}."), "Tympanogram type A on both sides. Hearing within normal limits for speech. Retest in a year, or sooner if the family worries.".to_owned()],
            )
        }
        DocumentKind::PracticeLetter => (
            "Letter to the pediatrician".to_owned(),
            "",
            [
                vec![format!("{} is seen at our practice. We are working on:", child.given)],
                aims,
                vec!["Numbers for each goal are in the record and are shared with the family. Please tell us of changes in medicines, seizures or hearing.".to_owned(), String::new(), signed],
            ]
            .concat(),
        ),
        DocumentKind::PayerLetter => (
            "Notice of decision on appeal".to_owned(),
            "Payer (demo)",
            vec![
                "Request: occupational therapy, 26 weeks.".to_owned(),
                "First decision: denied, reason 50 (not considered medically necessary).".to_owned(),
                "After the appeal with goal data and a call between the therapist and our reviewer, the denial is withdrawn. The units asked for are granted from the first day.".to_owned(),
            ],
        ),
        DocumentKind::OrthotistReport => (
            "Orthotist's report".to_owned(),
            "Ocotillo Orthotics (demo)",
            vec![
                "Hinged ankle-foot orthoses, both sides, adjusted: plantarflexion stop moved, new straps.".to_owned(),
                "Skin checked after 30 minutes of walking: red mark on the left heel, gone after 15 minutes.".to_owned(),
                "Night splints: begin with two hours in the evening, add one hour every third day. Review in three months; shoes one size larger.".to_owned(),
            ],
        ),
        DocumentKind::FamilyNote if blueprint.language == Language::Spanish => (
            "Lo que nos ayuda en casa".to_owned(),
            "",
            vec!["Avisar dos veces antes de cambiar.".to_owned(), "No hablar todos a la vez.".to_owned(), "Música bajita en el carro.".to_owned()],
        ),
        DocumentKind::FamilyNote => (
            "What helps at home".to_owned(),
            "",
            vec!["Tell twice before a change.".to_owned(), "One person talks at a time.".to_owned(), format!("If {} walks away, wait at the door.", child.given)],
        ),
    };
    (title, source, [head, body].concat())
}
