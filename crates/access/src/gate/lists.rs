//! Permits for many records at once: those that the caller names, and those that a service knows. No list begins a visit.
use super::{Asked, Gate, RELEASED_AT_ONCE_MAX, Refused, RequestContext};
use crate::{Parts, Permit, Record, Unreleased, resource::Rooms};
use futures::{StreamExt, stream};
use holdfast_types::{Action, Category, PatientId};

impl Gate {
    /// For a list of records that the caller names: permits for those that are permitted and not erased. Of every other one the
    /// refusal, or that it was permitted and is erased, is on the log before anything is answered.
    pub async fn authorise_named(
        &self,
        context: &RequestContext,
        action: Action,
        patients: &[PatientId],
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Vec<Permit>, Refused> {
        self.named(context, action, patients, categories, operation).await
    }

    /// The same for a read that leaves out what is not [`Permit::within`].
    pub async fn authorise_named_in_part(
        &self,
        context: &RequestContext,
        action: Action,
        patients: &[PatientId],
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Vec<Permit<Parts>>, Refused> {
        self.named(context, action, patients, categories, operation).await
    }

    /// For a list that the service makes of records it knows: permits for those that are permitted and not erased. The others were
    /// not asked for by anybody, so they are left out without a trace.
    pub async fn authorise_each(
        &self,
        context: &RequestContext,
        action: Action,
        patients: &[PatientId],
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Vec<Permit>, Refused> {
        self.each(context, action, patients, categories, operation, false).await
    }

    /// The same for a read that leaves out what is not [`Permit::within`].
    pub async fn authorise_each_in_part(
        &self,
        context: &RequestContext,
        action: Action,
        patients: &[PatientId],
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Vec<Permit<Parts>>, Refused> {
        self.each(context, action, patients, categories, operation, false).await
    }

    /// The same for a list of what the caller could open, of which it shows nothing: the visits that they have left count as begun.
    pub async fn authorise_each_ahead(
        &self,
        context: &RequestContext,
        action: Action,
        patients: &[PatientId],
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Vec<Permit<Parts>>, Refused> {
        self.each(context, action, patients, categories, operation, true).await
    }

    async fn named<T: Rooms>(
        &self,
        context: &RequestContext,
        action: Action,
        patients: &[PatientId],
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Vec<Permit<T>>, Refused> {
        let now = self.moment(&context.caller)?;
        let facts = self.facts(&context.caller, patients, now).await?;
        let mut permits = Vec::with_capacity(facts.len());
        let (mut erased, mut refusals) = (Vec::new(), Vec::new());
        for (patient, facts) in facts {
            let record = Record { patient, categories: categories.to_vec() };
            let asked = Asked { action, record, now, operation, ahead_of_visit: false };
            match self.decide(context, asked, &facts) {
                Ok(permit) if facts.erased => erased.push((permit, Unreleased::new((), Vec::new()))),
                Ok(permit) => permits.push(permit),
                Err((denial, grounds)) => refusals.push(self.refuse(denial, grounds)),
            }
        }
        self.release_each(erased).await?;
        let mut refused = stream::iter(refusals).buffered(RELEASED_AT_ONCE_MAX);
        while let Some(refused) = refused.next().await {
            if let Refused::Unrecordable(_) = refused {
                return Err(refused);
            }
        }
        Ok(permits)
    }

    async fn each<T: Rooms>(
        &self,
        context: &RequestContext,
        action: Action,
        patients: &[PatientId],
        categories: &[Category],
        operation: &'static str,
        ahead: bool,
    ) -> Result<Vec<Permit<T>>, Refused> {
        let now = self.moment(&context.caller)?;
        let facts = self.facts(&context.caller, patients, now).await?;
        let standing = facts.into_iter().filter(|(_, facts)| !facts.erased);
        let permits = standing.filter_map(|(patient, facts)| {
            let record = Record { patient, categories: categories.to_vec() };
            let begun = facts.on_visits(now).filter(|_| ahead);
            let ahead_of_visit = begun.is_some();
            let asked = Asked { action, record, now, operation, ahead_of_visit };
            self.decide(context, asked, &begun.unwrap_or(facts)).ok()
        });
        Ok(permits.collect())
    }
}
