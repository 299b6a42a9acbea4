//! gRPC of links.
use crate::{
    app::{App, ListedLink, MakeLink, OpenLink, OpenedLink, Shown},
    domain::link::{OPENINGS_MAX, State, WRONG_MAX},
};
use holdfast_host::{CommandId, Ground, Peer, Problem, catalogue, field};
use holdfast_proto::{
    Word as _,
    consent::v1::{
        self as pb,
        link_service_server::{LinkService, LinkServiceServer},
    },
    timestamp,
};
use holdfast_types::{Action, Category, PatientId, Service};
use tonic::{Request, Response, Status};

const LABEL_CHARACTERS_MAX: usize = 80;
const PASSCODE_CHARACTERS_MIN: usize = 4;
const PASSCODE_CHARACTERS_MAX: usize = 100;
const RECIPIENT_CHARACTERS_MAX: usize = 100;
/// Secrets have 43 characters, tickets 96; what is longer than this is none of them.
const SECRET_CHARACTERS_MAX: usize = 200;

pub(crate) fn service(ground: Ground, app: App) -> LinkServiceServer<impl LinkService> {
    LinkServiceServer::new(Api { ground, app })
}

struct Api {
    ground: Ground,
    app: App,
}

#[tonic::async_trait]
impl LinkService for Api {
    async fn make_link(
        &self,
        request: Request<pb::MakeLinkRequest>,
    ) -> Result<Response<pb::MakeLinkResponse>, Status> {
        let entered = self.ground.enter(&request).await?;
        self.ground.stepped_up(&entered)?;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let command = to_make(message)?;
        let patient = command.patient;
        let made = self.app.make_link(&entered.context, id, command).await.map_err(Problem::from)?;
        Ok(Response::new(pb::MakeLinkResponse {
            link: shown(patient, made.link),
            secret: made.secret,
            content_key: made.content_key.into(),
            position: made.position.map(Into::into),
        }))
    }

    async fn list_links(
        &self,
        request: Request<pb::ListLinksRequest>,
    ) -> Result<Response<pb::ListLinksResponse>, Status> {
        let asked = self.ground.enter(&request).await?.context;
        let patient = field::id("patient_id", &request.get_ref().patient_id)?;
        let listed = self.app.list_links(&asked, patient).await.map_err(Problem::from)?;
        let links = listed.into_iter().filter_map(|link| shown(patient, link)).collect();
        Ok(Response::new(pb::ListLinksResponse { links }))
    }

    async fn open_link(
        &self,
        request: Request<pb::OpenLinkRequest>,
    ) -> Result<Response<pb::OpenLinkResponse>, Status> {
        Peer::only(Service::Identity, &request)?;
        let meta = self.ground.enter_unsigned(&request).await?;
        let message = request.into_inner();
        let id = CommandId::of(&message)?;
        let opened = self.app.open_link(&meta, id, to_open(message)?).await.map_err(Problem::from)?;
        Ok(Response::new(answer(opened)))
    }
}

fn to_make(message: pb::MakeLinkRequest) -> Result<MakeLink, Problem> {
    let openings_max =
        u32::try_from(message.openings_max).ok().filter(|max| (1..=OPENINGS_MAX).contains(max));
    let out_of_range = || {
        let says = format!("1 to {OPENINGS_MAX}");
        Problem::of_field(catalogue::FIELD_INVALID, "openings_max", says)
    };
    let passcode = match message.passcode.as_str() {
        "" => String::new(),
        text => field::line("passcode", text, PASSCODE_CHARACTERS_MIN, PASSCODE_CHARACTERS_MAX)?,
    };
    let categories = field::words("categories", &message.categories, super::fields::CATEGORIES_MAX)?;
    if categories.iter().any(|room: &Category| room.is_protected()) {
        let says = "what is protected is disclosed with its notice, to somebody who is known";
        return Err(Problem::of_field(catalogue::FIELD_INVALID, "categories", says));
    }
    let until = field::time("until_time", message.until_time.as_ref())?;
    Ok(MakeLink {
        patient: field::id("patient_id", &message.patient_id)?,
        label: field::line("label", &message.label, 1, LABEL_CHARACTERS_MAX)?,
        categories,
        download: message.download,
        until: field::required("until_time", until)?,
        narrowing: message.narrowing.map(super::fields::narrowing).transpose()?,
        passcode,
        openings_max: openings_max.ok_or_else(out_of_range)?,
    })
}

fn to_open(message: pb::OpenLinkRequest) -> Result<OpenLink, Problem> {
    let shown = match field::required("shown", message.shown)? {
        pb::open_link_request::Shown::Secret(secret) => Shown::Secret {
            secret: field::line("secret", &secret, 1, SECRET_CHARACTERS_MAX)?,
            recipient: field::line("recipient", &message.recipient, 1, RECIPIENT_CHARACTERS_MAX)?,
        },
        pb::open_link_request::Shown::Ticket(ticket) => {
            Shown::Ticket(field::line("ticket", &ticket, 1, SECRET_CHARACTERS_MAX)?)
        }
    };
    let passcode = field::line("passcode", &message.passcode, 0, PASSCODE_CHARACTERS_MAX)?;
    Ok(OpenLink { shown, passcode })
}

/// None: a link that was never made.
fn shown(patient: PatientId, listed: ListedLink) -> Option<pb::Link> {
    let left = listed.state.attempts_left();
    let State::Made { terms, openings, .. } = listed.state else { return None };
    let openings = openings.into_iter();
    Some(pb::Link {
        link_id: listed.link.to_string(),
        patient_id: patient.to_string(),
        label: terms.label,
        has_passcode: terms.passcode.is_some(),
        openings_max: i32::try_from(terms.openings_max).unwrap_or(i32::MAX),
        openings: openings
            .map(|one| pb::LinkOpening { open_time: Some(timestamp(one.opened)), recipient: one.recipient })
            .collect(),
        wrong_passcodes: i32::try_from(WRONG_MAX - left).unwrap_or(i32::MAX),
        create_time: Some(timestamp(listed.made)),
    })
}

fn answer(opened: OpenedLink) -> pb::OpenLinkResponse {
    let OpenedLink { link, label, grant, content_key, ticket, position } = opened;
    pb::OpenLinkResponse {
        link_id: link.to_string(),
        patient_id: grant.patient.to_string(),
        label,
        categories: grant.categories.iter().map(|room| room.to_proto()).collect(),
        download: grant.actions.contains(&Action::Download),
        until_time: grant.period.until().map(timestamp),
        content_key: content_key.into(),
        ticket,
        position: position.map(Into::into),
    }
}
