//! Grows a goal's data: slow start, scatter, plateaus, dips after absence, bursts, and gaps where nobody came.

mod draw;
mod verdict;

use crate::attendance::Visit;
use crate::bank::{self, Shape};
use crate::calendar::SlotKind;
use crate::clinical::{self, TurningPoint};
use crate::dice::{Dice, logistic};
use crate::goals::Planned;
use crate::model::{Better, Datum, Discipline, Key, Moment, Phase, PhaseKind, Rule, Setting};
use crate::roster::{Blueprint, Dose, Need, Service};
use chrono::{Duration, NaiveDate};
use draw::{Mood, draw};
use verdict::{baseline, holds, status};

/// Points better than the one before, in a row.
const RUN_MAX: usize = 4;
const REDRAWS_MAX: usize = 12;

/// A held visit at which data can be taken.
pub(crate) struct Occasion {
    pub(crate) start: Moment,
    pub(crate) end: Moment,
    pub(crate) observer: Key,
    pub(crate) setting: Setting,
    pub(crate) session: Option<Key>,
}

/// Fills `planned.goal` with phases, baseline and status, and returns its data in time order.
pub(crate) fn measure(
    seed: u64,
    blueprint: &Blueprint,
    service: &Service,
    planned: &mut Planned,
    occasions: &[Occasion],
) -> Vec<Datum> {
    let Some(objective) = planned.objective else { return Vec::new() };
    if planned.later {
        return Vec::new();
    }
    let mut course = Course::new(seed, blueprint, service, planned, objective.shape, objective.rule);
    for occasion in occasions.iter().filter(|occasion| occasion.start.date_naive() >= planned.goal.start) {
        course.attend(occasion);
    }
    let Course { data, phases, stopped, mastered, .. } = course;
    let goal = &mut planned.goal;
    goal.status = status(&data, &objective.rule, stopped, mastered);
    if let Some(measurement) = &mut goal.measurement {
        measurement.baseline = baseline(&data);
    }
    goal.phases = phases;
    data
}

/// Whether the goal of `need` is counted at such a visit: by the technician in the long blocks, never by the analyst alone.
pub(crate) fn serves(need: Need, visit: &Visit<'_>) -> bool {
    match visit.slot.kind {
        SlotKind::Direct => visit.slot.minutes >= 180 && teaches(need, SlotKind::Direct),
        SlotKind::Protocol => false,
        kind => teaches(need, kind),
    }
}

/// Whether the goal of `need` is worked on at such a visit.
pub(crate) fn teaches(need: Need, kind: SlotKind) -> bool {
    match kind {
        SlotKind::Direct | SlotKind::Protocol => need != Need::AbaFamily,
        SlotKind::Caregiver => need == Need::AbaFamily,
        SlotKind::Treatment => true,
    }
}

struct Course {
    dice: Dice,
    goal: Key,
    shape: Shape,
    rule: Rule,
    /// Baseline daily, then one probe a week: technicians come too often to plot every block.
    weekly_probes: bool,
    /// A long or busy record: fewer points.
    sparse: bool,
    /// Share of visits at which the goal is counted.
    counted: f64,
    baseline_points: usize,
    midpoint: f64,
    scale: f64,
    /// Weeks of teaching without gain: (from, length).
    plateau: Option<(f64, f64)>,
    plateau_over: bool,
    turning: Vec<TurningPoint>,
    stop_after: Option<i64>,
    changes: &'static [&'static str],
    residue: f64,
    burst_left: u32,
    teaching_from: Option<NaiveDate>,
    last_seen: Option<NaiveDate>,
    last_taken: Option<NaiveDate>,
    mastered: Option<NaiveDate>,
    /// Maintenance probes taken since mastery.
    probes: u32,
    stopped: Option<(NaiveDate, &'static str)>,
    data: Vec<Datum>,
    phases: Vec<Phase>,
}

impl Course {
    fn new(
        seed: u64,
        blueprint: &Blueprint,
        service: &Service,
        planned: &Planned,
        shape: Shape,
        rule: Rule,
    ) -> Self {
        let mut dice = Dice::new(seed, format!("course {}", planned.goal.key));
        let long = blueprint.cast.is_some();
        let need = planned.objective.map(|objective| objective.need);
        let midpoint = if long { dice.real(5.0, 12.0) } else { dice.real(2.6, 7.0) };
        Self {
            goal: planned.goal.key.clone(),
            shape,
            rule,
            weekly_probes: service.discipline == Discipline::Aba && need != Some(Need::AbaFamily),
            sparse: long || blueprint.services.len() > 1,
            counted: match (long, service.dose) {
                (true, Dose::Visits(2, _)) => 0.28,
                (true, _) | (_, Dose::Visits(2, _)) => 0.42,
                _ => 0.6,
            },
            baseline_points: if shape.days_between().is_some() {
                1
            } else {
                [3, 3, 4, 5].get(usize::try_from(dice.between(0, 3)).unwrap_or(0)).copied().unwrap_or(3)
            },
            midpoint,
            scale: dice.real(1.5, if long { 3.2 } else { 2.3 }),
            plateau: dice.chance(0.34).then(|| (midpoint - dice.real(0.3, 1.5), dice.real(2.0, 5.0))),
            plateau_over: false,
            turning: clinical::turning_points(blueprint, service),
            stop_after: (!long && dice.chance(0.07)).then(|| dice.between(8, 12)),
            changes: need.and_then(bank::long_term).map_or(&[], |aim| aim.changes),
            residue: 0.0,
            burst_left: if matches!(shape, Shape::Rate { .. }) { 2 } else { 0 },
            teaching_from: None,
            last_seen: None,
            last_taken: None,
            mastered: None,
            probes: 0,
            stopped: None,
            data: Vec::new(),
            phases: Vec::new(),
            dice,
        }
    }

    fn attend(&mut self, occasion: &Occasion) {
        let date = occasion.start.date_naive();
        let away_days = self.last_seen.map_or(0, |last| (date - last).num_days());
        self.last_seen = Some(date);
        if self.stopped.is_some() || !self.is_due(date) {
            return;
        }
        let kind = self.phase_on(date);
        let weeks = self.teaching_from.map_or(0.0, |from| (date - from).num_days() as f64 / 7.0);
        if let (Some(limit), None) = (self.stop_after, self.mastered)
            && weeks >= limit as f64
        {
            let reason = *self.dice.pick(&[
                "family's wishes changed, another goal comes first",
                "skill no longer needed: the class routine changed",
                "not the right time: resting it and asking again at the review",
            ]);
            self.stopped = Some((date, reason));
            return;
        }
        // Scatter that lingers: half-way between independent days and drift.
        self.residue = 0.3 * self.residue + 0.38 * self.dice.normal();
        let away = if away_days >= 10 { self.dice.real(0.05, 0.15) } else { 0.0 };
        let elsewhere =
            if occasion.setting == Setting::Home && kind == PhaseKind::Maintenance { 0.12 } else { 0.0 };
        let retention = if kind == PhaseKind::Maintenance {
            self.dice.real(0.0, 0.12) + if self.dice.chance(0.1) { 0.3 } else { 0.0 }
        } else {
            0.0
        };
        let turned =
            self.turning.iter().filter(|point| date >= point.date).map(|point| point.effect).sum::<f64>();
        let burst = kind == PhaseKind::Teaching && self.burst_left > 0;
        if burst {
            self.burst_left -= 1;
        }
        let progress =
            if kind == PhaseKind::Baseline { 0.0 } else { (self.progress(weeks) + turned).clamp(0.0, 1.0) };
        let mood = Mood {
            progress,
            residue: self.residue,
            dip: away + elsewhere + retention,
            burst,
            samples: self.data.len(),
        };
        let mut value = draw(&mut self.dice, self.shape, &mood);
        // Nobody gets better at every visit for weeks: after a long run, the day is drawn until it is no better.
        if self.runs_too_well() {
            let last = self.data.last().map_or(0.0, |datum| datum.value.value());
            for _ in 0..REDRAWS_MAX {
                if !self.is_better(value.value(), last) {
                    break;
                }
                let worse = Mood { dip: mood.dip + 0.15, ..mood };
                value = draw(&mut self.dice, self.shape, &worse);
            }
        }
        let minutes = (occasion.end - occasion.start).num_minutes();
        let (skip, length) = self.window(minutes);
        let start = occasion.start + Duration::minutes(skip);
        self.data.push(Datum {
            key: self.goal.child(format!("d{:02}", self.data.len() + 1)),
            goal: self.goal.clone(),
            start,
            end: start + Duration::minutes(length),
            observer: occasion.observer.clone(),
            setting: occasion.setting,
            phase: kind,
            probe: kind == PhaseKind::Maintenance,
            value,
            session: occasion.session.clone(),
        });
        self.last_taken = Some(date);
        self.settle(date, kind);
    }

    fn is_better(&self, now: f64, before: f64) -> bool {
        match self.rule.better {
            Better::More => now > before,
            Better::Less => now < before,
        }
    }

    fn runs_too_well(&self) -> bool {
        let latest: Vec<f64> =
            self.data.iter().rev().take(RUN_MAX + 1).map(|datum| datum.value.value()).collect();
        latest.len() > RUN_MAX
            && latest.iter().zip(latest.iter().skip(1)).all(|(now, before)| self.is_better(*now, *before))
    }

    /// Timed samples take their stated minutes, the rest a part of the visit.
    fn window(&mut self, minutes: i64) -> (i64, i64) {
        let length = match self.shape {
            Shape::Rate { minutes, .. } | Shape::Count { minutes, .. } => i64::from(minutes),
            Shape::Metres { .. } => 6,
            _ => self.dice.between(4, 14),
        }
        .min(minutes - 2)
        .max(1);
        (self.dice.between(1, (minutes - length - 1).max(1)), length)
    }

    fn is_due(&mut self, date: NaiveDate) -> bool {
        let since = self.last_taken.map_or(i64::MAX, |last| (date - last).num_days());
        if let Some(days) = self.shape.days_between() {
            return since >= days;
        }
        if let Some(mastered) = self.mastered {
            let due = [14, 28, 56]
                .get(usize::try_from(self.probes).unwrap_or(3))
                .map(|days| mastered + Duration::days(*days));
            return due.is_some_and(|due| date >= due);
        }
        if self.weekly_probes {
            return since
                >= if self.data.len() < self.baseline_points {
                    1
                } else if self.sparse {
                    13
                } else {
                    6
                };
        }
        // Not every goal is reached at every visit.
        self.data.len() < self.baseline_points || self.dice.chance(self.counted)
    }

    /// The phase of this date, opening a new one when its reason has come.
    fn phase_on(&mut self, date: NaiveDate) -> PhaseKind {
        if self.phases.is_empty() {
            self.open(PhaseKind::Baseline, date, "before teaching".to_owned());
        }
        if self.data.len() >= self.baseline_points && self.teaching_from.is_none() {
            self.teaching_from = Some(date);
            self.open(PhaseKind::Teaching, date, "teaching begins".to_owned());
        }
        if self.mastered.is_some()
            && self.phases.last().is_some_and(|phase| phase.kind != PhaseKind::Maintenance)
        {
            self.open(PhaseKind::Maintenance, date, "mastery rule met; probes without teaching".to_owned());
        }
        if self.mastered.is_none()
            && let Some(from) = self.teaching_from
        {
            let weeks = (date - from).num_days() as f64 / 7.0;
            let done = self.plateau.is_some_and(|(start, length)| weeks > start + length);
            if done && !self.plateau_over {
                self.plateau_over = true;
                let reason =
                    if self.changes.is_empty() { "new procedure" } else { *self.dice.pick(self.changes) };
                self.open(PhaseKind::TeachingChanged, date, reason.to_owned());
            }
            let opened = self.phases.last().map_or(date, |phase| phase.from);
            let turned = self
                .turning
                .iter()
                .find(|point| point.date <= date && point.date > opened && point.date > from)
                .map(|point| point.reason);
            if let Some(reason) = turned {
                self.open(PhaseKind::TeachingChanged, date, reason.to_owned());
            }
        }
        self.phases.last().map_or(PhaseKind::Baseline, |phase| phase.kind)
    }

    fn open(&mut self, kind: PhaseKind, from: NaiveDate, reason: String) {
        self.phases.push(Phase { kind, from, reason });
    }

    fn progress(&self, weeks: f64) -> f64 {
        let taught = match self.plateau {
            Some((start, length)) if weeks > start => weeks - (weeks - start).min(length),
            _ => weeks,
        };
        match self.shape {
            // Slow measures grow with time itself; their limits are set in `draw`.
            Shape::Utterances { .. } | Shape::Metres { .. } => (weeks / 52.0).min(1.0),
            _ => logistic((taught - self.midpoint) / self.scale),
        }
    }

    /// After a point: mastered, or back to teaching when a probe failed.
    fn settle(&mut self, date: NaiveDate, kind: PhaseKind) {
        let value = self.data.last().map_or(0.0, |datum| datum.value.value());
        if kind == PhaseKind::Maintenance {
            self.probes += 1;
            if !holds(&self.rule, value) {
                self.mastered = None;
                self.probes = 0;
                self.open(
                    PhaseKind::TeachingChanged,
                    date + Duration::days(1),
                    "a later probe fell below the mark; taught again".to_owned(),
                );
            }
            return;
        }
        let teaching: Vec<f64> = self.current_teaching().collect();
        if kind != PhaseKind::Baseline && self.rule.met(&teaching) {
            self.mastered = Some(date);
        }
    }

    /// Values of the stretch that counts towards mastery: never across the baseline or a probe.
    fn current_teaching(&self) -> impl Iterator<Item = f64> + '_ {
        let since = self
            .data
            .iter()
            .rposition(|datum| matches!(datum.phase, PhaseKind::Baseline | PhaseKind::Maintenance))
            .map_or(0, |at| at + 1);
        self.data.iter().skip(since).map(|datum| datum.value.value())
    }
}
