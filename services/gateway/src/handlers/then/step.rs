//! One step of a record: who, when, by what way it came and what permitted it, and each value before and after.
use super::{Trail, address, walk::Walk};
use crate::{
    dates,
    failure::Failure,
    handlers::{deeds, papers::describe},
    moment::Moment,
    pages::{
        parts::{Badge, Pager, Tone},
        then::{Beside, Change, Difference, Step},
    },
    shelf::Open,
};
use holdfast_proto::{
    Word as _,
    documents::v1::{DocumentChange, DocumentChangeKind},
    messaging::v1::{ThreadChange, ThreadChangeKind},
    records::v1::{ChangeKind, FieldChange, RecordChange, Source},
};
use holdfast_types::Category;

/// The steps before and after, as addresses.
pub(super) fn beside(open: &Open, walk: &Walk, moment: Moment) -> Beside {
    let to = |at| address(open, Moment { at, ..moment });
    Beside { previous: walk.place.previous.map(to), following: walk.place.following.map(to) }
}

/// None where nothing had been recorded yet.
pub(super) async fn shown(
    open: &Open,
    walk: &Walk,
    moment: Moment,
    trail: &Trail,
) -> Result<Option<Step>, Failure> {
    let path = &address(open, moment);
    let Some(when) = walk.place.step.map(|at| open.moment(at)) else { return Ok(None) };
    let of_rooms = walk.rooms.iter().map(|change| change.recorded_by.as_str());
    let of_papers = walk.papers.iter().map(|change| change.recorded_by.as_str());
    let of_messages = walk.messages.iter().map(|change| change.recorded_by.as_str());
    // Who it was is not kept of all that is old.
    let actors: Vec<&str> =
        of_rooms.chain(of_papers).chain(of_messages).filter(|actor| !actor.is_empty()).collect();
    let proposers = walk.rooms.iter().map(|change| change.proposed_by.as_str());
    let proposers: Vec<&str> = proposers.filter(|actor| !actor.is_empty()).collect();
    let known = open.known(actors.iter().chain(&proposers).copied()).await?;
    let words = open.words();
    let proposed = proposers
        .iter()
        .map(|actor| words.say("then-proposed").with("name", known.actor(open, actor).name).plain());
    let who = actors.iter().map(|actor| {
        let person = known.actor(open, actor);
        if person.role.is_empty() { person.name } else { format!("{}, {}", person.name, person.role) }
    });
    let why_rooms = walk.rooms.iter().map(|change| why(open, change.source.as_ref()));
    let why_papers = walk.papers.iter().map(|change| words.t(why_paper(change.kind())));
    let why_messages = walk.messages.iter().map(|change| words.t(why_message(change.kind())));
    let rules = walk.rooms.iter().flat_map(|change| &change.rule_ids);
    let rules = rules.chain(walk.papers.iter().flat_map(|change| &change.rule_ids));
    let rules = rules.chain(walk.messages.iter().flat_map(|change| &change.rule_ids));
    let by = each_once(rules.map(|id| deeds::rule(words, id)));
    let rooms = walk.rooms.iter().map(|one| change(open, path, one));
    let papers = walk.papers.iter().map(|one| of_paper(open, path, one));
    let messages = walk.messages.iter().map(|one| of_thread(open, path, one));
    let changes: Vec<Change> = rooms.chain(papers).chain(messages).collect();
    let (previous, next) = trail.ways(path, &walk.next_page_token);
    let paged = previous.is_some() || next.is_some();
    Ok(Some(Step {
        number: words
            .say("then-number")
            .with("number", u32::try_from(walk.place.number).unwrap_or_default())
            .with("count", u32::try_from(walk.place.count).unwrap_or_default())
            .plain(),
        when,
        who: each_once(who).join("; "),
        why: each_once(why_rooms.chain(why_papers).chain(why_messages).chain(proposed)),
        by,
        pager: if paged {
            Pager { shown: changes.len(), total: walk.total, next, previous }
        } else {
            Pager::default()
        },
        changes,
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

const fn why_paper(kind: DocumentChangeKind) -> &'static str {
    match kind {
        DocumentChangeKind::Withdrawn => "then-why-paper-back",
        DocumentChangeKind::Added | DocumentChangeKind::Unspecified => "then-why-paper",
    }
}

const fn why_message(kind: ThreadChangeKind) -> &'static str {
    match kind {
        ThreadChangeKind::Closed => "then-why-closed",
        ThreadChangeKind::Started | ThreadChangeKind::Posted | ThreadChangeKind::Unspecified => {
            "then-why-message"
        }
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

fn of_paper(open: &Open, path: &str, change: &DocumentChange) -> Change {
    let words = open.words();
    let paper = change.document.clone().unwrap_or_default();
    let room = Category::from_proto(paper.category).unwrap_or(Category::Documents);
    let (badge, detail) = match change.kind() {
        DocumentChangeKind::Withdrawn => (Badge::new(Tone::Stop, words.t("then-retracted")), String::new()),
        DocumentChangeKind::Added | DocumentChangeKind::Unspecified => {
            (Badge::new(Tone::Good, words.t("then-added")), describe(words, &paper))
        }
    };
    Change {
        badge,
        href: Some(format!("{path}/papers/{}", paper.document_id)),
        title: paper.title,
        room: words.category(room),
        detail,
        reason: paper.withdrawal_reason,
        differences: Vec::new(),
    }
}

fn of_thread(open: &Open, path: &str, change: &ThreadChange) -> Change {
    let words = open.words();
    let (tone, key) = match change.kind() {
        ThreadChangeKind::Closed => (Tone::Info, "then-closed"),
        ThreadChangeKind::Started | ThreadChangeKind::Posted | ThreadChangeKind::Unspecified => {
            (Tone::Good, "then-added")
        }
    };
    Change {
        badge: Badge::new(tone, words.t(key)),
        title: change.subject.clone(),
        href: Some(format!("{path}/messages/{}", change.thread_id)),
        room: words.category(Category::Messages),
        detail: change.message.as_ref().map(|message| message.body.clone()).unwrap_or_default(),
        reason: String::new(),
        differences: Vec::new(),
    }
}

pub(in super::super) fn difference(open: &Open, field: &FieldChange) -> Difference {
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
