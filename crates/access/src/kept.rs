//! Every policy set that ever decided, by its digest: what was decided under an older one is decided again under that one.
//!
//! Whoever changes a policy or the table of roles adds the new set here, as `policies/history/<digest>.cedar`, `.cedarschema` and `.roles`; the
//! test says under which name. None is ever changed or taken away: logs name them.
use crate::{Policies, PoliciesError};
use std::{collections::BTreeMap, sync::Arc};

macro_rules! kept {
    ($($digest:literal),+ ; $($with_roles:literal),+ $(,)?) => {
        &[
            $((
                $digest,
                include_str!(concat!("../policies/history/", $digest, ".cedar")),
                include_str!(concat!("../policies/history/", $digest, ".cedarschema")),
                None,
            ),)+
            $((
                $with_roles,
                include_str!(concat!("../policies/history/", $with_roles, ".cedar")),
                include_str!(concat!("../policies/history/", $with_roles, ".cedarschema")),
                Some(include_str!(concat!("../policies/history/", $with_roles, ".roles"))),
            ),)+
        ]
    };
}

/// Digest, policies, schema and table of roles, which the first of them did not have, oldest first; the last is in force.
const KEPT: &[(&str, &str, &str, Option<&str>)] = kept![
    "a5cb5c48b23715d1a7440456ff6c5133f22806282199fd1d54d8e59f7e729c40",
    "c958b985056a174bb2552cc12b86cb96d0fc1c1529268229e3f6dd8442108ff9",
    "5b3e1ef045eed99fb227a6b3367646b1fbd22efdcdccf85066a683f5064a5f16",
    "122e1bc9cafabb8e7c4aeaa06b56d7eb4f10ae5d5c1cd5db2ee807ed304030b9";
    "ab044b506cc02282f3772ddd64fa06682d0f8d08c1b04b73d618ef1bd6b161a0",
    "35aa7c46d73db939c51faa5758474f78f0dd2f88b52ced10b69d31b6b2ffd84a",
];

/// Cheap to clone.
#[derive(Clone)]
pub struct PolicySets(Arc<BTreeMap<String, Arc<Policies>>>);

impl PolicySets {
    /// Slow (milliseconds for each): once per process.
    pub fn load() -> Result<Self, PoliciesError> {
        let mut sets = BTreeMap::new();
        for (_, policies, schema, roles) in KEPT {
            let set = Policies::parse(policies, schema, *roles)?;
            sets.insert(set.digest_hex(), Arc::new(set));
        }
        Ok(Self(Arc::new(sets)))
    }

    /// By the digest that access events have, in hexadecimal.
    pub fn by_digest(&self, digest: &str) -> Option<&Arc<Policies>> {
        self.0.get(digest)
    }

    /// In no order of time.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Policies>> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn the_policy_set_in_force_is_kept() {
        let in_force = Policies::load().unwrap().digest_hex();
        let (last, ..) = KEPT.last().unwrap();
        assert_eq!(
            *last, in_force,
            "keep the new set: policies/history/{in_force}.cedar, .cedarschema and .roles, and name it last"
        );
    }

    #[test]
    fn every_kept_set_is_what_its_name_says_and_none_was_taken_away() {
        let sets = PolicySets::load().unwrap();
        for (digest, ..) in KEPT {
            assert_eq!(sets.by_digest(digest).unwrap().digest_hex(), *digest);
        }
        let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/history");
        let files: BTreeSet<String> =
            fs::read_dir(folder).unwrap().map(|entry| stem(&entry.unwrap().path())).collect();
        let named: BTreeSet<String> = KEPT.iter().map(|(digest, ..)| (*digest).to_owned()).collect();
        assert_eq!(files, named, "each file is named, and each name has its files");
        assert!(named.len() >= 3 && sets.all().count() == named.len());
    }
}
