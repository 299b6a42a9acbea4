//! The one way in and out: authorises, records every refusal, and lets an answer go only once its access event is committed.
mod freshness;
mod lists;
mod visits;

pub use freshness::{Freshness, OwnConsent};
pub use visits::Visits;

use crate::{
    AccessEvent, Caller, Decision, Denial, Facts, Oversight, Parts, Permit, Policies, Record, Request,
    TokenError, Unreleased, Within, decide, decide_in_part, decide_oversight, disclosure,
    grounds::{Asks, Grounds},
    metrics::Metrics,
    resource::Rooms,
    roles::usual_purpose,
    views,
};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_eventlog::{Append, AppendError, Context, EventLog, KeyError, StreamAppend, Subject, fault};
use holdfast_types::{Action, Category, PatientId, Purpose, Service};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Answers about many patients that are recorded at the same time.
const RELEASED_AT_ONCE_MAX: usize = 256;

/// Who asks, why, and in which chain of causes.
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub caller: Caller,
    /// None: by what the caller is towards the record.
    pub purpose: Option<Purpose>,
    pub correlation: Uuid,
    /// W3C Trace Context.
    pub traceparent: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("not permitted")]
    NotPermitted,
    #[error("the view of consent is too old to answer anybody but the record's holders")]
    ConsentStale,
    #[error("the access cannot be recorded, so it is refused")]
    Unrecordable(#[source] AppendError),
    #[error("the view of consent cannot be read, so nothing can be decided or recorded")]
    Undecidable(#[source] views::FactsError),
    #[error("the caller is not known")]
    Token(#[from] TokenError),
    /// Said only to those who may see the record.
    #[error("the record's content was erased")]
    Erased,
}

impl Refused {
    /// The reason in the error catalogue.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotPermitted => Denial::NotPermitted.reason(),
            Self::ConsentStale => Denial::ConsentStale.reason(),
            Self::Unrecordable(_) | Self::Undecidable(_) => "UNRECORDABLE",
            Self::Token(token) => token.reason(),
            Self::Erased => "CONTENT_ERASED",
        }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    policies: Arc<Policies>,
    log: EventLog,
    freshness: Arc<dyn Freshness>,
    consent_age_max: Duration,
    destroys_keys: bool,
    metrics: Arc<Metrics>,
    /// None: nobody begins a visit here.
    visits: Option<Arc<dyn Visits>>,
}

impl Gate {
    /// Reads `access_*` tables through the log's pool.
    pub fn new(
        policies: Arc<Policies>,
        log: EventLog,
        freshness: Arc<dyn Freshness>,
        consent_age_max: Duration,
    ) -> Self {
        let metrics = Arc::new(Metrics::new(log.service()));
        let destroys_keys = Service::WITH_CONTENT.iter().any(|service| service.as_str() == log.service());
        Self { policies, log, freshness, consent_age_max, destroys_keys, metrics, visits: None }
    }

    /// The rules by which it decides.
    pub fn policies(&self) -> &Arc<Policies> {
        &self.policies
    }

    /// Reads and downloads get a permit for those categories that are permitted as wholes; changes and sharing for all or none. A
    /// denial is on the log before it is answered.
    pub async fn authorise(
        &self,
        context: &RequestContext,
        action: Action,
        patient: PatientId,
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Permit, Refused> {
        self.authorise_rooms(context, action, patient, categories, operation).await
    }

    /// For a read or a download that leaves out what is not [`Permit::within`]: grants of a part of their rooms count, too. To share, for
    /// whoever keeps to those categories that are permitted.
    pub async fn authorise_in_part(
        &self,
        context: &RequestContext,
        action: Action,
        patient: PatientId,
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Permit<Parts>, Refused> {
        self.authorise_rooms(context, action, patient, categories, operation).await
    }

    async fn authorise_rooms<T: Rooms>(
        &self,
        context: &RequestContext,
        action: Action,
        patient: PatientId,
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Permit<T>, Refused> {
        let record = Record { patient, categories: categories.to_vec() };
        let (facts, now) = self.facts_on_visit(context, action, &record, T::IN_PART).await?;
        let asks = Asked { action, record, now, operation, ahead_of_visit: false };
        self.admit(self.decide(context, asks, &facts), &facts).await
    }

    /// Before something costly is read for somebody, of which nobody knows yet what categories it holds: whether any is permitted.
    /// A denial of all is on the log; what is permitted is asked for again when it is known.
    pub async fn authorise_any(
        &self,
        context: &RequestContext,
        action: Action,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<(), Refused> {
        let now = self.moment(&context.caller)?;
        let mut facts = self.facts_of(&context.caller, patient, now).await?;
        // The visit is begun when it is asked for again.
        if let Some(begun) = self.visits.as_ref().and_then(|_| facts.on_visits(now)) {
            facts = begun;
        }
        let purpose = context.purpose.unwrap_or_else(|| usual_purpose(facts.relationship, &context.caller));
        let (caller, consent_age_max) = (&context.caller, self.consent_age_max);
        let any = Category::ALL.iter().find(|category| {
            let record = Record { patient, categories: vec![**category] };
            let request = Request { caller, action, record: &record, purpose, now, consent_age_max };
            matches!(decide(&self.policies, &request, &facts), Decision::Permitted { .. })
        });
        if any.is_some() && !facts.erased {
            return Ok(());
        }
        let categories = any.map_or_else(|| Category::ALL.to_vec(), |category| vec![*category]);
        let record = Record { patient, categories };
        let asks = Asked { action, record, now, operation, ahead_of_visit: false };
        let decided = self.decide::<Record>(context, asks, &facts);
        self.admit(decided, &facts).await.map(|_| ())
    }

    /// For what is not content: histories, the logs' health, administration.
    pub async fn authorise_oversight(
        &self,
        context: &RequestContext,
        asked: Oversight,
        operation: &'static str,
    ) -> Result<Permit<Oversight>, Refused> {
        self.authorise_beside(context, asked, asked.action(), operation).await
    }

    /// The same for what is taken along: by the same rules, and on the log as a download.
    pub async fn authorise_export(
        &self,
        context: &RequestContext,
        asked: Oversight,
        operation: &'static str,
    ) -> Result<Permit<Oversight>, Refused> {
        self.authorise_beside(context, asked, Action::Download, operation).await
    }

    async fn authorise_beside(
        &self,
        context: &RequestContext,
        asked: Oversight,
        action: Action,
        operation: &'static str,
    ) -> Result<Permit<Oversight>, Refused> {
        let now = self.moment(&context.caller)?;
        let facts = match asked.patient() {
            Some(patient) => self.facts_of(&context.caller, patient, now).await?,
            None => Facts::default(),
        };
        let decision = decide_oversight(&self.policies, &context.caller, &asked, &facts);
        let purpose = context.purpose.unwrap_or_else(|| match asked {
            Oversight::RecordHistory(_) => usual_purpose(facts.relationship, &context.caller),
            asked => asked.usual_purpose(),
        });
        let asks = Asks {
            action,
            patient: asked.patient(),
            oversight: Some(asked),
            categories: &[],
            purpose,
            operation,
            in_part: false,
            ahead_of_visit: false,
            now,
            consent_age_max: self.consent_age_max,
            policies: &self.policies,
            destroys_keys: self.destroys_keys,
        };
        match self.judge(context, &asks, &facts, decision) {
            Ok(grounds) => Ok(Permit::new(asked, grounds)),
            Err((denial, grounds)) => Err(self.refuse(denial, grounds).await),
        }
    }

    /// Commits the access event; only then is there an answer. For a stream: before its first byte.
    pub async fn release<R, T>(&self, permit: Permit<R>, unreleased: Unreleased<T>) -> Result<T, Refused> {
        let asked = Instant::now();
        let (value, returned) = unreleased.into_parts();
        let Grounds { access, subject, context, held, .. } = *permit.into_grounds();
        fault::point("gate.permitted");
        self.record(&Grounds::permitted(&access, &returned), subject, context).await.map_err(|error| {
            match error {
                // Erased between the question and the answer.
                AppendError::Seal(KeyError::Destroyed) => Refused::Erased,
                error => Refused::Unrecordable(error),
            }
        })?;
        fault::point("gate.recorded");
        self.metrics.recorded(asked.elapsed());
        disclosure::note(&access, &held);
        Ok(value)
    }

    /// The answers of a list over many records, in order: all are recorded (together, as the committer groups them) or none is given.
    pub async fn release_each<R, T>(
        &self,
        answers: Vec<(Permit<R>, Unreleased<T>)>,
    ) -> Result<Vec<T>, Refused> {
        let releases = answers.into_iter().map(|(permit, unreleased)| self.release(permit, unreleased));
        stream::iter(releases.collect::<Vec<_>>()).buffered(RELEASED_AT_ONCE_MAX).try_collect().await
    }

    /// For which is decided, by tables, policies and event alike. A stream outlives the moment at which its token was looked at.
    fn moment(&self, caller: &Caller) -> Result<DateTime<Utc>, TokenError> {
        let now = self.log.clock().now();
        if now < caller.expires { Ok(now) } else { Err(TokenError::Expired) }
    }

    async fn facts_of(
        &self,
        caller: &Caller,
        patient: PatientId,
        now: DateTime<Utc>,
    ) -> Result<Facts, Refused> {
        Ok(self.facts(caller, &[patient], now).await?.pop().map(|(_, facts)| facts).unwrap_or_default())
    }

    async fn facts(
        &self,
        caller: &Caller,
        patients: &[PatientId],
        now: DateTime<Utc>,
    ) -> Result<Vec<(PatientId, Facts)>, Refused> {
        // Asked before the tables are read: they are at least that fresh.
        let consent_age = self.freshness.consent_age();
        let (pool, service) = (self.log.pool(), self.log.service());
        let mut facts =
            views::facts(pool, service, patients, caller, now).await.map_err(Refused::Undecidable)?;
        for (_, facts) in &mut facts {
            facts.consent_age = facts.consent_age.and(consent_age);
        }
        Ok(facts)
    }

    /// Of a record that was erased nothing is answered to anybody: that it was permitted is on the log all the same.
    async fn admit<T>(
        &self,
        decided: Result<Permit<T>, (Denial, Box<Grounds>)>,
        facts: &Facts,
    ) -> Result<Permit<T>, Refused> {
        match decided {
            Ok(permit) if facts.erased => {
                self.release(permit, Unreleased::new((), Vec::new())).await?;
                Err(Refused::Erased)
            }
            Ok(permit) => Ok(permit),
            Err((denial, grounds)) => Err(self.refuse(denial, grounds).await),
        }
    }

    fn decide<T: Rooms>(
        &self,
        context: &RequestContext,
        asked: Asked,
        facts: &Facts,
    ) -> Result<Permit<T>, (Denial, Box<Grounds>)> {
        let Asked { action, record, now, operation, ahead_of_visit } = asked;
        let purpose = context.purpose.unwrap_or_else(|| usual_purpose(facts.relationship, &context.caller));
        let (caller, consent_age_max) = (&context.caller, self.consent_age_max);
        let request = Request { caller, action, record: &record, purpose, now, consent_age_max };
        let (decision, within) = match T::IN_PART {
            true => decide_in_part(&self.policies, &request, facts),
            false => (decide(&self.policies, &request, facts), Within::default()),
        };
        let asks = Asks {
            action,
            patient: Some(record.patient),
            oversight: None,
            categories: &record.categories,
            purpose,
            operation,
            in_part: T::IN_PART,
            ahead_of_visit,
            now,
            consent_age_max,
            policies: &self.policies,
            destroys_keys: self.destroys_keys,
        };
        let grounds = self.judge(context, &asks, facts, decision)?;
        let categories = grounds.access.permitted_categories.clone();
        Ok(Permit::new(T::of(Record { categories, ..record }, within), grounds))
    }

    fn judge(
        &self,
        context: &RequestContext,
        asks: &Asks<'_>,
        facts: &Facts,
        decision: Decision,
    ) -> Result<Box<Grounds>, (Denial, Box<Grounds>)> {
        let judged = Grounds::of(context, asks, facts, decision);
        self.metrics.decided(judged.as_ref().err().map(|(denial, _)| *denial));
        judged
    }

    async fn refuse(&self, denial: Denial, grounds: Box<Grounds>) -> Refused {
        let Grounds { access, subject, context, .. } = *grounds;
        match self.record(&[AccessEvent::Refused(Box::new(access))], subject, context).await {
            Err(error) => Refused::Unrecordable(error),
            Ok(()) => match denial {
                Denial::NotPermitted => Refused::NotPermitted,
                Denial::ConsentStale => Refused::ConsentStale,
            },
        }
    }

    async fn record(
        &self,
        events: &[AccessEvent],
        subject: Subject,
        context: Context,
    ) -> Result<(), AppendError> {
        let stream = StreamAppend::of(self.log.ids().next(), 0, events)?;
        self.log.append(Append { subject, context, request: None, streams: vec![stream] }).await.map(|_| ())
    }
}

/// What is asked of one record, beside who asks.
struct Asked {
    action: Action,
    record: Record,
    now: DateTime<Utc>,
    operation: &'static str,
    ahead_of_visit: bool,
}
