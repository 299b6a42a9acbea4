//! Interleaved pairs: ours, reference, ours, reference; the machine's drift hits both.
use anyhow::Result;
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::fmt;

/// The size of the log for which targets are stated.
const STATED_AT: u64 = 1_000_000;

#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) key: &'static str,
    /// Ours divided by the reference, or an absolute figure where there is no reference.
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) target: Target,
    /// Medians of the two sides, where there are two.
    pub(crate) ours: Option<f64>,
    pub(crate) reference: Option<f64>,
    pub(crate) pairs: usize,
    /// The value at each size of the log, where it was taken at several.
    pub(crate) growth: Vec<Grown>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Grown {
    entries: u64,
    value: f64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// For information.
    None,
}

impl Figure {
    pub(crate) const HEADING: &'static str =
        "figure                          value unit          target  met         ours    reference  pairs";

    /// A figure that stands for itself.
    pub(crate) const fn absolute(
        key: &'static str,
        value: f64,
        unit: &'static str,
        target: Target,
        samples: usize,
    ) -> Self {
        Self { key, value, unit, target, ours: None, reference: None, pairs: samples, growth: Vec::new() }
    }

    /// Of one figure at growing sizes of the log: the one at a million, or at the largest size below, with the growth of all.
    pub(crate) fn grown(figures: &[(u64, Self)]) -> Option<Self> {
        let growth = figures.iter().map(|(entries, figure)| Grown { entries: *entries, value: figure.value });
        let below = figures.iter().rev().find(|(entries, _)| *entries <= STATED_AT);
        let (_, stated) = below.or_else(|| figures.first())?;
        Some(Self { growth: growth.collect(), ..stated.clone() })
    }

    /// None where there is no target.
    pub(crate) fn met(&self) -> Option<bool> {
        match self.target {
            Target::AtLeast(target) => Some(self.value >= target),
            Target::AtMost(target) => Some(self.value <= target),
            Target::None => None,
        }
    }

    const fn target(&self) -> Option<f64> {
        match self.target {
            Target::AtLeast(target) | Target::AtMost(target) => Some(target),
            Target::None => None,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: Option<f64>| value.map(|value| format!("{value:.0}")).unwrap_or_default();
        let target = match self.target {
            Target::AtLeast(target) => format!(">= {target}"),
            Target::AtMost(target) => format!("<= {target}"),
            Target::None => String::new(),
        };
        let met = self.met().map(|met| if met { "yes" } else { "NO" }).unwrap_or_default();
        let (ours, reference) = (number(self.ours), number(self.reference));
        let Self { key, value, unit, pairs, .. } = self;
        write!(
            f,
            "{key:<28} {value:>8.2} {unit:<11} {target:>8} {met:>4} {ours:>12} {reference:>12} {pairs:>6}"
        )?;
        for Grown { entries, value } in &self.growth {
            write!(f, "\n  {:<26} {value:>8.2} {unit}", format!("at {entries} entries"))?;
        }
        Ok(())
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Figure", 8)?;
        fields.serialize_field("value", &self.value)?;
        fields.serialize_field("target", &self.target())?;
        fields.serialize_field("met", &self.met())?;
        fields.serialize_field("ours", &self.ours)?;
        fields.serialize_field("reference", &self.reference)?;
        fields.serialize_field("unit", self.unit)?;
        fields.serialize_field("pairs", &self.pairs)?;
        fields.serialize_field("growth", &self.growth)?;
        fields.end()
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2, middle.checked_sub(1).and_then(|below| values.get(below))) {
        (Some(upper), 0, Some(lower)) => f64::midpoint(*lower, *upper),
        (Some(value), ..) => *value,
        (None, ..) => f64::NAN,
    }
}

/// Runs `ours` and `reference`, each answering with a rate, in turn.
pub(crate) async fn ratio(
    key: &'static str,
    target: f64,
    pairs: usize,
    mut ours: impl AsyncFnMut() -> Result<f64>,
    mut reference: impl AsyncFnMut() -> Result<f64>,
) -> Result<Figure> {
    let (mut a, mut b, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        let (ours, reference) = (ours().await?, reference().await?);
        ratios.push(ours / reference);
        a.push(ours);
        b.push(reference);
    }
    let (ours, reference) = (Some(median(a)), Some(median(b)));
    Ok(Figure {
        key,
        value: median(ratios),
        unit: "ratio",
        target: Target::AtLeast(target),
        ours,
        reference,
        pairs,
        growth: Vec::new(),
    })
}

/// The value that so many of a hundred do not exceed.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * percent / 100).copied().unwrap_or(f64::NAN)
}
