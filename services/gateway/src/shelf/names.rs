//! What a page says of many records at once: what their people are called, and how many messages wait. No list begins a visit.
use super::{Listed, Named};
use crate::{failure::Failure, visitor::Signed};
use chrono::{DateTime, Utc};
use holdfast_proto::{messaging::v1::CountUnreadRequest, records::v1::BatchGetPatientsRequest};
use holdfast_types::{Action, Category, PatientId};
use std::{collections::HashMap, sync::Arc};

const NAMES_AT_ONCE_MAX: usize = 200;

impl Signed {
    /// What the people of these records are called; nobody is missing but whose name is not shared.
    pub async fn names(&self, records: &[Listed]) -> Result<HashMap<PatientId, Arc<Named>>, Failure> {
        self.names_where(records, |record, now| record.may_in_list(Action::Read, Category::Demographics, now))
            .await
    }

    pub(super) async fn names_where(
        &self,
        records: &[Listed],
        worth_asking: fn(&Listed, DateTime<Utc>) -> bool,
    ) -> Result<HashMap<PatientId, Arc<Named>>, Failure> {
        let now = self.now();
        let records: Vec<Listed> =
            records.iter().filter(|record| worth_asking(record, now)).cloned().collect();
        let (opened, others): (Vec<&Listed>, Vec<&Listed>) =
            records.iter().partition(|record| record.emergency);
        let mut found = self.names_of(&others).await?;
        if !opened.is_empty() {
            found.extend(self.in_emergency().names_of(&opened).await?);
        }
        Ok(found)
    }

    async fn names_of(&self, records: &[&Listed]) -> Result<HashMap<PatientId, Arc<Named>>, Failure> {
        let (account, names, now) = (self.who.account_id, &self.site().names, self.now());
        let mut found = HashMap::new();
        let mut asked = Vec::new();
        for record in records {
            match record.relationship.and_then(|_| names.get(&(account, record.patient), now)) {
                Some(known) => found.extend(known.map(|named| (record.patient, named))),
                None => asked.push(record.patient),
            }
        }
        for chunk in asked.chunks(NAMES_AT_ONCE_MAX) {
            let patient_ids = chunk.iter().map(ToString::to_string).collect();
            let answer = self.records().batch_get_patients(BatchGetPatientsRequest { patient_ids }).await?;
            let told: HashMap<_, _> = (answer.into_inner().patients.into_iter())
                .filter_map(|patient| Some((patient.patient_id.parse().ok()?, patient.demographics?)))
                .map(|(id, demographics)| (id, Arc::new(Named::of(&demographics))))
                .collect();
            for patient in chunk {
                names.put((account, *patient), told.get(patient).cloned(), now + super::KEPT, now);
            }
            found.extend(told);
        }
        Ok(found)
    }

    /// After a name was changed.
    pub fn forget_name(&self, patient: PatientId) {
        self.site().names.forget(&(self.who.account_id, patient));
    }

    /// Messages that the account has not read, by record; nothing where messaging does not say.
    pub async fn unread(&self, records: &[Listed]) -> HashMap<PatientId, u32> {
        let now = self.now();
        let readable =
            records.iter().filter(|record| record.may_in_list(Action::Read, Category::Messages, now));
        let patient_ids: Vec<String> =
            readable.take(NAMES_AT_ONCE_MAX).map(|record| record.patient.to_string()).collect();
        if patient_ids.is_empty() {
            return HashMap::new();
        }
        match self.messaging().count_unread(CountUnreadRequest { patient_ids }).await {
            Ok(answer) => (answer.into_inner().counts.into_iter())
                .filter_map(|count| {
                    Some((count.patient_id.parse().ok()?, u32::try_from(count.unread_count).ok()?))
                })
                .collect(),
            Err(status) => {
                tracing::debug!(code = ?status.code(), "messages are not counted");
                HashMap::new()
            }
        }
    }
}
