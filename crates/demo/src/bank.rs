//! The bank of goals: what each need is worked on with, how it is counted and what counts as mastered.
//!
//! Goals are about communication, self-care, safety, play and taking part; none asks a child to look, sit or move
//! like somebody else.

mod aba;
mod movement;
mod occupational;
mod speech;

use crate::model::{Better, Rule};
use crate::roster::Need;

pub(crate) struct LongTerm {
    pub(crate) need: Need,
    pub(crate) domain: &'static str,
    pub(crate) statement: &'static str,
    pub(crate) plain: &'static str,
    pub(crate) plain_es: &'static str,
    pub(crate) why: &'static str,
    /// What ends a plateau: a phase change needs a reason.
    pub(crate) changes: &'static [&'static str],
    pub(crate) home: HomePractice,
}

pub(crate) struct HomePractice {
    pub(crate) name: (&'static str, &'static str),
    pub(crate) steps: &'static [(&'static str, &'static str)],
    pub(crate) dose: (&'static str, &'static str),
    pub(crate) days_a_week: u32,
}

pub(crate) struct Objective {
    pub(crate) slug: &'static str,
    pub(crate) need: Need,
    pub(crate) label: &'static str,
    /// Condition.
    pub(crate) when: &'static str,
    /// Observable behaviour.
    pub(crate) does: &'static str,
    pub(crate) plain: &'static str,
    pub(crate) plain_es: &'static str,
    pub(crate) shape: Shape,
    pub(crate) rule: Rule,
    /// Taken on one side of the body.
    pub(crate) sided: bool,
    pub(crate) activities: &'static [&'static str],
}

/// How the number behaves: where it starts, where it may end, and what is written on the sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// Of n opportunities; share at the start and at the end.
    Share {
        n: u32,
        from: f64,
        to: f64,
    },
    Steps {
        of: u32,
        from: f64,
        to: f64,
    },
    /// Per hour, observed minutes.
    Rate {
        minutes: u32,
        from: f64,
        to: f64,
    },
    Latency {
        from: f64,
        to: f64,
    },
    Seconds {
        from: f64,
        to: f64,
    },
    Hold {
        from: f64,
        to: f64,
    },
    Count {
        minutes: u32,
        from: f64,
        to: f64,
    },
    /// Monthly sample.
    Utterances {
        from: f64,
        a_year: f64,
    },
    /// Per cent of syllables.
    Syllables {
        from: f64,
        to: f64,
    },
    /// Monthly.
    Metres {
        from: f64,
        a_month: f64,
    },
    Degrees {
        from: f64,
        to: f64,
    },
    /// Start, six and twelve weeks.
    Attainment,
}

impl Shape {
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Share { .. } => "independent correct ÷ opportunities",
            Self::Steps { .. } => "steps done alone, only taught steps scored",
            Self::Rate { .. } => "count ÷ observed time",
            Self::Latency { .. } => "seconds from cue to start, median of the day",
            Self::Seconds { .. } => "seconds, best of two, help noted",
            Self::Hold { .. } => "seconds, mean of three trials, shoes on",
            Self::Count { .. } => "count in a timed sample",
            Self::Utterances { .. } => "morphemes ÷ utterances, play sample of 50 or more",
            Self::Syllables { .. } => "stuttered ÷ spoken syllables, conversation",
            Self::Metres { .. } => "six-minute walk, own orthoses",
            Self::Degrees { .. } => "active range, goniometer",
            Self::Attainment => "goal attainment scale, levels written beforehand",
        }
    }

    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Share { .. } | Self::Syllables { .. } => "%",
            Self::Steps { .. } => "{steps}",
            Self::Rate { .. } => "/h",
            Self::Latency { .. } | Self::Seconds { .. } | Self::Hold { .. } => "s",
            Self::Count { .. } => "{count}",
            Self::Utterances { .. } => "{morphemes}/{utterance}",
            Self::Metres { .. } => "m",
            Self::Degrees { .. } => "deg",
            Self::Attainment => "{GAS}",
        }
    }

    /// Days between two samples, for what is not taken at every visit.
    pub(crate) const fn days_between(self) -> Option<i64> {
        match self {
            Self::Utterances { .. } | Self::Metres { .. } => Some(27),
            Self::Attainment => Some(40),
            _ => None,
        }
    }

    /// The criterion in words.
    pub(crate) fn criterion(self, rule: &Rule) -> String {
        let level = rule.threshold;
        let what = match self {
            Self::Share { n, .. } => {
                format!("in at least {level:.0} % of {n} or more opportunities without help")
            }
            Self::Steps { of, .. } => format!("doing {level:.0} of {of} steps alone"),
            Self::Rate { .. } => format!("at no more than {level} an hour"),
            Self::Latency { .. } => format!("within {level:.0} seconds of the cue"),
            Self::Seconds { .. } => format!("in {level:.0} seconds or less"),
            Self::Hold { .. } => format!("for at least {level:.0} seconds (mean of three)"),
            Self::Count { minutes, .. } => format!(
                "at least {level:.0} times in {}",
                if minutes == 1 { "one minute".to_owned() } else { format!("{minutes} minutes") }
            ),
            Self::Utterances { .. } => {
                format!("with a mean length of at least {level:.2} morphemes in a play sample")
            }
            Self::Syllables { .. } => format!("with no more than {level:.0} % of syllables stuttered"),
            Self::Metres { .. } => format!("covering at least {level:.0} metres"),
            Self::Degrees { .. } => format!("to at least {level:.0} degrees"),
            Self::Attainment => "at the expected level (0) or above".to_owned(),
        };
        match rule.consecutive {
            0 | 1 => what,
            k => format!("{what}, {k} sessions in a row"),
        }
    }
}

pub(crate) const fn up(threshold: f64, consecutive: usize) -> Rule {
    Rule { better: Better::More, threshold, consecutive }
}

pub(crate) const fn down(threshold: f64, consecutive: usize) -> Rule {
    Rule { better: Better::Less, threshold, consecutive }
}

pub(crate) fn long_term(need: Need) -> Option<&'static LongTerm> {
    [aba::LONG_TERM, speech::LONG_TERM, occupational::LONG_TERM, movement::LONG_TERM]
        .into_iter()
        .flatten()
        .find(|goal| goal.need == need)
}

pub(crate) fn objectives(need: Need) -> Vec<&'static Objective> {
    [aba::OBJECTIVES, speech::OBJECTIVES, occupational::OBJECTIVES, movement::OBJECTIVES]
        .into_iter()
        .flatten()
        .filter(|goal| goal.need == need)
        .collect()
}
