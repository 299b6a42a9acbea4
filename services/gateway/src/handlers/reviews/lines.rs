//! The lines of a review: how a form names them, and what each shows.
use crate::{
    directory::Known,
    pages::{
        parts::{Badge, Tone},
        reviews::{Added, ReviewLine},
    },
    visitor::Signed,
};
use holdfast_proto::{
    Word as _,
    identity::v1::{AccessReviewLine, HeldSince, ReviewVerdict, ReviewedRole, RoleAssignment},
};
use holdfast_types::Role;

/// `<account>/<role>/<tenant>/<practice>`, as far as there is one.
fn value(held: &HeldSince) -> String {
    let RoleAssignment { role, tenant_id, practice_id } = held.assignment.clone().unwrap_or_default();
    format!("{}/{role}/{tenant_id}/{practice_id}", held.account_id)
}

pub(super) fn read(value: &str) -> Option<ReviewedRole> {
    let [account, role, tenant, practice] = value.split('/').collect::<Vec<_>>().try_into().ok()?;
    let (tenant_id, practice_id) = (tenant.to_owned(), practice.to_owned());
    let assignment = Some(RoleAssignment { role: role.parse().ok()?, tenant_id, practice_id });
    Some(ReviewedRole { account_id: account.to_owned(), assignment })
}

/// Whether the account takes roles away anywhere in the network.
pub(super) fn withdraws(signed: &Signed) -> bool {
    signed.who.is(Role::PracticeAdministrator)
}

pub(super) fn row(signed: &Signed, known: &Known, line: &AccessReviewLine, over: bool) -> Option<ReviewLine> {
    let words = signed.words();
    let held = line.held.as_ref()?;
    let verdict = match line.verdict() {
        ReviewVerdict::Unspecified => None,
        ReviewVerdict::Keep => Some((Tone::Good, "review-keeps")),
        ReviewVerdict::Withdraw => Some((Tone::Stop, "review-withdraws")),
    };
    let badge = match verdict {
        Some((tone, key)) => Badge::new(tone, words.t(key)),
        None if !line.stands => Badge::new(Tone::Plain, words.t("review-gone")),
        None => Badge::new(Tone::Warn, words.t("review-waits")),
    };
    let own = held.account_id == signed.who.account_id.to_string();
    let decided = signed.day(line.decide_time.as_ref()).map(|when| {
        let by = known.actor(signed, &line.decided_by_account_id).name;
        format!("{by}, {}", when.text)
    });
    Some(ReviewLine {
        value: (!over && !own && line.stands).then(|| value(held)),
        own,
        who: name(signed, known, held),
        role: role(signed, held),
        place: place(signed, known, held),
        since: day(signed, held.since_time.as_ref(), "review-since-unknown"),
        last_used: day(signed, held.last_use_time.as_ref(), "review-never-used"),
        badge,
        decided: decided.unwrap_or_default(),
    })
}

pub(super) fn added(signed: &Signed, known: &Known, held: &HeldSince) -> Added {
    Added {
        who: name(signed, known, held),
        role: role(signed, held),
        place: place(signed, known, held),
        since: day(signed, held.since_time.as_ref(), "review-since-unknown"),
    }
}

fn name(signed: &Signed, known: &Known, held: &HeldSince) -> String {
    known.name(&held.account_id).unwrap_or_else(|| signed.words().t("who-unknown"))
}

fn role(signed: &Signed, held: &HeldSince) -> String {
    let role = held.assignment.as_ref().and_then(|assignment| Role::from_proto(assignment.role));
    role.map(|role| signed.words().role(role)).unwrap_or_default()
}

fn place(signed: &Signed, known: &Known, held: &HeldSince) -> String {
    match held.assignment.as_ref().map(|assignment| assignment.practice_id.as_str()) {
        None | Some("") => signed.words().t("review-whole-network"),
        Some(practice) => known.practice(signed, practice),
    }
}

fn day(signed: &Signed, moment: Option<&prost_types::Timestamp>, none: &str) -> String {
    signed.day(moment).map_or_else(|| signed.words().t(none), |when| when.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_named_by_who_holds_what_where_and_nothing_else_is_read() {
        let assignment = RoleAssignment { role: 3, tenant_id: "t".into(), practice_id: String::new() };
        let held =
            HeldSince { account_id: "a".into(), assignment: Some(assignment.clone()), ..Default::default() };
        let read_again = read(&value(&held)).unwrap();
        assert_eq!((read_again.account_id.as_str(), read_again.assignment), ("a", Some(assignment)));
        for wrong in ["", "a/3/t", "a/three/t/", "a/3/t/p/more"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
