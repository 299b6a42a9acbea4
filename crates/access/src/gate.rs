//! The one way in and out: authorises, records every refusal, and lets an answer go only once its access event is committed.
use crate::{
    Access, AccessEvent, Caller, Decision, Denial, Facts, GrantRevision, Oversight, Permit, Policies, Record,
    Request, TokenError, Unreleased, decide, decide_oversight, metrics::Metrics, permit::Grounds, views,
};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_eventlog::{Append, AppendError, Context, EventLog, StreamAppend, Subject};
use holdfast_types::{Action, Actor, Category, PatientId, Purpose, Relationship, TenantId};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Answers about many patients that are recorded at the same time.
const RELEASED_AT_ONCE_MAX: usize = 256;

/// How current this service's view of consent is.
pub trait Freshness: Send + Sync + 'static {
    /// Time since everything that consent has said was heard; `None` if it never was.
    fn consent_age(&self) -> Option<Duration>;
}

impl Freshness for holdfast_eventlog::Inbox {
    fn consent_age(&self) -> Option<Duration> {
        self.age()
    }
}

/// Consent itself, which needs not be told.
#[derive(Debug, Clone, Copy)]
pub struct OwnConsent;

impl Freshness for OwnConsent {
    fn consent_age(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

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
}

impl Refused {
    /// The reason in the error catalogue.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotPermitted => Denial::NotPermitted.reason(),
            Self::ConsentStale => Denial::ConsentStale.reason(),
            Self::Unrecordable(_) | Self::Undecidable(_) => "UNRECORDABLE",
            Self::Token(token) => token.reason(),
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
    metrics: Arc<Metrics>,
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
        Self { policies, log, freshness, consent_age_max, metrics }
    }

    /// Reads and downloads get a permit for those categories that are permitted; changes and sharing for all or none. A denial is
    /// on the log before it is answered.
    pub async fn authorise(
        &self,
        context: &RequestContext,
        action: Action,
        patient: PatientId,
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Permit, Refused> {
        let facts =
            self.facts(&context.caller, &[patient]).await?.pop().map(|(_, facts)| facts).unwrap_or_default();
        let record = Record { patient, categories: categories.to_vec() };
        match self.decide(context, action, record, &facts, operation) {
            Ok(permit) => Ok(permit),
            Err((denial, grounds)) => Err(self.refuse(denial, grounds).await),
        }
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
        let facts =
            self.facts(&context.caller, &[patient]).await?.pop().map(|(_, facts)| facts).unwrap_or_default();
        let purpose = context.purpose.unwrap_or_else(|| usual_purpose(facts.relationship));
        let now = self.log.clock().now();
        let (caller, consent_age_max) = (&context.caller, self.consent_age_max);
        let any = Category::ALL.iter().any(|category| {
            let record = Record { patient, categories: vec![*category] };
            let request = Request { caller, action, record: &record, purpose, now, consent_age_max };
            matches!(decide(&self.policies, &request, &facts), Decision::Permitted { .. })
        });
        if any {
            return Ok(());
        }
        let record = Record { patient, categories: Category::ALL.to_vec() };
        match self.decide(context, action, record, &facts, operation) {
            Ok(_) => Ok(()),
            Err((denial, grounds)) => Err(self.refuse(denial, grounds).await),
        }
    }

    /// For a list of records that the caller names: permits for those that are permitted. The refusal of every other one is on the
    /// log before anything is answered.
    pub async fn authorise_named(
        &self,
        context: &RequestContext,
        action: Action,
        patients: &[PatientId],
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Vec<Permit>, Refused> {
        let facts = self.facts(&context.caller, patients).await?;
        let (mut permits, mut refusals) = (Vec::with_capacity(facts.len()), Vec::new());
        for (patient, facts) in facts {
            let record = Record { patient, categories: categories.to_vec() };
            match self.decide(context, action, record, &facts, operation) {
                Ok(permit) => permits.push(permit),
                Err((denial, grounds)) => refusals.push(self.refuse(denial, grounds)),
            }
        }
        let mut refused = stream::iter(refusals).buffered(RELEASED_AT_ONCE_MAX);
        while let Some(refused) = refused.next().await {
            if let Refused::Unrecordable(_) = refused {
                return Err(refused);
            }
        }
        Ok(permits)
    }

    /// For a list that the service makes of records it knows: permits for those that are permitted. The others were not asked for by
    /// anybody, so they are left out without a trace.
    pub async fn authorise_each(
        &self,
        context: &RequestContext,
        action: Action,
        patients: &[PatientId],
        categories: &[Category],
        operation: &'static str,
    ) -> Result<Vec<Permit>, Refused> {
        let facts = self.facts(&context.caller, patients).await?;
        let permits = facts.into_iter().filter_map(|(patient, facts)| {
            let record = Record { patient, categories: categories.to_vec() };
            self.decide(context, action, record, &facts, operation).ok()
        });
        Ok(permits.collect())
    }

    /// For what is not content: histories, the logs' health, administration.
    pub async fn authorise_oversight(
        &self,
        context: &RequestContext,
        asked: Oversight,
        operation: &'static str,
    ) -> Result<Permit<Oversight>, Refused> {
        self.still_valid(&context.caller)?;
        let facts = match asked.patient() {
            Some(patient) => self.facts(&context.caller, &[patient]).await?.pop().map(|(_, facts)| facts),
            None => None,
        }
        .unwrap_or_default();
        let decision = decide_oversight(&self.policies, &context.caller, &asked, &facts);
        let purpose = context.purpose.unwrap_or_else(|| match asked {
            Oversight::RecordHistory(_) => usual_purpose(facts.relationship),
            Oversight::TenantHistory { .. } | Oversight::Directory => Purpose::Operations,
            Oversight::LogHealth | Oversight::Installation | Oversight::Tenant(_) => {
                Purpose::SystemAdministration
            }
        });
        let asks = Asks {
            action: asked.action(),
            patient: asked.patient(),
            oversight: Some(asked),
            categories: &[],
            purpose,
        };
        match self.judge(context, asks, &facts, decision, operation) {
            Ok(grounds) => Ok(Permit::new(asked, grounds)),
            Err((denial, grounds)) => Err(self.refuse(denial, grounds).await),
        }
    }

    /// Commits the access event; only then is there an answer. For a stream: before its first byte.
    pub async fn release<R, T>(&self, permit: Permit<R>, unreleased: Unreleased<T>) -> Result<T, Refused> {
        let asked = Instant::now();
        let (value, returned) = unreleased.into_parts();
        let Grounds { access, subject, context } = *permit.into_grounds();
        self.record(&Grounds::permitted(&access, &returned), subject, context)
            .await
            .map_err(Refused::Unrecordable)?;
        self.metrics.recorded(asked.elapsed());
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

    /// A stream outlives the moment at which its token was looked at.
    fn still_valid(&self, caller: &Caller) -> Result<(), TokenError> {
        if self.log.clock().now() < caller.expires { Ok(()) } else { Err(TokenError::Expired) }
    }

    async fn facts(
        &self,
        caller: &Caller,
        patients: &[PatientId],
    ) -> Result<Vec<(PatientId, Facts)>, Refused> {
        self.still_valid(caller)?;
        // Asked before the tables are read: they are at least that fresh.
        let consent_age = self.freshness.consent_age();
        let now = self.log.clock().now();
        let mut facts =
            views::facts(self.log.pool(), patients, caller, now).await.map_err(Refused::Undecidable)?;
        for (_, facts) in &mut facts {
            facts.consent_age = facts.consent_age.and(consent_age);
        }
        Ok(facts)
    }

    fn decide(
        &self,
        context: &RequestContext,
        action: Action,
        record: Record,
        facts: &Facts,
        operation: &'static str,
    ) -> Result<Permit, (Denial, Box<Grounds>)> {
        let purpose = context.purpose.unwrap_or_else(|| usual_purpose(facts.relationship));
        let now = self.log.clock().now();
        let (caller, consent_age_max) = (&context.caller, self.consent_age_max);
        let request = Request { caller, action, record: &record, purpose, now, consent_age_max };
        let decision = decide(&self.policies, &request, facts);
        let patient = Some(record.patient);
        let asks = Asks { action, patient, oversight: None, categories: &record.categories, purpose };
        let grounds = self.judge(context, asks, facts, decision, operation)?;
        let categories = grounds.access.permitted_categories.clone();
        Ok(Permit::new(Record { categories, ..record }, grounds))
    }

    /// Puts the decision and its inputs into the shape of an access event.
    fn judge(
        &self,
        context: &RequestContext,
        asks: Asks<'_>,
        facts: &Facts,
        decision: Decision,
        operation: &'static str,
    ) -> Result<Box<Grounds>, (Denial, Box<Grounds>)> {
        let caller = &context.caller;
        let (permitted_categories, rule_ids, grants, denial): (_, _, Vec<GrantRevision>, _) = match decision {
            Decision::Permitted { categories, rule_ids, grants } => (categories, rule_ids, grants, None),
            Decision::Refused { reason, rule_ids } => (Vec::new(), rule_ids, Vec::new(), Some(reason)),
        };
        self.metrics.decided(denial);
        let access = Access {
            account: caller.account,
            session: caller.session,
            roles: caller.roles.clone(),
            patient: asks.patient,
            oversight: asks.oversight,
            action: asks.action,
            categories: asks.categories.to_vec(),
            permitted_categories,
            purpose: asks.purpose,
            rule_ids,
            grants,
            policy_digest: hex::encode(self.policies.digest()),
            relationship: facts.relationship,
            refusal_reason: denial.map(|denial| denial.reason().to_owned()),
            returned: Vec::new(),
            operation: operation.to_owned(),
            consent_age_ms: facts.consent_age.map(millis),
            consent_age_ms_max: millis(self.consent_age_max),
            decided_time: self.log.clock().now(),
        };
        // A patient that this service has not heard of has no history here: what was tried is in the history of who tried.
        let known = asks.patient.filter(|_| facts.record_tenant.is_some());
        let asked_tenant = asks.oversight.and_then(|asked| asked.tenant()).filter(|_| denial.is_none());
        let own_tenant = caller.roles.first().map(|held| held.tenant);
        let tenant =
            asked_tenant.or(facts.record_tenant).or(own_tenant).unwrap_or(TenantId::new(Uuid::nil()));
        let grounds = Box::new(Grounds {
            access,
            subject: known.map_or(Subject::Account(caller.account), Subject::Patient),
            context: Context {
                tenant,
                actor: Actor::Account(caller.account),
                on_behalf_of: asks.patient.filter(|_| facts.relationship == Some(Relationship::Parent)),
                purpose: asks.purpose,
                correlation: context.correlation,
                causation: None,
                traceparent: context.traceparent.clone(),
                occurred: None,
            },
        });
        match denial {
            None => Ok(grounds),
            Some(denial) => Err((denial, grounds)),
        }
    }

    async fn refuse(&self, denial: Denial, grounds: Box<Grounds>) -> Refused {
        let Grounds { access, subject, context } = *grounds;
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

struct Asks<'a> {
    action: Action,
    patient: Option<PatientId>,
    oversight: Option<Oversight>,
    categories: &'a [Category],
    purpose: Purpose,
}

/// What somebody asks for who does not say why.
pub const fn usual_purpose(relationship: Option<Relationship>) -> Purpose {
    match relationship {
        Some(Relationship::Patient) => Purpose::PatientRequest,
        Some(Relationship::Parent) => Purpose::FamilyRequest,
        None => Purpose::Treatment,
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
