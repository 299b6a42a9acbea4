//! Ways through a list by pages, on and back: an address carries where the pages before it began.
use super::room::encoded;

/// Further back than this leads to the first page.
const BEFORE_MAX: usize = 20;
/// Tokens hold no full stop.
const BETWEEN: char = '.';

/// Where a page of a list begins, and those before it but the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Trail {
    #[serde(default)]
    pub page: String,
    #[serde(default)]
    pub before: String,
}

impl Trail {
    fn behind(&self) -> Vec<&str> {
        self.before.split(BETWEEN).filter(|token| !token.is_empty()).collect()
    }

    /// The addresses of the page before and of the page that begins at `next`; `path` may hold a query.
    pub(super) fn ways(&self, path: &str, next: &str) -> (Option<String>, Option<String>) {
        let behind = self.behind();
        let previous = (!self.page.is_empty()).then(|| match behind.split_last() {
            Some((last, rest)) => address(path, last, rest),
            None => path.to_owned(),
        });
        let passed = || -> Vec<&str> {
            let own = Some(self.page.as_str()).filter(|page| !page.is_empty());
            let all: Vec<&str> = behind.iter().copied().chain(own).collect();
            all.iter().skip(all.len().saturating_sub(BEFORE_MAX)).copied().collect()
        };
        let next = (!next.is_empty()).then(|| address(path, next, &passed()));
        (previous, next)
    }
}

fn address(path: &str, page: &str, before: &[&str]) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    let before: Vec<String> = before.iter().map(|token| encoded(token)).collect();
    let page = encoded(page);
    match before.is_empty() {
        true => format!("{path}{joint}page={page}"),
        false => format!("{path}{joint}page={page}&before={}", before.join(".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(address: &str) -> Trail {
        let (_, query) = address.split_once('?').unwrap_or_default();
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(own, _)| *own == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        Trail { page: value("page"), before: value("before") }
    }

    #[test]
    fn each_page_leads_on_and_back() {
        let first = Trail::default();
        let (none, second) = first.ways("/list", "b");
        assert_eq!(none, None);
        let second = follow(&second.unwrap());
        let (back, third) = second.ways("/list", "c");
        assert_eq!(back.as_deref(), Some("/list"));
        let third = follow(&third.unwrap());
        assert_eq!(third, Trail { page: "c".into(), before: "b".into() });
        let (back, end) = third.ways("/list", "");
        assert_eq!((follow(&back.unwrap()), end), (second, None));
    }

    #[test]
    fn a_long_way_back_ends_on_the_first_page_and_addresses_stay_short() {
        let mut at = Trail::default();
        for page in 0..60 {
            at = follow(&at.ways("/list?kind=read", &format!("t{page}")).1.unwrap());
            assert!(at.behind().len() <= BEFORE_MAX);
        }
        for _ in 0..=BEFORE_MAX {
            let (back, _) = at.ways("/list?kind=read", "");
            at = follow(&back.unwrap());
        }
        assert_eq!(at, Trail::default());
    }
}
