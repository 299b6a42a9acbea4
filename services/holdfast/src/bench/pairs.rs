//! Interleaved pairs: ours, reference, ours, reference; the machine's drift hits both.
use anyhow::Result;
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub(crate) key: &'static str,
    /// Ours divided by the reference, or an absolute figure where there is no reference.
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) target: f64,
    pub(crate) at_least: bool,
    /// Medians of the two sides, where there are two.
    pub(crate) ours: Option<f64>,
    pub(crate) reference: Option<f64>,
    pub(crate) pairs: usize,
}

impl Figure {
    pub(crate) fn met(&self) -> bool {
        if self.at_least { self.value >= self.target } else { self.value <= self.target }
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
    Ok(Figure { key, value: median(ratios), unit: "ratio", target, at_least: true, ours, reference, pairs })
}
