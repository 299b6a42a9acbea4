//! Visits: where nothing but a grant for a number of visits would open what is asked for, one is begun at consent, which alone counts
//! them; the decision rests on what this service then has heard of it.
use super::{Gate, Refused, RequestContext, fault, usual_purpose};
use crate::{Facts, Record, Request, visits_wanted};
use chrono::{DateTime, Utc};
use holdfast_types::{Action, GrantId, PatientId, Purpose};
use std::sync::Arc;

/// Where visits are begun.
#[async_trait::async_trait]
pub trait Visits: Send + Sync + 'static {
    /// Begins a visit of the caller, or finds the one that they are on. Returns when this service has heard of it, or soon after: the
    /// decision that follows rests on what was heard, and on nothing that is answered here. What fails is logged and opens nothing.
    async fn begin(&self, context: &RequestContext, purpose: Purpose, patient: PatientId, grant: GrantId);
}

impl Gate {
    /// A gate at which visits are begun.
    #[must_use]
    pub fn with_visits(self, visits: Arc<dyn Visits>) -> Self {
        Self { visits: Some(visits), ..self }
    }

    /// For what goes on by itself: a stream that nobody looks at uses up no visit.
    #[must_use]
    pub fn without_visits(&self) -> Self {
        Self { visits: None, ..self.clone() }
    }

    /// What is known of one record, once the visits are begun that alone open what is asked for; and the moment for which it is known.
    pub(super) async fn facts_on_visit(
        &self,
        context: &RequestContext,
        action: Action,
        record: &Record,
        in_part: bool,
    ) -> Result<(Facts, DateTime<Utc>), Refused> {
        let (caller, now) = (&context.caller, self.moment(&context.caller)?);
        let facts = self.facts_of(caller, record.patient, now).await?;
        let Some(visits) = self.visits.as_ref().filter(|_| !facts.erased) else { return Ok((facts, now)) };
        let purpose = context.purpose.unwrap_or_else(|| usual_purpose(facts.relationship, &context.caller));
        let request = Request { caller, action, record, purpose, now, consent_age_max: self.consent_age_max };
        let wanted = visits_wanted(&self.policies, &request, &facts, in_part);
        if wanted.is_empty() {
            return Ok((facts, now));
        }
        for grant in wanted {
            visits.begin(context, purpose, record.patient, grant).await;
            fault::point("gate.visit-begun");
        }
        let now = self.moment(caller)?;
        Ok((self.facts_of(caller, record.patient, now).await?, now))
    }
}
