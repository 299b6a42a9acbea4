//! `ReplayService` over gRPC: decisions decided again, and what nobody asked.
use super::{hypothesis, reader, rehearsal, wire};
use crate::{
    app::App,
    domain::{Outcome, Verdict},
    views::{Place, Span},
};
use holdfast_access::{Decision, replay::Difference};
use holdfast_host::{Page, PageLimits, Problem, catalogue, field};
use holdfast_proto::{
    access::v1 as access,
    audit::v1::{
        self as pb,
        replay_service_server::{ReplayService, ReplayServiceServer},
    },
    timestamp,
};
use holdfast_types::{EventId, Period};
use tonic::{Request, Response, Status};
use uuid::Uuid;

const PAGE: PageLimits = PageLimits { default: 250, max: 500 };

pub(crate) fn service(app: App) -> ReplayServiceServer<Api> {
    ReplayServiceServer::new(Api { app })
}

pub(crate) struct Api {
    app: App,
}

#[tonic::async_trait]
impl ReplayService for Api {
    async fn replay_decisions(
        &self,
        request: Request<pb::ReplayDecisionsRequest>,
    ) -> Result<Response<pb::ReplayDecisionsResponse>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let query = request.into_inner();
        let patient = field::optional_id("patient_id", &query.patient_id)?;
        let tenant = match patient {
            Some(patient) => Some((field::id("tenant_id", &query.tenant_id)?, Some(patient))),
            None => field::optional_id("tenant_id", &query.tenant_id)?.map(|tenant| (tenant, None)),
        };
        let page = Page::<Place>::of(&query, PAGE)?;
        let span = span(&query)?;
        let replayed = self.app.replay_decisions(&entered, tenant, span, page.after(), page.size()).await?;
        Ok(Response::new(pb::ReplayDecisionsResponse {
            decision_count: count(replayed.decisions),
            identical_count: count(replayed.identical),
            exceptions: replayed.exceptions.into_iter().map(exception).collect(),
            next_page_token: match &replayed.next {
                Some(place) => page.token_after(place)?,
                None => String::new(),
            },
            lag_ms: wire::lag_ms(self.app.lag_max()),
            total_size: wire::total(replayed.total),
        }))
    }

    async fn decide_hypothetical(
        &self,
        request: Request<pb::DecideHypotheticalRequest>,
    ) -> Result<Response<pb::DecideHypotheticalResponse>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let asked = hypothesis::asked(request.into_inner(), self.app.ground().clock().now())?;
        let (tenant, patient, hypothesis) = asked;
        let concluded = self.app.decide_hypothetical(&entered, tenant, patient, &hypothesis).await?;
        let (conclusion, policy_digest) = concluded.map_err(hypothesis::unconcluded)?;
        Ok(Response::new(pb::DecideHypotheticalResponse {
            policy_digest,
            decided_time: Some(timestamp(hypothesis.at)),
            lag_ms: wire::lag_ms(self.app.lag_max()),
            ..hypothesis::told(conclusion)
        }))
    }

    async fn decide_for_reader(
        &self,
        request: Request<pb::DecideForReaderRequest>,
    ) -> Result<Response<pb::DecideForReaderResponse>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let (patient, reader) = reader::asked(&request.into_inner(), self.app.ground().clock().now())?;
        let (reading, policy_digest) = self.app.decide_for_reader(&entered, patient, &reader).await?;
        let of_others = reader.account != entered.context.caller.account;
        Ok(Response::new(pb::DecideForReaderResponse {
            policy_digest,
            decided_time: Some(timestamp(reader.at)),
            lag_ms: wire::lag_ms(self.app.lag_max()),
            ..reader::told(reading, of_others)
        }))
    }

    async fn list_readers(
        &self,
        request: Request<pb::ListReadersRequest>,
    ) -> Result<Response<pb::ListReadersResponse>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let query = request.into_inner();
        let patient = field::id("patient_id", &query.patient_id)?;
        let at = field::time("at_time", query.at_time.as_ref())?;
        let at = at.unwrap_or_else(|| self.app.ground().clock().now());
        let readers = self.app.list_readers(&entered, patient, at).await?;
        let readers = readers.into_iter().map(reader::named).collect();
        Ok(Response::new(pb::ListReadersResponse { readers, lag_ms: wire::lag_ms(self.app.lag_max()) }))
    }

    async fn rehearse_change(
        &self,
        request: Request<pb::RehearseChangeRequest>,
    ) -> Result<Response<pb::RehearseChangeResponse>, Status> {
        let entered = self.app.ground().enter(&request).await?;
        let (patient, change) = rehearsal::change(request.into_inner(), self.app.ground().clock().now())?;
        let rehearsed = self.app.rehearse_change(&entered, patient, change).await?;
        Ok(Response::new(rehearsal::told(rehearsed, wire::lag_ms(self.app.lag_max()))))
    }
}

fn span(query: &pb::ReplayDecisionsRequest) -> Result<Span, Problem> {
    let from = field::time("from_time", query.from_time.as_ref())?;
    let until = field::time("until_time", query.until_time.as_ref())?;
    if let Some(from) = from {
        Period::try_new(from, until).map_err(|error| {
            Problem::of_field(catalogue::PERIOD_ENDS_BEFORE_IT_BEGINS, "until_time", error.to_string())
        })?;
    }
    let event = field::optional_id("event_id", &query.event_id)?.map(EventId::uuid);
    Ok(Span { from, until, event })
}

fn exception((place, event_id, outcome): (Place, Uuid, Outcome)) -> pb::ReplayedDecision {
    let Outcome { verdict, differences, recorded, replayed, policy_digest } = outcome;
    pb::ReplayedDecision {
        event_id: event_id.to_string(),
        service: place.service,
        lane: u32::try_from(place.lane).unwrap_or_default(),
        lane_seq: u64::try_from(place.lane_seq).unwrap_or_default(),
        verdict: verdict_to_proto(verdict).into(),
        differences: differences.into_iter().map(|what| difference(what).into()).collect(),
        recorded: recorded.map(grounds),
        replayed: replayed.map(grounds),
        policy_digest,
    }
}

pub(super) fn grounds(decision: Decision) -> pb::DecisionGrounds {
    match decision {
        Decision::Permitted { rule_ids, grants, .. } => {
            let named = |named: holdfast_access::GrantRevision| access::GrantRevision {
                grant_id: named.grant.to_string(),
                revision: named.revision,
            };
            let grants = grants.into_iter().map(named).collect();
            pb::DecisionGrounds { outcome: access::Outcome::Permitted.into(), rule_ids, grants }
        }
        Decision::Refused { rule_ids, .. } => {
            pb::DecisionGrounds { outcome: access::Outcome::Refused.into(), rule_ids, grants: Vec::new() }
        }
    }
}

/// What is identical is counted and not listed.
const fn verdict_to_proto(verdict: Verdict) -> pb::ReplayVerdict {
    match verdict {
        Verdict::Identical => pb::ReplayVerdict::Unspecified,
        Verdict::Different => pb::ReplayVerdict::Different,
        Verdict::NotByPolicy => pb::ReplayVerdict::NotByPolicy,
        Verdict::InputsNotRecorded => pb::ReplayVerdict::InputsNotRecorded,
        Verdict::OtherPolicies => pb::ReplayVerdict::OtherPolicies,
        Verdict::NotHeardYet => pb::ReplayVerdict::NotHeardYet,
        Verdict::Unreadable => pb::ReplayVerdict::Unreadable,
    }
}

const fn difference(what: Difference) -> pb::ReplayDifference {
    match what {
        Difference::Outcome => pb::ReplayDifference::Outcome,
        Difference::Categories => pb::ReplayDifference::Categories,
        Difference::Rules => pb::ReplayDifference::Rules,
        Difference::Grants => pb::ReplayDifference::Grants,
        Difference::Relationship => pb::ReplayDifference::Relationship,
        Difference::Reason => pb::ReplayDifference::Reason,
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
