//! `holdfast bench`: each figure beside its reference in the same run, interleaved, as the median of the pairs' ratios.
pub(crate) mod append;
pub(crate) mod pairs;
pub(crate) mod replay;
pub(crate) mod scratch;
