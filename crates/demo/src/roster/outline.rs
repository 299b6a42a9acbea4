//! The forty records in outline: who is treated for what, where and by whom. The six cast records come first.

use crate::model::{Cast, ConditionKind, Discipline, Language};
use ConditionKind::{Medical, Treatment};
use Discipline::{Aba, Occupational as Ot, Physical as Pt, Speech as Slp};

/// What a goal is for; the bank's templates are filed under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Need {
    AbaCommunication,
    AbaDaily,
    AbaSafety,
    AbaSchoolAge,
    AbaFamily,
    Sounds,
    SoundsYoung,
    Apraxia,
    Language,
    LanguageYoung,
    Aac,
    Fluency,
    Social,
    Feeding,
    FineMotor,
    Handwriting,
    SelfCare,
    Regulation,
    FeedingSkills,
    Gait,
    Balance,
    Endurance,
    Infant,
    Sport,
    Toddler,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dose {
    /// Two blocks on each of five days, 25 h.
    Comprehensive,
    /// Four blocks of 3 h after school, 12 h.
    FocusedAfternoons,
    /// Four blocks of 3 h in the morning, before school age.
    FocusedMornings,
    /// Visits a week, minutes each.
    Visits(u32, i64),
}

pub(crate) struct ServiceOutline {
    pub(crate) discipline: Discipline,
    pub(crate) dose: Dose,
    pub(crate) lead: &'static str,
    pub(crate) by: &'static str,
    pub(crate) needs: &'static [Need],
    pub(crate) goals: usize,
    pub(crate) group: Option<&'static str>,
}

pub(crate) struct Outline {
    pub(crate) cast: Option<Cast>,
    /// Outlines with the same number share a family.
    pub(crate) family: u32,
    pub(crate) twin: bool,
    pub(crate) months: (i64, i64),
    pub(crate) boys: f64,
    pub(crate) home: Home,
    pub(crate) services: &'static [ServiceOutline],
    pub(crate) conditions: &'static [(&'static str, &'static str, ConditionKind)],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    One,
    TwoHouseholds,
    Foster,
    Interpreter(Language),
}

const fn care(
    discipline: Discipline,
    dose: Dose,
    lead: &'static str,
    by: &'static str,
    needs: &'static [Need],
    goals: usize,
) -> ServiceOutline {
    ServiceOutline { discipline, dose, lead, by, needs, goals, group: None }
}

const fn group(name: &'static str, lead: &'static str, needs: &'static [Need]) -> ServiceOutline {
    ServiceOutline {
        discipline: Slp,
        dose: Dose::Visits(1, 30),
        lead,
        by: lead,
        needs,
        goals: 3,
        group: Some(name),
    }
}

const fn child(
    family: u32,
    months: (i64, i64),
    boys: f64,
    home: Home,
    services: &'static [ServiceOutline],
    conditions: &'static [(&'static str, &'static str, ConditionKind)],
) -> Outline {
    Outline { cast: None, family, twin: false, months, boys, home, services, conditions }
}

const fn cast(letter: Cast, outline: Outline) -> Outline {
    Outline { cast: Some(letter), ..outline }
}

const fn twin(outline: Outline) -> Outline {
    Outline { twin: true, ..outline }
}

const AUTISM: (&str, &str, ConditionKind) = ("F84.0", "autism", Medical);
const MIXED: (&str, &str, ConditionKind) =
    ("F80.2", "mixed receptive-expressive language disorder", Treatment);
const SOUNDS: (&str, &str, ConditionKind) = ("F80.0", "speech sound disorder", Treatment);
const COORDINATION: (&str, &str, ConditionKind) = ("F82", "developmental coordination disorder", Treatment);
const DOWN: (&str, &str, ConditionKind) = ("Q90.9", "Down syndrome", Medical);
const WEAKNESS: (&str, &str, ConditionKind) = ("M62.81", "muscle weakness", Treatment);
const LACK_OF_COORDINATION: (&str, &str, ConditionKind) = ("R27.8", "coordination difficulty", Treatment);

const WEEKLY_45: Dose = Dose::Visits(1, 45);
const WEEKLY_30: Dose = Dose::Visits(1, 30);
const TWICE_30: Dose = Dose::Visits(2, 30);
const ABA_EARLY: &[Need] = &[Need::AbaCommunication, Need::AbaDaily, Need::AbaSafety, Need::AbaFamily];
const ABA_SCHOOL: &[Need] = &[Need::AbaSchoolAge, Need::AbaDaily, Need::AbaSafety, Need::AbaFamily];
const ES: Home = Home::Interpreter(Language::Spanish);

#[rustfmt::skip]
pub(crate) const OUTLINES: [Outline; 40] = [
    cast(Cast::A, child(1, (50, 57), 1.0, ES, &[
        care(Aba, Dose::Comprehensive, "staff-aba-bcba-1", "staff-aba-rbt-1", ABA_EARLY, 6),
        care(Slp, TWICE_30, "staff-speech-slp-1", "staff-speech-slp-1", &[Need::Aac], 3),
    ], &[AUTISM, MIXED])),
    cast(Cast::B, child(2, (86, 94), 1.0, Home::TwoHouseholds, &[
        care(Aba, Dose::FocusedAfternoons, "staff-aba-bcba-2", "staff-aba-rbt-10", ABA_SCHOOL, 6),
    ], &[AUTISM, ("F90.2", "ADHD, combined presentation", Medical)])),
    cast(Cast::C, child(3, (34, 35), 0.0, Home::One, &[
        care(Slp, WEEKLY_30, "staff-speech-slp-2", "staff-speech-slp-2", &[Need::LanguageYoung], 4),
    ], &[MIXED])),
    cast(Cast::D, child(4, (109, 118), 0.0, Home::One, &[
        care(Pt, WEEKLY_45, "staff-rivers-pt-1", "staff-rivers-pt-1", &[Need::Gait, Need::Endurance, Need::Balance], 4),
        care(Ot, WEEKLY_45, "staff-rivers-director", "staff-rivers-cota", &[Need::SelfCare, Need::FineMotor], 3),
    ], &[("G80.1", "spastic diplegic cerebral palsy", Medical), ("R26.89", "gait difficulty", Treatment), LACK_OF_COORDINATION])),
    cast(Cast::E, child(5, (182, 190), 1.0, Home::One, &[
        care(Slp, WEEKLY_45, "staff-speech-director", "staff-speech-director", &[Need::Fluency], 3),
    ], &[("F80.81", "childhood-onset fluency disorder (stuttering)", Treatment), ("F41.9", "anxiety", Medical)])),
    cast(Cast::F, child(6, (74, 82), 1.0, Home::One, &[
        care(Ot, WEEKLY_45, "staff-rivers-ot", "staff-rivers-ot", &[Need::FeedingSkills, Need::SelfCare], 4),
        care(Slp, WEEKLY_45, "staff-rivers-slp-2", "staff-rivers-slp-2", &[Need::Feeding], 3),
    ], &[("R63.32", "paediatric feeding disorder, chronic", Treatment), COORDINATION])),
    // ABA, some of them also elsewhere
    child(7, (38, 58), 0.8, Home::One, &[care(Aba, Dose::Comprehensive, "staff-aba-bcba-2", "staff-aba-rbt-2", ABA_EARLY, 5)], &[AUTISM]),
    child(8, (40, 58), 0.8, Home::One, &[
        care(Aba, Dose::Comprehensive, "staff-aba-bcba-2", "staff-aba-rbt-3", ABA_EARLY, 4),
        care(Slp, WEEKLY_30, "staff-rivers-slp-1", "staff-rivers-slp-1", &[Need::Aac], 2),
    ], &[AUTISM, MIXED]),
    child(9, (76, 108), 0.8, Home::One, &[care(Aba, Dose::FocusedAfternoons, "staff-aba-bcba-1", "staff-aba-rbt-4", ABA_SCHOOL, 5)], &[AUTISM]),
    child(10, (70, 100), 0.8, ES, &[
        care(Aba, Dose::FocusedAfternoons, "staff-aba-bcba-1", "staff-aba-rbt-5", ABA_SCHOOL, 4),
        care(Slp, WEEKLY_30, "staff-speech-slp-1", "staff-speech-slp-1", &[Need::Language], 2),
    ], &[AUTISM, MIXED]),
    child(11, (70, 100), 0.8, Home::One, &[
        care(Aba, Dose::FocusedAfternoons, "staff-aba-bcba-3", "staff-aba-rbt-6", ABA_SCHOOL, 4),
        care(Ot, WEEKLY_45, "staff-rivers-ot", "staff-rivers-ot", &[Need::Regulation, Need::SelfCare], 2),
    ], &[AUTISM, LACK_OF_COORDINATION]),
    twin(child(12, (74, 90), 1.0, Home::One, &[care(Aba, Dose::FocusedAfternoons, "staff-aba-bcba-3", "staff-aba-rbt-7", ABA_SCHOOL, 5)], &[AUTISM])),
    child(13, (80, 120), 0.8, Home::One, &[
        care(Aba, Dose::FocusedAfternoons, "staff-aba-bcba-3", "staff-aba-rbt-8", ABA_SCHOOL, 4),
        care(Slp, WEEKLY_30, "staff-rivers-slp-1", "staff-rivers-slp-1", &[Need::Language], 2),
    ], &[AUTISM, MIXED]),
    child(14, (108, 143), 0.7, Home::TwoHouseholds, &[care(Aba, Dose::FocusedAfternoons, "staff-aba-bcaba", "staff-aba-rbt-9", ABA_SCHOOL, 5)], &[AUTISM, ("F70", "mild intellectual disability", Medical)]),
    child(15, (36, 50), 0.7, Home::One, &[
        care(Aba, Dose::FocusedMornings, "staff-aba-director", "staff-aba-rbt-9", ABA_EARLY, 4),
        care(Ot, WEEKLY_45, "staff-rivers-director", "staff-rivers-cota", &[Need::Regulation, Need::SelfCare], 2),
    ], &[AUTISM, LACK_OF_COORDINATION]),
    // Speech practice
    twin(child(16, (52, 66), 0.5, Home::One, &[care(Slp, TWICE_30, "staff-speech-slp-1", "staff-speech-slp-1", &[Need::SoundsYoung], 4)], &[SOUNDS])),
    twin(child(16, (52, 66), 0.5, Home::One, &[care(Slp, TWICE_30, "staff-speech-slp-1", "staff-speech-slp-1", &[Need::Language, Need::SoundsYoung], 4)], &[MIXED, SOUNDS])),
    child(9, (62, 74), 1.0, Home::One, &[care(Slp, TWICE_30, "staff-speech-slp-2", "staff-speech-slp-2", &[Need::Sounds], 3)], &[SOUNDS]),
    child(17, (74, 98), 0.6, Home::Interpreter(Language::AmericanSign), &[care(Slp, TWICE_30, "staff-speech-slp-2", "staff-speech-slpa", &[Need::Sounds], 3)], &[SOUNDS]),
    child(18, (50, 64), 0.5, Home::One, &[care(Slp, WEEKLY_45, "staff-speech-slp-2", "staff-speech-slpa", &[Need::SoundsYoung], 4)], &[SOUNDS]),
    child(18, (84, 106), 0.5, Home::One, &[
        care(Slp, WEEKLY_30, "staff-speech-slp-2", "staff-speech-slp-2", &[Need::Language], 3),
        group("lunch-club", "staff-speech-slp-2", &[Need::Social]),
    ], &[MIXED]),
    twin(child(12, (74, 90), 0.0, Home::One, &[
        care(Slp, WEEKLY_30, "staff-speech-slp-1", "staff-speech-slp-1", &[Need::Language], 3),
        group("lunch-club", "staff-speech-slp-2", &[Need::Social]),
    ], &[MIXED])),
    child(19, (26, 38), 0.6, Home::Foster, &[care(Slp, WEEKLY_45, "staff-speech-cf", "staff-speech-cf", &[Need::LanguageYoung], 4)], &[("F80.1", "expressive language disorder", Treatment)]),
    child(20, (96, 135), 0.8, Home::One, &[care(Slp, WEEKLY_45, "staff-speech-director", "staff-speech-director", &[Need::Fluency], 3)], &[("F80.81", "childhood-onset fluency disorder (stuttering)", Treatment)]),
    child(21, (60, 90), 0.5, ES, &[care(Slp, TWICE_30, "staff-speech-slp-1", "staff-speech-slp-1", &[Need::Aac], 3)], &[DOWN, MIXED]),
    child(22, (46, 66), 0.6, Home::TwoHouseholds, &[care(Slp, TWICE_30, "staff-speech-cf", "staff-speech-cf", &[Need::Apraxia], 3)], &[("R48.2", "apraxia of speech", Treatment)]),
    child(23, (86, 110), 0.6, Home::One, &[
        care(Slp, WEEKLY_30, "staff-speech-slp-2", "staff-speech-slp-2", &[Need::Language], 2),
        group("lunch-club", "staff-speech-slp-2", &[Need::Social]),
    ], &[("F80.82", "social pragmatic communication disorder", Treatment)]),
    // Multidisciplinary practice
    child(24, (74, 100), 0.6, Home::One, &[care(Ot, WEEKLY_45, "staff-rivers-ot", "staff-rivers-ot", &[Need::Handwriting, Need::FineMotor], 4)], &[COORDINATION]),
    child(25, (50, 76), 0.6, Home::One, &[care(Ot, WEEKLY_45, "staff-rivers-director", "staff-rivers-cota", &[Need::Regulation, Need::FineMotor], 4)], &[("F88", "other developmental disorder", Medical), LACK_OF_COORDINATION]),
    child(26, (86, 125), 0.6, Home::One, &[care(Ot, WEEKLY_45, "staff-rivers-director", "staff-rivers-director", &[Need::Handwriting, Need::SelfCare], 4)], &[LACK_OF_COORDINATION]),
    child(27, (76, 98), 0.6, Home::One, &[care(Ot, WEEKLY_45, "staff-rivers-ot", "staff-rivers-ot", &[Need::SelfCare, Need::FineMotor], 4)], &[COORDINATION]),
    child(27, (50, 70), 0.5, Home::One, &[care(Pt, WEEKLY_45, "staff-rivers-pt-1", "staff-rivers-pt-1", &[Need::Balance, Need::Gait], 3)], &[("G80.2", "spastic hemiplegic cerebral palsy", Medical), ("R26.89", "gait difficulty", Treatment)]),
    child(28, (5, 9), 0.5, Home::Interpreter(Language::Arabic), &[care(Pt, WEEKLY_45, "staff-rivers-pt-2", "staff-rivers-pt-2", &[Need::Infant], 3)], &[("M43.6", "torticollis", Treatment)]),
    child(29, (50, 74), 0.6, Home::One, &[care(Pt, WEEKLY_45, "staff-rivers-pt-1", "staff-rivers-pta", &[Need::Gait, Need::Balance], 3)], &[("R26.89", "gait difficulty (toe walking)", Treatment)]),
    child(30, (158, 196), 0.4, Home::One, &[care(Pt, Dose::Visits(2, 45), "staff-rivers-pt-2", "staff-rivers-pt-2", &[Need::Sport], 3)], &[WEAKNESS]),
    child(31, (26, 44), 0.5, Home::Interpreter(Language::Vietnamese), &[
        care(Pt, WEEKLY_45, "staff-rivers-pt-1", "staff-rivers-pta", &[Need::Toddler], 2),
        care(Ot, WEEKLY_45, "staff-rivers-ot", "staff-rivers-ot", &[Need::SelfCare], 2),
    ], &[DOWN, WEAKNESS, LACK_OF_COORDINATION]),
    child(32, (74, 110), 0.5, Home::One, &[
        care(Pt, WEEKLY_45, "staff-rivers-pt-2", "staff-rivers-pt-2", &[Need::Gait, Need::Endurance], 3),
        care(Ot, WEEKLY_45, "staff-rivers-director", "staff-rivers-director", &[Need::SelfCare], 2),
    ], &[("G80.1", "spastic diplegic cerebral palsy", Medical), ("R26.89", "gait difficulty", Treatment), LACK_OF_COORDINATION]),
    child(33, (50, 74), 0.6, Home::One, &[
        care(Slp, WEEKLY_30, "staff-rivers-slp-1", "staff-rivers-slp-1", &[Need::Language], 2),
        care(Ot, WEEKLY_45, "staff-rivers-ot", "staff-rivers-ot", &[Need::Regulation], 2),
    ], &[MIXED, ("F88", "other developmental disorder", Medical), LACK_OF_COORDINATION]),
    child(34, (38, 60), 0.6, Home::One, &[
        care(Slp, WEEKLY_30, "staff-rivers-slp-2", "staff-rivers-slp-2", &[Need::Feeding], 2),
        care(Ot, WEEKLY_45, "staff-rivers-ot", "staff-rivers-ot", &[Need::FeedingSkills], 2),
    ], &[("R63.32", "paediatric feeding disorder, chronic", Treatment), LACK_OF_COORDINATION]),
    child(35, (38, 58), 0.5, ES, &[
        care(Slp, WEEKLY_30, "staff-rivers-slp-2", "staff-rivers-slp-2", &[Need::LanguageYoung], 2),
        care(Pt, WEEKLY_45, "staff-rivers-pt-2", "staff-rivers-pt-2", &[Need::Toddler], 2),
        care(Ot, WEEKLY_45, "staff-rivers-director", "staff-rivers-cota", &[Need::FineMotor], 2),
    ], &[("F88", "other developmental disorder", Medical), MIXED, WEAKNESS, LACK_OF_COORDINATION]),
];
