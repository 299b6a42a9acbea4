//! Looks at the directory and at people's names, which are open to everybody who is signed in: nothing to decide, but each is
//! recorded before it is answered, like any other look. And refusals that the rules of roles add to those of the policies.
use holdfast_access::{Access, AccessEvent, RETURNED_MAX, Refused, RequestContext, Returned};
use holdfast_eventlog::{Append, Context, EventLog, StreamAppend, Subject};
use holdfast_types::{AccountId, Action, Actor, Purpose};

/// That somebody looks; spent by [`Looks::release`].
#[must_use = "a look is recorded by its release"]
pub(crate) struct Look {
    access: Access,
    context: Context,
}

#[derive(Clone)]
pub(crate) struct Looks {
    log: EventLog,
}

impl Looks {
    pub(crate) const fn new(log: EventLog) -> Self {
        Self { log }
    }

    pub(crate) fn begin(&self, request: &RequestContext, operation: &'static str) -> Look {
        self.look(request, Action::Read, Purpose::Operations, operation)
    }

    /// Commits the access event; only then is there an answer.
    pub(crate) async fn release<T>(&self, look: Look, value: T, returned: &[Returned]) -> Result<T, Refused> {
        let Look { access, context } = look;
        let event = |returned: &[Returned]| {
            AccessEvent::Permitted(Box::new(Access { returned: returned.to_vec(), ..access.clone() }))
        };
        let events = match returned {
            [] => vec![event(&[])],
            some => some.chunks(RETURNED_MAX).map(event).collect(),
        };
        self.record(access.account, &events, context).await?;
        Ok(value)
    }

    /// Records that a role's reach was not enough, and answers as the gate does.
    pub(crate) async fn refuse(&self, request: &RequestContext, operation: &'static str) -> Refused {
        let Look { mut access, context } =
            self.look(request, Action::Contribute, Purpose::SystemAdministration, operation);
        access.refusal_reason = Some(Refused::NotPermitted.reason().to_owned());
        match self.record(access.account, &[AccessEvent::Refused(Box::new(access))], context).await {
            Ok(()) => Refused::NotPermitted,
            Err(unrecordable) => unrecordable,
        }
    }

    fn look(
        &self,
        request: &RequestContext,
        action: Action,
        usual: Purpose,
        operation: &'static str,
    ) -> Look {
        let caller = &request.caller;
        let purpose = request.purpose.unwrap_or(usual);
        let access = Access {
            account: caller.account,
            session: caller.session,
            roles: caller.roles.clone(),
            patient: None,
            oversight: None,
            action,
            categories: Vec::new(),
            permitted_categories: Vec::new(),
            purpose,
            // No policy is asked, so none is named.
            rule_ids: Vec::new(),
            grants: Vec::new(),
            policy_digest: String::new(),
            relationship: None,
            refusal_reason: None,
            returned: Vec::new(),
            operation: operation.to_owned(),
            // Consent has no say in this.
            consent_age_ms: Some(0),
            consent_age_ms_max: 0,
            decided_time: self.log.clock().now(),
        };
        let context = Context {
            tenant: caller.roles.first().map_or(crate::FREE_STANDING, |held| held.tenant),
            actor: Actor::Account(caller.account),
            on_behalf_of: None,
            purpose,
            correlation: request.correlation,
            causation: None,
            traceparent: request.traceparent.clone(),
            occurred: None,
        };
        Look { access, context }
    }

    async fn record(
        &self,
        account: AccountId,
        events: &[AccessEvent],
        context: Context,
    ) -> Result<(), Refused> {
        let stream = StreamAppend::of(self.log.ids().next(), 0, events).map_err(Refused::Unrecordable)?;
        let append =
            Append { subject: Subject::Account(account), context, request: None, streams: vec![stream] };
        self.log.append(append).await.map(|_| ()).map_err(Refused::Unrecordable)
    }
}
