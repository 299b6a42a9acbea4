//! Marks as the contract writes them.
use crate::{
    app::SetMark,
    domain::mark::{KeptFrom, Mark, Marked},
    message::mark_of,
};
use holdfast_host::{Problem, field};
use holdfast_proto::consent::v1 as pb;
use holdfast_types::{ItemId, PatientId};

const REASON_CHARACTERS_MAX: usize = 200;

pub(super) fn to_set(message: pb::SetMarkRequest) -> Result<SetMark, Problem> {
    Ok(SetMark {
        patient: field::id("patient_id", &message.patient_id)?,
        what: marked(message.what)?,
        kept_from: kept_from(message.kept_from)?,
        reason: reason(&message.reason)?,
    })
}

/// For the holders alone; they need not say.
pub(super) fn reason(text: &str) -> Result<String, Problem> {
    field::line("reason", text, 0, REASON_CHARACTERS_MAX)
}

fn marked(message: Option<pb::Marked>) -> Result<Marked, Problem> {
    let what = field::required("what", message)?;
    Ok(match field::required("what.kind", what.kind)? {
        pb::marked::Kind::Category(number) => Marked::Category(field::word("what.category", number)?),
        pb::marked::Kind::ItemId(item) => Marked::Item(field::id::<ItemId>("what.item_id", &item)?.uuid()),
        pb::marked::Kind::AuthorAccountId(author) => {
            Marked::Author(field::id("what.author_account_id", &author)?)
        }
    })
}

fn kept_from(message: Option<pb::KeptFrom>) -> Result<KeptFrom, Problem> {
    Ok(match message {
        None => KeptFrom::Everybody,
        Some(from) => match field::required("kept_from.kind", from.kind)? {
            pb::kept_from::Kind::AccountId(account) => {
                KeptFrom::Account(field::id("kept_from.account_id", &account)?)
            }
            pb::kept_from::Kind::PracticeId(practice) => {
                KeptFrom::Practice(field::id("kept_from.practice_id", &practice)?)
            }
        },
    })
}

/// In an answer to a holder.
pub(super) fn shown(patient: PatientId, mark: Mark) -> pb::Mark {
    let reason = mark.reason.clone();
    pb::Mark { reason, ..mark_of(patient, &mark) }
}
