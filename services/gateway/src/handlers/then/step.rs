//! One step of a record: who, when, by what way it came, and each value before and after.
use super::{Trail, address};
use crate::{
    dates,
    failure::Failure,
    moment::{Moment, Way},
    pages::{
        parts::{Badge, Pager, Tone},
        then::{Beside, Change, Difference, Step},
    },
    shelf::Open,
};
use holdfast_proto::{
    Word as _,
    records::v1::{ChangeKind, FieldChange, ListStepChangesResponse, RecordChange, Source},
    time,
};
use holdfast_types::Category;
use prost_types::Timestamp;

/// The steps before and after, as addresses.
pub(super) fn beside(open: &Open, answer: &ListStepChangesResponse) -> Beside {
    let to = |at: Option<&Timestamp>| {
        let at = at.and_then(|at| time(at).ok())?;
        Some(address(open, Moment { at, way: Way::Known }))
    };
    Beside { previous: to(answer.previous_time.as_ref()), following: to(answer.following_time.as_ref()) }
}

/// None where nothing had been recorded yet.
pub(super) async fn shown(
    open: &Open,
    answer: &ListStepChangesResponse,
    path: &str,
    trail: &Trail,
) -> Result<Option<Step>, Failure> {
    let Some(when) = open.when(answer.step_time.as_ref()) else { return Ok(None) };
    let known = open.known(answer.changes.iter().map(|change| change.recorded_by.as_str())).await?;
    let words = open.words();
    let who = answer.changes.iter().map(|change| {
        let person = known.actor(open, &change.recorded_by);
        if person.role.is_empty() { person.name } else { format!("{}, {}", person.name, person.role) }
    });
    let why = answer.changes.iter().map(|change| why(open, change.source.as_ref()));
    let (previous, next) = trail.ways(path, &answer.next_page_token);
    let paged = previous.is_some() || next.is_some();
    Ok(Some(Step {
        number: words
            .say("then-number")
            .with("number", u32::try_from(answer.step_number).unwrap_or_default())
            .with("count", u32::try_from(answer.step_count).unwrap_or_default())
            .plain(),
        when,
        who: each_once(who).join("; "),
        why: each_once(why),
        changes: answer.changes.iter().map(|one| change(open, path, one)).collect(),
        pager: if paged {
            let total = usize::try_from(answer.total_size).unwrap_or_default();
            Pager { shown: answer.changes.len(), total, next, previous }
        } else {
            Pager::default()
        },
    }))
}

/// By what way it came.
fn why(open: &Open, source: Option<&Source>) -> String {
    let words = open.words();
    match source.map(|source| (source.kind.as_str(), source.name.as_str())) {
        None => words.t("then-why-person"),
        Some(("import", "")) => words.t("then-why-import-plain"),
        Some(("import", name)) => words.say("then-why-import").with("name", name).plain(),
        Some(("practice", _)) => words.t("then-why-practice"),
        Some(("patient", _)) => words.t("then-why-patient"),
        Some(_) => words.t("then-why-app"),
    }
}

fn each_once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

fn change(open: &Open, path: &str, change: &RecordChange) -> Change {
    let words = open.words();
    let (tone, key) = match change.kind() {
        ChangeKind::Added => (Tone::Good, "then-added"),
        ChangeKind::Retracted => (Tone::Stop, "then-retracted"),
        ChangeKind::Changed | ChangeKind::Unspecified => (Tone::Info, "then-change"),
    };
    let room = Category::from_proto(change.category).unwrap_or(Category::Other);
    let of_person = change.item_id.is_empty();
    Change {
        badge: Badge::new(tone, words.t(key)),
        title: if of_person { words.t("record-details") } else { change.title.clone() },
        href: (!of_person).then(|| format!("{path}/i/{}", change.item_id)),
        room: words.category(room),
        detail: if change.kind() == ChangeKind::Added { change.summary.clone() } else { String::new() },
        reason: change.retraction_reason.clone(),
        differences: change.fields.iter().map(|field| difference(open, field)).collect(),
    }
}

fn difference(open: &Open, field: &FieldChange) -> Difference {
    let words = open.words();
    let key = format!("field-{}", field.path.replace('_', "-"));
    let said = |text: &str| dates::said(words, text, open.local_now());
    Difference {
        label: if words.holds(&key) { words.t(&key) } else { field.label.clone() },
        before: said(&field.before),
        after: said(&field.after),
    }
}

#[cfg(test)]
mod tests {
    use crate::words::{Lang, Words};

    #[test]
    fn every_field_of_a_person_and_of_an_item_has_its_words() {
        let contract = include_str!("../../../../../proto/holdfast/records/v1/records.proto");
        let message = contract.split("message Demographics {").nth(1).unwrap().split("\n}").next().unwrap();
        let fields = message.lines().filter(|line| line.ends_with(';') && !line.contains("//"));
        let names: Vec<&str> = fields.filter_map(|line| line.split_whitespace().rev().nth(2)).collect();
        assert!(names.len() >= 11 && names.contains(&"birth_date"), "{names:?}");
        for words in Lang::ALL.map(Words::new) {
            for name in names.iter().chain(&["title", "summary", "status", "occurred_time"]) {
                assert!(words.holds(&format!("field-{}", name.replace('_', "-"))), "{name}");
            }
        }
    }
}
