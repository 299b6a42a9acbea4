//! One patient's record: opened and shared by the family, then written by those who treat, then looked at.
use super::{Loading, chart, looks, papers, sharing, threads};
use anyhow::{Context, Result};
use futures::try_join;
use holdfast_demo::{Key, Patient};
use holdfast_proto::r#type::v1::Position;

/// A record that is open and shared.
pub(super) struct Record<'a> {
    pub(super) patient: &'a Patient,
    pub(super) id: String,
    /// The guardian who opened it; the others who hold it follow.
    pub(super) holder: &'a Key,
    pub(super) holders: Vec<&'a Key>,
    /// What consent has said so far: the other services must have heard it.
    pub(super) after: Vec<Position>,
}

impl Record<'_> {
    /// Who sends something in the author's name: the author, or for somebody who only helps in the family, its guardian.
    pub(super) fn hand<'k>(&'k self, loading: Loading<'_>, author: &'k Key) -> &'k Key {
        let staff = loading.network.person(author).is_some_and(|person| person.practice().is_some());
        if staff || self.holders.contains(&author) { author } else { self.holder }
    }
}

pub(super) async fn load(loading: Loading<'_>, number: usize, patient: &Patient) -> Result<()> {
    let record = sharing::open(loading, number, patient).await.context("opening and sharing")?;
    chart::register(loading, &record).await.context("demographics")?;
    try_join!(
        async { chart::write(loading, &record).await.context("items") },
        async { papers::hand_in(loading, &record).await.context("papers") },
        async { threads::write(loading, &record).await.context("messages") },
    )?;
    looks::leave(loading, number, &record).await.context("looks")
}
