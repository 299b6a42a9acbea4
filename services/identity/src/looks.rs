//! Refusals that the rules of roles add to those of the policies, recorded before they are answered as the gate's are.
use holdfast_access::{Access, AccessEvent, Refused, RequestContext};
use holdfast_eventlog::{Append, Context, EventLog, StreamAppend, Subject};
use holdfast_types::{Action, Actor, Purpose};

#[derive(Clone)]
pub(crate) struct Looks {
    log: EventLog,
}

impl Looks {
    pub(crate) const fn new(log: EventLog) -> Self {
        Self { log }
    }

    /// Records that a role's reach was not enough, and answers as the gate does.
    pub(crate) async fn refuse(&self, request: &RequestContext, operation: &'static str) -> Refused {
        let caller = &request.caller;
        let purpose = request.purpose.unwrap_or(Purpose::SystemAdministration);
        let access = Access {
            account: caller.account,
            session: caller.session,
            roles: caller.roles.clone(),
            patient: None,
            oversight: None,
            action: Action::Contribute,
            categories: Vec::new(),
            permitted_categories: Vec::new(),
            in_part: false,
            part_categories: Vec::new(),
            purpose,
            // No policy is asked, so none is named.
            rule_ids: Vec::new(),
            grants: Vec::new(),
            policy_digest: String::new(),
            relationship: None,
            refusal_reason: Some(Refused::NotPermitted.reason().to_owned()),
            returned: Vec::new(),
            operation: operation.to_owned(),
            // Consent has no say in this.
            consent_age_ms: Some(0),
            consent_age_ms_max: 0,
            decided_time: self.log.clock().now(),
            consent_seq: None,
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
        match self.record(access, context).await {
            Ok(()) => Refused::NotPermitted,
            Err(unrecordable) => unrecordable,
        }
    }

    async fn record(&self, access: Access, context: Context) -> Result<(), Refused> {
        let subject = Subject::Account(access.account);
        let events = [AccessEvent::Refused(Box::new(access))];
        let stream = StreamAppend::of(self.log.ids().next(), 0, &events).map_err(Refused::Unrecordable)?;
        let append = Append { subject, context, request: None, streams: vec![stream] };
        self.log.append(append).await.map(|_| ()).map_err(Refused::Unrecordable)
    }
}
