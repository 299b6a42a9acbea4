//! Update masks and etags: which fields a change means, and what state it was decided on.
use crate::{catalogue, status::Problem};
use prost_types::FieldMask;

/// The paths of a mask, each one of those that may be updated. An empty or absent mask means all of them.
pub fn paths<'a>(mask: Option<&FieldMask>, known: &[&'a str]) -> Result<Vec<&'a str>, Problem> {
    let asked = match mask {
        Some(mask) if !mask.paths.is_empty() => &mask.paths,
        _ => return Ok(known.to_vec()),
    };
    let mut paths = Vec::new();
    for path in asked {
        let Some(known) = known.iter().copied().find(|known| known == path) else {
            let shown: String = path.chars().take(PATH_CHARACTERS_MAX).collect();
            return Err(Problem::of_field(
                catalogue::FIELD_MASK_UNKNOWN,
                "update_mask",
                format!("no field `{shown}` can be updated"),
            )
            .with("path", shown));
        };
        if !paths.contains(&known) {
            paths.push(known);
        }
    }
    Ok(paths)
}

/// Longest part of an unknown path that is sent back.
const PATH_CHARACTERS_MAX: usize = 100;

/// The etag of a revision.
pub fn etag(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// The revision that an etag means; None when the caller sent none.
pub fn revision(etag: &str) -> Result<Option<u64>, Problem> {
    if etag.is_empty() {
        return Ok(None);
    }
    etag.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|number| number.parse().ok())
        .map(Some)
        .ok_or_else(|| Problem::of_field(catalogue::ETAG_MALFORMED, "etag", "not an etag that was given out"))
}

/// Refuses a change that was decided on another revision than the present one.
pub fn check_etag(etag: &str, present: u64) -> Result<(), Problem> {
    match revision(etag)? {
        Some(revision) if revision != present => {
            Err(Problem::new(catalogue::ETAG_MISMATCH, "changed since it was read")
                .with("etag", self::etag(present)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["display_name", "locale"];

    fn mask(paths: &[&str]) -> FieldMask {
        FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }
    }

    #[test]
    fn a_mask_means_its_paths_and_none_means_all() {
        assert_eq!(paths(Some(&mask(&["locale", "locale"])), KNOWN).unwrap(), ["locale"]);
        assert_eq!(paths(None, KNOWN).unwrap(), KNOWN);
        assert_eq!(paths(Some(&mask(&[])), KNOWN).unwrap(), KNOWN);
    }

    #[test]
    fn an_unknown_path_is_refused_by_name() {
        let problem = paths(Some(&mask(&["locale", "email"])), KNOWN).unwrap_err();
        assert_eq!(problem.reason(), catalogue::FIELD_MASK_UNKNOWN);
        assert!(problem.to_string().contains("`email`"));
    }

    #[test]
    fn a_change_decided_on_an_old_revision_is_refused() {
        assert!(check_etag(&etag(3), 3).is_ok());
        assert!(check_etag("", 3).is_ok());
        assert_eq!(check_etag(&etag(2), 3).unwrap_err().reason(), catalogue::ETAG_MISMATCH);
        for bad in ["3", "\"x\"", "\"", "W/\"3\""] {
            assert_eq!(check_etag(bad, 3).unwrap_err().reason(), catalogue::ETAG_MALFORMED, "{bad}");
        }
    }
}
