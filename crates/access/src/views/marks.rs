//! The marks of one record that reach a caller, as one row has them: a column for each of their fields.
use super::FactsError;
use crate::{KeptFrom, MarkFact, Marked};
use holdfast_types::{AccountId, MarkId, PatientId, PracticeId};
use uuid::Uuid;

type Many<T> = Option<Vec<T>>;

/// All of one length, or all absent.
#[derive(sqlx::FromRow)]
pub(super) struct MarkColumns {
    mark_ids: Many<Uuid>,
    mark_categories: Many<Option<String>>,
    mark_items: Many<Option<Uuid>>,
    mark_authors: Many<Option<Uuid>>,
    mark_from_accounts: Many<Option<Uuid>>,
    mark_from_practices: Many<Option<Uuid>>,
}

impl MarkColumns {
    /// A mark that cannot be read is not passed over: nothing is decided.
    pub(super) fn facts(&self, patient: PatientId) -> Result<Vec<MarkFact>, FactsError> {
        let ids = self.mark_ids.iter().flatten().enumerate();
        ids.map(|(at, id)| {
            let what = match (
                at_place(&self.mark_categories, at)?,
                at_place(&self.mark_items, at)?,
                at_place(&self.mark_authors, at)?,
            ) {
                (Some(category), None, None) => {
                    Marked::Category(category.parse().map_err(|_| FactsError::Malformed("category"))?)
                }
                (None, Some(item), None) => Marked::Item(*item),
                (None, None, Some(author)) => Marked::Author(AccountId::new(*author)),
                _ => return Err(FactsError::Malformed("mark")),
            };
            let (account, practice) =
                (at_place(&self.mark_from_accounts, at)?, at_place(&self.mark_from_practices, at)?);
            let kept_from = match (account, practice) {
                (None, None) => KeptFrom::Everybody,
                (Some(account), None) => KeptFrom::Account(AccountId::new(*account)),
                (None, Some(practice)) => KeptFrom::Practice(PracticeId::new(*practice)),
                (Some(_), Some(_)) => return Err(FactsError::Malformed("mark")),
            };
            Ok(MarkFact { id: MarkId::new(*id), patient, what, kept_from })
        })
        .collect()
    }
}

fn at_place<T>(column: &Many<Option<T>>, at: usize) -> Result<Option<&T>, FactsError> {
    let column = column.as_ref().ok_or(FactsError::Malformed("mark"))?;
    Ok(column.get(at).ok_or(FactsError::Malformed("mark"))?.as_ref())
}
