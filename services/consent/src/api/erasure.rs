//! gRPC of erasures.
use super::fields;
use crate::{
    app::{App, CarryOut, Content, GetErasure, LiftHold, ListErasures, PlaceHold, Retention},
    domain::{
        erasure::{Grounds, Hold, Stage, State},
        retention::Rules,
    },
    views::Asked,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use holdfast_host::{CommandId, Ground, Page, PageLimits, Problem, catalogue, field};
use holdfast_proto::{
    consent::v1::{
        self as pb,
        erasure_service_server::{ErasureService, ErasureServiceServer},
    },
    timestamp,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

const PAGES: PageLimits = PageLimits { default: 25, max: 100 };
const AUTHORITY_CHARACTERS_MAX: usize = 200;
const REASON_CHARACTERS_MAX: usize = 500;

pub(crate) fn service(ground: Ground, app: App, rules: Rules) -> ErasureServiceServer<impl ErasureService> {
    ErasureServiceServer::new(Api { ground, app, rules: Arc::new(rules) })
}

struct Api {
    ground: Ground,
    app: App,
    rules: Arc<Rules>,
}

#[tonic::async_trait]
impl ErasureService for Api {
    async fn request_erasure(
        &self,
        request: Request<pb::RequestErasureRequest>,
    ) -> Result<Response<pb::RequestErasureResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let (id, content) = (CommandId::of(&message)?, content(&message.patient_id, &message.document_id)?);
        let position = self.app.request_erasure(&asked, id, content).await.map_err(Problem::from)?;
        Ok(Response::new(pb::RequestErasureResponse { position: position.map(Into::into) }))
    }

    async fn withdraw_erasure(
        &self,
        request: Request<pb::WithdrawErasureRequest>,
    ) -> Result<Response<pb::WithdrawErasureResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let (id, content) = (CommandId::of(&message)?, content(&message.patient_id, &message.document_id)?);
        let position = self.app.withdraw_erasure(&asked, id, content).await.map_err(Problem::from)?;
        Ok(Response::new(pb::WithdrawErasureResponse { position: position.map(Into::into) }))
    }

    async fn place_hold(
        &self,
        request: Request<pb::PlaceHoldRequest>,
    ) -> Result<Response<pb::PlaceHoldResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = PlaceHold {
            patient: field::id("patient_id", &message.patient_id)?,
            grounds: grounds(message.grounds)?,
        };
        let (hold, position) = self.app.place_hold(&asked, id, command).await.map_err(Problem::from)?;
        let position = position.map(Into::into);
        Ok(Response::new(pb::PlaceHoldResponse { hold_id: hold.to_string(), position }))
    }

    async fn lift_hold(
        &self,
        request: Request<pb::LiftHoldRequest>,
    ) -> Result<Response<pb::LiftHoldResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = LiftHold {
            patient: field::id("patient_id", &message.patient_id)?,
            hold: field::id("hold_id", &message.hold_id)?,
            grounds: grounds(message.grounds)?,
        };
        let position = self.app.lift_hold(&asked, id, command).await.map_err(Problem::from)?;
        Ok(Response::new(pb::LiftHoldResponse { position: position.map(Into::into) }))
    }

    async fn carry_out_erasure(
        &self,
        request: Request<pb::CarryOutErasureRequest>,
    ) -> Result<Response<pb::CarryOutErasureResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = CarryOut {
            content: content(&message.patient_id, &message.document_id)?,
            grounds: grounds(message.grounds)?,
            retention: retention(&self.rules, message.retention, self.ground.clock().now())?,
        };
        let (erased, position) =
            self.app.carry_out_erasure(&asked, id, command).await.map_err(Problem::from)?;
        let (erased_time, position) = (Some(timestamp(erased)), position.map(Into::into));
        Ok(Response::new(pb::CarryOutErasureResponse { erased_time, position }))
    }

    async fn get_erasure(
        &self,
        request: Request<pb::GetErasureRequest>,
    ) -> Result<Response<pb::Erasure>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let content = content(&message.patient_id, &message.document_id)?;
        let query = GetErasure { patient: content.patient, tenant: fields::tenant(&message.tenant_id)? };
        let state = self.app.get_erasure(&asked, query).await.map_err(Problem::from)?;
        Ok(Response::new(self.shown(content, state)))
    }

    async fn list_erasures(
        &self,
        request: Request<pb::ListErasuresRequest>,
    ) -> Result<Response<pb::ListErasuresResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let message = request.get_ref();
        let page = Page::of(message, PAGES)?;
        let query = ListErasures {
            tenant: field::id("tenant_id", &message.tenant_id)?,
            after: page.after().copied(),
            page_size: page.size(),
        };
        let found = self.app.list_erasures(&asked, query).await.map_err(Problem::from)?;
        let open_size = i32::try_from(found.waiting).unwrap_or(i32::MAX);
        let (listed, next_page_token) = page.cut(found.listed, |(asked, _)| *asked)?;
        let shown =
            |(Asked { patient, document, .. }, state)| self.shown(Content { patient, document }, state);
        let erasures = listed.into_iter().map(shown).collect();
        Ok(Response::new(pb::ListErasuresResponse { erasures, next_page_token, open_size }))
    }
}

impl Api {
    fn shown(&self, content: Content, state: State) -> pb::Erasure {
        let stated_retention_rules = self.rules.names().map(str::to_owned).collect();
        pb::Erasure { stated_retention_rules, ..shown(content, state) }
    }
}

/// No document means all of the record.
fn content(patient_id: &str, document_id: &str) -> Result<Content, Problem> {
    let patient = field::id("patient_id", patient_id)?;
    let document = (!document_id.is_empty()).then(|| field::id("document_id", document_id)).transpose()?;
    Ok(Content { patient, document })
}

fn grounds(message: Option<pb::Grounds>) -> Result<Grounds, Problem> {
    let pb::Grounds { authority, reason } = field::required("grounds", message)?;
    Ok(Grounds {
        authority: field::line("grounds.authority", &authority, 1, AUTHORITY_CHARACTERS_MAX)?,
        reason: field::line("grounds.reason", &reason, 1, REASON_CHARACTERS_MAX)?,
    })
}

fn retention(
    rules: &Arc<Rules>,
    message: Option<pb::Retention>,
    now: DateTime<Utc>,
) -> Result<Retention, Problem> {
    let pb::Retention { rule: name, birth_date, last_service_date } = field::required("retention", message)?;
    let unknown = || {
        Problem::of_field(catalogue::RETENTION_RULE_UNKNOWN, "retention.rule", "not one that is stated here")
    };
    let rule = rules.named(&name).ok_or_else(unknown)?;
    let born = date("retention.birth_date", &birth_date, NaiveDate::MIN, now)?;
    let last_served = date("retention.last_service_date", &last_service_date, born, now)?;
    Ok(Retention { rules: Arc::clone(rules), name, rule, born, last_served })
}

fn date(field: &str, text: &str, earliest: NaiveDate, now: DateTime<Utc>) -> Result<NaiveDate, Problem> {
    // Somewhere it is tomorrow already.
    let latest = now.date_naive().checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|date| text.len() == 10 && (earliest..=latest).contains(date))
        .ok_or_else(|| {
            let expected = "expected a date that has been, like 2020-03-03";
            Problem::of_field(catalogue::DATE_IMPOSSIBLE, field, expected)
        })
}

fn shown(content: Content, state: State) -> pb::Erasure {
    let Content { patient, document } = content;
    let mut shown = pb::Erasure {
        patient_id: patient.to_string(),
        document_id: document.map(|document| document.to_string()).unwrap_or_default(),
        state: pb::ErasureState::Kept.into(),
        requested_document_ids: state.asked().map(|document| document.to_string()).collect(),
        ..pb::Erasure::default()
    };
    let stage = state.stage(document).clone();
    shown.holds = state.holds.into_iter().map(Into::into).collect();
    let (wish, order) = match stage {
        Stage::Kept => (None, None),
        Stage::Requested(wish) => {
            shown.state = pb::ErasureState::Requested.into();
            (Some(wish), None)
        }
        Stage::Erased { erased, told } => {
            shown.state = pb::ErasureState::Erased.into();
            shown.erased_time = Some(timestamp(erased));
            told.map_or((None, None), |(wish, order)| (Some(wish), Some(order)))
        }
    };
    if let Some(wish) = wish {
        shown.requested_by_account_id = wish.by.to_string();
        shown.requested_time = Some(timestamp(wish.requested));
    }
    if let Some(order) = order {
        shown.carried_out_by_account_id = order.by.to_string();
        shown.grounds = Some(order.grounds.into());
        shown.retention_rule = order.retained.rule;
        shown.retain_until_date = order.retained.until.to_string();
    }
    shown
}

impl From<Grounds> for pb::Grounds {
    fn from(Grounds { authority, reason }: Grounds) -> Self {
        Self { authority, reason }
    }
}

impl From<Hold> for pb::LegalHold {
    fn from(Hold { hold, by, placed, grounds }: Hold) -> Self {
        Self {
            hold_id: hold.to_string(),
            placed_by_account_id: by.to_string(),
            placed_time: Some(timestamp(placed)),
            grounds: Some(grounds.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(rule: &str, birth_date: &str, last_service_date: &str) -> &'static str {
        let message = pb::Retention {
            rule: rule.into(),
            birth_date: birth_date.into(),
            last_service_date: last_service_date.into(),
        };
        let now = DateTime::from_timestamp(1_772_452_800, 0).unwrap();
        retention(&Arc::default(), Some(message), now)
            .map_or_else(|problem| problem.reason().name(), |_| "taken")
    }

    #[test]
    fn retention_is_counted_from_days_that_have_been() {
        assert_eq!(reason("default", "2010-06-15", "2026-03-02"), "taken");
        assert_eq!(reason("default", "2010-06-15", "2010-06-15"), "taken");
        for (born, last_served) in [
            ("2010-06-31", "2026-03-02"),
            ("2010-6-15", "2026-03-02"),
            ("", "2026-03-02"),
            ("2010-06-15", ""),
            ("2010-06-15", "2026-03-04"),
            ("2026-03-04", "2026-03-04"),
            ("2010-06-15", "2010-06-14"),
        ] {
            assert_eq!(reason("default", born, last_served), "DATE_IMPOSSIBLE", "{born} {last_served}");
        }
        assert_eq!(reason("US-PA", "2010-06-15", "2026-03-02"), "RETENTION_RULE_UNKNOWN");
    }

    #[test]
    fn nothing_is_ordered_without_authority_and_reason() {
        let said = |authority: &str, reason: &str| {
            let message = pb::Grounds { authority: authority.into(), reason: reason.into() };
            grounds(Some(message)).map_or_else(|problem| problem.reason().name(), |_| "taken")
        };
        assert_eq!(said("a court", "a suit"), "taken");
        assert_eq!((said("", "a suit"), said("a court", " ")), ("FIELD_MISSING", "FIELD_MISSING"));
        assert_eq!(said(&"x".repeat(201), "a suit"), "TEXT_TOO_LONG");
        assert_eq!(said("a court", &"x".repeat(501)), "TEXT_TOO_LONG");
        assert_eq!(grounds(None).unwrap_err().reason().name(), "FIELD_MISSING");
    }
}
