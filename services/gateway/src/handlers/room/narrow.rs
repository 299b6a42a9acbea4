//! What a list is narrowed to, by source and by time: each way to another list keeps the other choice.
use super::{SPANS, encoded};
use crate::{pages::parts::Filter, shelf::Open};
use holdfast_proto::records::v1::SourceSummary;

/// More would be a list of their own; what comes from the others is found by its name.
const SOURCES_MAX: usize = 8;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Narrowed {
    pub source: String,
    pub since: String,
}

impl Narrowed {
    pub(super) fn address(&self, path: &str) -> String {
        let kept = [("source", &self.source), ("since", &self.since)];
        let kept = kept.iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<_> = kept.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
    }

    pub(super) fn times(&self, open: &Open, path: &str) -> Vec<Filter> {
        let way = |code: &str, key: &str| {
            let there = Self { since: code.to_owned(), ..self.clone() };
            Filter::new(there.address(path), open.words().t(key), *self == there)
        };
        std::iter::once(way("", "list-all")).chain(SPANS.map(|(code, key, _)| way(code, key))).collect()
    }

    /// None where everything comes from one source.
    pub(super) async fn sources(&self, open: &Open, path: &str, sources: &[SourceSummary]) -> Vec<Filter> {
        if sources.len() < 2 && self.source.is_empty() {
            return Vec::new();
        }
        let way = |id: &str, label: String| {
            let there = Self { source: id.to_owned(), ..self.clone() };
            Filter::new(there.address(path), label, *self == there)
        };
        let named = names(open, sources).await;
        let ways =
            sources.iter().zip(named).take(SOURCES_MAX).map(|(summary, name)| {
                way(summary.source.as_ref().map_or("", |source| &source.source_id), name)
            });
        std::iter::once(way("", open.words().t("list-sources-all"))).chain(ways).collect()
    }
}

/// What each source calls itself; of an account, what it is called, where identity answers.
pub(in crate::handlers) async fn names(open: &Open, sources: &[SourceSummary]) -> Vec<String> {
    let mut accounts = Vec::new();
    for summary in sources {
        if own_name(summary).is_empty() {
            accounts.push(summary.recorded_by.as_str());
        }
    }
    let known = if accounts.is_empty() { None } else { open.known(accounts).await.ok() };
    let name = |summary: &SourceSummary| match (own_name(summary), &known) {
        ("", Some(known)) => known.actor(open, &summary.recorded_by).name,
        ("", None) => open.words().t("who-unknown"),
        (name, _) => name.to_owned(),
    };
    sources.iter().map(name).collect()
}

fn own_name(summary: &SourceSummary) -> &str {
    summary.source.as_ref().map_or("", |source| &source.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_what_it_is_narrowed_to_and_nothing_else() {
        let narrowed = |source: &str, since: &str| Narrowed { source: source.into(), since: since.into() };
        assert_eq!(narrowed("", "").address("/c/goals"), "/c/goals");
        assert_eq!(narrowed("", "year").address("/c/goals"), "/c/goals?since=year");
        assert_eq!(narrowed("a&b", "year").address("/c/goals"), "/c/goals?source=a%26b&since=year");
    }
}
