//! One day's number: what lands on the sheet, given where the child stands.

use crate::bank::Shape;
use crate::dice::{Dice, logistic, logit};
use crate::model::{Help, Measure};

#[derive(Clone, Copy)]
pub(super) struct Mood {
    /// 0 before teaching, 1 at the ceiling.
    pub(super) progress: f64,
    /// Today's scatter in logits.
    pub(super) residue: f64,
    /// Share lost today: absence, another place, time since teaching.
    pub(super) dip: f64,
    /// Things get worse before they get better.
    pub(super) burst: bool,
    pub(super) samples: usize,
}

pub(super) fn draw(dice: &mut Dice, shape: Shape, mood: &Mood) -> Measure {
    match shape {
        Shape::Share { n, from, to } => Measure::Opportunities {
            correct: dice.binomial(n, share(mood, from, to)),
            of: n,
            help: help(dice, mood.progress),
        },
        Shape::Steps { of, from, to } => {
            // Steps hang together, so they scatter less than single trials do.
            let steady = share(mood, from, to) * f64::from(of) + 0.6 * dice.normal();
            Measure::Steps { alone: steady.round().clamp(0.0, f64::from(of)) as u32, of }
        }
        Shape::Rate { minutes, from, to } => {
            let burst = if mood.burst { dice.real(1.2, 1.55) } else { 1.0 };
            let mean = between_logs(from, to, mood.progress) * burst * f64::from(minutes) / 60.0;
            Measure::Rate { count: dice.count(mean), minutes }
        }
        Shape::Latency { from, to } => Measure::Latency {
            seconds: time(mood, from, to, 0.30).round().max(3.0),
            times: dice.between(4, 7) as u32,
        },
        Shape::Seconds { from, to } => {
            let spread = if from < 30.0 { 0.05 } else { 0.16 };
            Measure::Seconds {
                seconds: tenth(time(mood, from, to, spread)),
                help: help(dice, mood.progress + 0.25),
            }
        }
        Shape::Hold { from, to } => {
            let mean = time(mood, from, to, 0.2);
            let mut one = || tenth((mean * (0.14 * dice.normal()).exp()).max(0.3));
            Measure::Hold { seconds: [one(), one(), one()] }
        }
        Shape::Count { minutes, from, to } => {
            let mean = from + (to - from) * (mood.progress - mood.dip).max(0.0);
            // A timed repetition test scatters less than talk does.
            let count = if minutes == 1 {
                (mean * (1.0 + 0.09 * dice.normal())).round().max(0.0) as u32
            } else {
                dice.count(mean)
            };
            Measure::Count { count, minutes }
        }
        Shape::Utterances { from, a_year } => {
            let utterances = dice.between(50, 61) as u32;
            let mean = from + a_year * mood.progress + 0.07 * dice.normal();
            Measure::Utterances { morphemes: (mean * f64::from(utterances)).round() as u32, utterances }
        }
        Shape::Syllables { from, to } => {
            let of = dice.between(280, 420) as u32;
            let p = time(mood, from, to, 0.14) / 100.0;
            Measure::Syllables { stuttered: dice.binomial(of, p), of }
        }
        Shape::Metres { from, a_month } => {
            let metres = from + a_month * 12.0 * mood.progress + 9.0 * dice.normal();
            Measure::Metres { metres: metres.round() as u32 }
        }
        Shape::Degrees { from, to } => {
            let degrees = from + (to - from) * mood.progress + 3.0 * dice.normal();
            Measure::Degrees { degrees: degrees.round().clamp(0.0, 90.0) as u32 }
        }
        Shape::Attainment => {
            let level = if mood.samples == 0 {
                -1
            } else {
                ((mood.progress * 2.6 - 1.2) + 0.4 * dice.normal()).round().clamp(-2.0, 2.0) as i8
            };
            Measure::Attainment { level }
        }
    }
}

fn share(mood: &Mood, from: f64, to: f64) -> f64 {
    let level = logit(from) + (logit(to) - logit(from)) * mood.progress + mood.residue;
    (logistic(level) - mood.dip).clamp(0.02, 0.98)
}

/// Times spread in proportion, so they are drawn on a log scale.
fn time(mood: &Mood, from: f64, to: f64, spread: f64) -> f64 {
    let progress = (mood.progress - mood.dip).clamp(0.0, 1.0);
    between_logs(from, to, progress) * (spread * mood.residue / 0.4).exp()
}

fn between_logs(from: f64, to: f64, progress: f64) -> f64 {
    (from.ln() + (to.ln() - from.ln()) * progress).exp()
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn help(dice: &mut Dice, progress: f64) -> Help {
    let ladder =
        [Help::PartialPhysical, Help::Model, Help::Gesture, Help::Verbal, Help::Visual, Help::Independent];
    let at = (progress * 5.0 + 0.5 * dice.normal()).round().clamp(0.0, 5.0) as usize;
    ladder.get(at).copied().unwrap_or(Help::Verbal)
}
