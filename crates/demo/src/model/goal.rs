//! Care plans, goals, their rules and the data taken for them.

use super::{Discipline, Key, Moment};
use chrono::NaiveDate;

#[derive(Debug, Clone, PartialEq)]
pub struct CarePlan {
    pub key: Key,
    pub practice: Key,
    pub discipline: Discipline,
    pub title: String,
    pub period: (NaiveDate, NaiveDate),
    pub author: Key,
    pub signed: Moment,
    /// The guardian who signed, where somebody has.
    pub family_signature: Option<(Key, NaiveDate)>,
    pub dose: String,
    /// Long-term goals.
    pub goals: Vec<Key>,
    pub discharge_criteria: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoalLevel {
    LongTerm,
    Objective,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

impl Side {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    pub key: Key,
    pub parent: Option<Key>,
    pub level: GoalLevel,
    pub practice: Key,
    pub discipline: Discipline,
    pub domain: &'static str,
    /// Short name for lists.
    pub label: String,
    pub statement: String,
    pub plain: String,
    pub plain_es: String,
    pub why: &'static str,
    pub asked_by: AskedBy,
    pub author: Key,
    pub start: NaiveDate,
    pub due: NaiveDate,
    pub side: Option<Side>,
    /// Objectives only.
    pub measurement: Option<Measurement>,
    pub phases: Vec<Phase>,
    pub status: GoalStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedBy {
    Family,
    Child,
    Clinician,
    School,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    pub method: &'static str,
    pub unit: &'static str,
    pub rule: Rule,
    /// Absent until enough baseline points stand.
    pub baseline: Option<Baseline>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    pub median: f64,
    pub points: usize,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub conditions: &'static str,
}

/// When the goal counts as mastered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    pub better: Better,
    pub threshold: f64,
    /// Sessions in a row.
    pub consecutive: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    More,
    Less,
}

impl Rule {
    pub fn reached_by(&self, value: f64) -> bool {
        match self.better {
            Better::More => value >= self.threshold,
            Better::Less => value <= self.threshold,
        }
    }

    /// Whether the last `consecutive` values all reach the threshold.
    pub fn met(&self, values: &[f64]) -> bool {
        values.len() >= self.consecutive
            && values.iter().rev().take(self.consecutive).all(|value| self.reached_by(*value))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    pub kind: PhaseKind,
    pub from: NaiveDate,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhaseKind {
    Baseline,
    Teaching,
    /// A later teaching phase, after a named change.
    TeachingChanged,
    Maintenance,
    OnHold,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GoalStatus {
    /// Agreed, not begun.
    Planned,
    Baseline,
    Improving,
    NoChange,
    Worsening,
    Achieved {
        on: NaiveDate,
    },
    /// Achieved, and later probes held.
    Sustaining {
        since: NaiveDate,
    },
    Stopped {
        on: NaiveDate,
        reason: &'static str,
    },
    /// A long-term goal that its objectives carry.
    InProgress,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    pub key: Key,
    pub goal: Key,
    pub start: Moment,
    pub end: Moment,
    pub observer: Key,
    pub setting: Setting,
    pub phase: PhaseKind,
    /// A generalisation or maintenance probe keeps its own symbol on a graph.
    pub probe: bool,
    pub value: Measure,
    /// The listed session it was taken in.
    pub session: Option<Key>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Setting {
    Clinic,
    Home,
    Community,
    Telehealth,
}

/// What was written on the sheet; the summary is derived, so n is never lost.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    Opportunities {
        correct: u32,
        of: u32,
        help: Help,
    },
    Steps {
        alone: u32,
        of: u32,
    },
    Rate {
        count: u32,
        minutes: u32,
    },
    /// Median of `times`, in seconds.
    Latency {
        seconds: f64,
        times: u32,
    },
    Seconds {
        seconds: f64,
        help: Help,
    },
    /// Three trials, mean counts.
    Hold {
        seconds: [f64; 3],
    },
    Count {
        count: u32,
        minutes: u32,
    },
    Utterances {
        morphemes: u32,
        utterances: u32,
    },
    Syllables {
        stuttered: u32,
        of: u32,
    },
    Metres {
        metres: u32,
    },
    Degrees {
        degrees: u32,
    },
    Attainment {
        level: i8,
    },
}

impl Measure {
    pub fn value(&self) -> f64 {
        match self {
            Self::Opportunities { correct, of, .. } => 100.0 * f64::from(*correct) / f64::from(*of),
            Self::Steps { alone, .. } => f64::from(*alone),
            Self::Rate { count, minutes } => 60.0 * f64::from(*count) / f64::from(*minutes),
            Self::Latency { seconds, .. } | Self::Seconds { seconds, .. } => *seconds,
            Self::Hold { seconds } => seconds.iter().sum::<f64>() / 3.0,
            Self::Count { count, .. } => f64::from(*count),
            Self::Utterances { morphemes, utterances } => f64::from(*morphemes) / f64::from(*utterances),
            Self::Syllables { stuttered, of } => 100.0 * f64::from(*stuttered) / f64::from(*of),
            Self::Metres { metres } => f64::from(*metres),
            Self::Degrees { degrees } => f64::from(*degrees),
            Self::Attainment { level } => f64::from(*level),
        }
    }

    /// UCUM, annotations in braces.
    pub const fn unit(&self) -> &'static str {
        match self {
            Self::Opportunities { .. } | Self::Syllables { .. } => "%",
            Self::Steps { .. } => "{steps}",
            Self::Rate { .. } => "/h",
            Self::Latency { .. } | Self::Seconds { .. } | Self::Hold { .. } => "s",
            Self::Count { .. } => "{count}",
            Self::Utterances { .. } => "{morphemes}/{utterance}",
            Self::Metres { .. } => "m",
            Self::Degrees { .. } => "deg",
            Self::Attainment { .. } => "{GAS}",
        }
    }

    /// As a person would say it.
    pub fn words(&self) -> String {
        match self {
            Self::Opportunities { correct, of, .. } => format!("{correct} of {of}"),
            Self::Steps { alone, of } => format!("{alone} of {of} steps alone"),
            Self::Rate { count, minutes } => {
                format!("{count} in {minutes} min ({:.1} an hour)", self.value())
            }
            Self::Latency { seconds, times } => format!("{seconds:.0} s (median of {times})"),
            Self::Seconds { seconds, .. } if *seconds < 30.0 => format!("{seconds:.1} s"),
            Self::Seconds { seconds, help } => format!("{seconds:.0} s, {}", help.words()),
            Self::Hold { seconds: [a, b, c] } => {
                format!("{a:.1}, {b:.1} and {c:.1} s (mean {:.1})", self.value())
            }
            Self::Count { count, minutes } => format!("{count} in {minutes} min"),
            Self::Utterances { morphemes, utterances } => {
                format!("{:.2} ({morphemes} morphemes in {utterances} utterances)", self.value())
            }
            Self::Syllables { stuttered, of } => {
                format!("{:.1} % ({stuttered} of {of} syllables)", self.value())
            }
            Self::Metres { metres } => format!("{metres} m"),
            Self::Degrees { degrees } => format!("{degrees}°"),
            Self::Attainment { level } => format!("{level:+} on the goal scale"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Help {
    FullPhysical,
    PartialPhysical,
    Model,
    Gesture,
    Verbal,
    Visual,
    Independent,
}

impl Help {
    pub const fn words(self) -> &'static str {
        match self {
            Self::FullPhysical => "hand over hand",
            Self::PartialPhysical => "light touch",
            Self::Model => "after a model",
            Self::Gesture => "with a gesture",
            Self::Verbal => "with a spoken cue",
            Self::Visual => "with a picture cue",
            Self::Independent => "no help",
        }
    }
}
