//! What the law wants to go with an answer. The gate notes it as it releases, and whatever serves the call takes it along: no method can
//! forget it.
use crate::Access;
use holdfast_types::{Category, GrantId};
use std::{cell::RefCell, collections::BTreeSet};

/// 42 CFR 2.32(a)(2).
pub const PART_2: &str = "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";

tokio::task_local! { static NOTED: RefCell<Option<Disclosure>>; }

/// Something under 42 CFR part 2 is answered to somebody who does not hold it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disclosure {
    /// The consent: what the grants say is its scope.
    pub grants: BTreeSet<GrantId>,
}

/// `held`: of the permitted rooms those that the caller holds. Who asks outside of a call is nobody to whom anything is disclosed.
pub(crate) fn note(access: &Access, held: &[Category]) {
    let disclosed = |rooms: &[Category]| rooms.contains(&Category::SubstanceUse);
    if disclosed(&access.permitted_categories) && !disclosed(held) {
        let _ = NOTED.try_with(|noted| {
            let mut noted = noted.borrow_mut();
            noted.get_or_insert_default().grants.extend(access.grants.iter().map(|by| by.grant));
        });
    }
}

/// Serves a call, and says what goes with its answer.
pub async fn noting<T>(call: impl Future<Output = T>) -> (T, Option<Disclosure>) {
    let noting = async {
        let answer = call.await;
        (answer, NOTED.with(RefCell::take))
    };
    NOTED.scope(RefCell::default(), noting).await
}
