//! What is shared by a link: made by a holder, opened by whoever shows it, no more often than it may be, and closed at once.
#![cfg(test)]
mod common;
mod family;
use chrono::{DateTime, TimeDelta, Utc};
use common::*;
use family::*;
use futures::future::join_all;
use holdfast_eventlog::Subject;
use holdfast_proto::{Word as _, consent::v1::*, time};
use holdfast_types::{Action, Category, Clock as _, Purpose};
use tonic::Status;
use tonic_types::StatusExt as _;

const PASSCODE: &str = "kite-31";

fn make(patient: &str, until: DateTime<Utc>) -> MakeLinkRequest {
    MakeLinkRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        label: "School nurse".into(),
        categories: vec![Category::Medications.to_proto(), Category::Allergies.to_proto()],
        until_time: at(until),
        openings_max: 2,
        ..MakeLinkRequest::default()
    }
}

fn show(secret: &str, passcode: &str) -> OpenLinkRequest {
    OpenLinkRequest {
        request_id: request_id(),
        shown: Some(open_link_request::Shown::Secret(secret.to_owned())),
        passcode: passcode.to_owned(),
        recipient: "Nurse Ortiz".into(),
    }
}

fn go_on(ticket: &str) -> OpenLinkRequest {
    let shown = Some(open_link_request::Shown::Ticket(ticket.to_owned()));
    OpenLinkRequest { request_id: request_id(), shown, ..OpenLinkRequest::default() }
}

fn attempts_left(status: &Status) -> Option<String> {
    status.get_error_details().error_info()?.metadata.get("remaining_attempts").cloned()
}

impl World {
    async fn link(&self, request: MakeLinkRequest) -> MakeLinkResponse {
        self.links(&mother()).make_link(request).await.unwrap().into_inner()
    }

    fn in_a_week(&self) -> DateTime<Utc> {
        self.clock.now() + TimeDelta::days(7)
    }

    async fn opened(&self, request: OpenLinkRequest) -> Result<OpenLinkResponse, Status> {
        Ok(self.links_of_identity().open_link(request).await?.into_inner())
    }

    /// `OK`, or the reason of the refusal.
    async fn outcome(&self, request: OpenLinkRequest) -> &'static str {
        let opened = self.opened(request).await;
        opened.map_or_else(|status| holdfast_testkit::refusal::reason(&status), |_| "OK")
    }

    async fn listed(&self, patient: &str) -> Vec<Link> {
        let asked = ListLinksRequest { patient_id: patient.to_owned() };
        self.links(&mother()).list_links(asked).await.unwrap().into_inner().links
    }
}

#[tokio::test]
async fn a_link_is_a_grant_to_its_bearer_for_reading_at_the_patients_request() {
    let world = world().await;
    let patient = family(&world).await;
    let request = MakeLinkRequest { download: true, ..make(&patient, world.in_a_week()) };
    let made = world.link(request.clone()).await;
    let again = world.link(request.clone()).await;
    assert_eq!(
        (&made.secret, &made.content_key),
        (&again.secret, &again.content_key),
        "asked twice, made once"
    );
    assert_eq!((made.secret.len(), made.content_key.len()), (43, 32));

    let link = made.link.unwrap();
    let grants = world.as_(&mother()).list_grants(list(&patient)).await.unwrap().into_inner().grants;
    let [grant] = &grants[..] else { panic!("one grant: {grants:?}") };
    assert_eq!(grant.grant_id, link.link_id);
    assert_eq!(grant.grantee, Some(to_account(link.link_id.parse().unwrap())));
    assert_eq!(grant.actions, [Action::Read.to_proto(), Action::Download.to_proto()]);
    assert_eq!(grant.purposes, [Purpose::PatientRequest.to_proto()]);
    assert_eq!(grant.categories, request.categories);
    assert_eq!(grant.until_time, request.until_time);

    let opened = world.opened(show(&made.secret, "")).await.unwrap();
    assert_eq!((&opened.link_id, &opened.patient_id), (&link.link_id, &patient));
    assert_eq!((opened.label.as_str(), opened.download), ("School nurse", true));
    assert_eq!((&opened.categories, &opened.content_key), (&request.categories, &made.content_key));
    let [listed] = &world.listed(&patient).await[..] else { panic!("one link") };
    assert_eq!(listed.openings.len(), 1);
    assert_eq!(listed.openings[0].recipient, "Nurse Ortiz");
    assert_eq!(time(listed.openings[0].open_time.as_ref().unwrap()).unwrap(), world.clock.now());
}

#[tokio::test]
async fn what_was_said_of_a_link_is_sealed_and_nothing_of_its_secrets_is_kept() {
    let world = world().await;
    let patient = family(&world).await;
    let made =
        world.link(MakeLinkRequest { passcode: PASSCODE.into(), ..make(&patient, world.in_a_week()) }).await;
    world.opened(show(&made.secret, PASSCODE)).await.unwrap();
    let lane = Subject::Patient(patient.parse().unwrap()).lane();
    let told: Vec<String> = world.envelopes().await.iter().map(|envelope| format!("{envelope:?}")).collect();
    for word in [made.secret.as_str(), PASSCODE, "School nurse", "Nurse Ortiz"] {
        assert!(told.iter().all(|told| !told.contains(word)), "`{word}` is told to others");
    }
    let on_log = world.envelopes().await;
    let kinds: Vec<_> = on_log
        .iter()
        .filter(|envelope| envelope.header.lane == lane && envelope.header.event_type.starts_with("link."))
        .map(|envelope| (envelope.header.event_type.as_str(), envelope.public_payload.is_none()))
        .collect();
    assert_eq!(kinds, [("link.made", true), ("link.opened", true)]);
}

#[tokio::test]
async fn at_the_fifth_wrong_passcode_a_link_is_closed_for_good_wherever_it_is_served() {
    let mut world = world().await;
    let patient = family(&world).await;
    let made =
        world.link(MakeLinkRequest { passcode: PASSCODE.into(), ..make(&patient, world.in_a_week()) }).await;
    let asked = world.opened(show(&made.secret, "")).await.unwrap_err();
    assert_eq!(holdfast_testkit::refusal::reason(&asked), "PASSCODE_MISSING");
    assert_eq!(attempts_left(&asked), Some("5".into()));
    for left in (0..5).rev() {
        // Another process counts on where the one before has ended.
        world.served_again(|_| ()).await;
        let refused = world.opened(show(&made.secret, "kite-13")).await.unwrap_err();
        assert_eq!(holdfast_testkit::refusal::reason(&refused), "PASSCODE_WRONG");
        assert_eq!(attempts_left(&refused), Some(left.to_string()));
    }
    assert_eq!(world.outcome(show(&made.secret, PASSCODE)).await, "SHARED_LINK_CLOSED");
    let [listed] = &world.listed(&patient).await[..] else { panic!("one link") };
    assert_eq!((listed.wrong_passcodes, listed.openings.len()), (5, 0));
}

#[tokio::test]
async fn however_many_open_or_guess_at_once_none_is_one_too_many() {
    let world = world().await;
    let patient = family(&world).await;
    let made = world.link(make(&patient, world.in_a_week())).await;
    let outcomes = join_all((0..12).map(|_| world.outcome(show(&made.secret, "")))).await;
    assert_eq!(outcomes.iter().filter(|one| **one == "OK").count(), 2, "{outcomes:?}");
    assert!(outcomes.iter().all(|one| ["OK", "SHARED_LINK_CLOSED"].contains(one)), "{outcomes:?}");

    // The newest is listed first.
    world.clock.advance(TimeDelta::seconds(1));
    let guarded = MakeLinkRequest { passcode: PASSCODE.into(), ..make(&patient, world.in_a_week()) };
    let made = world.link(guarded).await;
    let outcomes = join_all((0..12).map(|_| world.outcome(show(&made.secret, "kite-13")))).await;
    assert_eq!(outcomes.iter().filter(|one| **one == "PASSCODE_WRONG").count(), 5, "{outcomes:?}");
    let counts: Vec<_> =
        world.listed(&patient).await.iter().map(|link| (link.openings.len(), link.wrong_passcodes)).collect();
    assert_eq!(counts, [(0, 5), (2, 0)]);
}

#[tokio::test]
async fn an_opening_that_is_asked_for_again_is_one_opening() {
    let world = world().await;
    let patient = family(&world).await;
    let made = world.link(MakeLinkRequest { openings_max: 1, ..make(&patient, world.in_a_week()) }).await;
    let request = show(&made.secret, "");
    assert_eq!(world.outcome(request.clone()).await, "OK");
    assert_eq!(world.outcome(request.clone()).await, "OK", "its answer was lost");
    let other = OpenLinkRequest { recipient: "somebody else".into(), ..request };
    assert_eq!(world.outcome(other).await, "REQUEST_ID_REUSED");
    assert_eq!(world.outcome(show(&made.secret, "")).await, "SHARED_LINK_CLOSED");
    assert_eq!(world.listed(&patient).await[0].openings.len(), 1);
}

#[tokio::test]
async fn whoever_opened_it_goes_on_for_an_hour_without_opening_it_again() {
    let world = world().await;
    let patient = family(&world).await;
    let made = world.link(MakeLinkRequest { openings_max: 1, ..make(&patient, world.in_a_week()) }).await;
    let ticket = world.opened(show(&made.secret, "")).await.unwrap().ticket;
    world.clock.advance(TimeDelta::minutes(59));
    assert_eq!(world.opened(go_on(&ticket)).await.unwrap().content_key, made.content_key);
    assert_eq!(world.listed(&patient).await[0].openings.len(), 1);
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(world.outcome(go_on(&ticket)).await, "SHARED_LINK_CLOSED");
    assert_eq!(world.outcome(go_on("made-up")).await, "SHARED_LINK_CLOSED");
}

#[tokio::test]
async fn whoever_revokes_the_grant_closes_the_link_and_so_does_its_last_day() {
    let world = world().await;
    let patient = family(&world).await;
    let made = world.link(make(&patient, world.in_a_week())).await;
    let ticket = world.opened(show(&made.secret, "")).await.unwrap().ticket;
    let grant_id = made.link.unwrap().link_id;
    let revoke = RevokeGrantRequest { request_id: request_id(), grant_id, etag: String::new() };
    world.as_(&mother()).revoke_grant(revoke).await.unwrap();
    for request in [show(&made.secret, ""), go_on(&ticket), show("nobody-made-this", "")] {
        assert_eq!(world.outcome(request).await, "SHARED_LINK_CLOSED");
    }

    let made = world.link(make(&patient, world.in_a_week())).await;
    world.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    assert_eq!(world.outcome(show(&made.secret, "")).await, "OK");
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(world.outcome(show(&made.secret, "")).await, "SHARED_LINK_CLOSED");
}

#[tokio::test]
async fn nobody_opens_a_link_beside_identity_and_its_bearer_is_given_nothing_else() {
    let world = world().await;
    let patient = family(&world).await;
    let made = world.link(make(&patient, world.in_a_week())).await;
    let through_gateway = world.links(&mother()).open_link(show(&made.secret, "")).await;
    assert_eq!(refusal(through_gateway), "PEER_NOT_PERMITTED");
    let bearer = to_account(made.link.unwrap().link_id.parse().unwrap());
    let more = GiveGrantRequest { actions: vec![Action::Contribute.to_proto()], ..give(&patient, bearer) };
    assert_eq!(refusal(world.as_(&mother()).give_grant(more).await), "FIELD_INVALID");
}

#[tokio::test]
async fn only_who_may_share_makes_and_sees_links_and_no_link_is_without_bounds() {
    let world = world().await;
    let patient = family(&world).await;
    let week = || make(&patient, world.in_a_week());
    for stranger in [therapist(), person(99)] {
        assert_eq!(refusal(world.links(&stranger).make_link(week()).await), "NOT_PERMITTED");
        let asked = ListLinksRequest { patient_id: patient.clone() };
        assert_eq!(refusal(world.links(&stranger).list_links(asked).await), "NOT_PERMITTED");
    }
    let now = world.clock.now();
    for (reason, wrong) in [
        ("FIELD_MISSING", MakeLinkRequest { label: " ".into(), ..week() }),
        ("TEXT_TOO_LONG", MakeLinkRequest { label: "x".repeat(81), ..week() }),
        ("FIELD_MISSING", MakeLinkRequest { until_time: None, ..week() }),
        ("PERIOD_ENDS_BEFORE_IT_BEGINS", make(&patient, now)),
        ("FIELD_INVALID", make(&patient, now + TimeDelta::days(366))),
        ("FIELD_INVALID", MakeLinkRequest { openings_max: 0, ..week() }),
        ("FIELD_INVALID", MakeLinkRequest { openings_max: 101, ..week() }),
        ("FIELD_INVALID", MakeLinkRequest { passcode: "abc".into(), ..week() }),
        ("FIELD_INVALID", MakeLinkRequest { categories: vec![Category::SubstanceUse.to_proto()], ..week() }),
        ("NOTHING_SHARED", MakeLinkRequest { categories: Vec::new(), ..week() }),
    ] {
        assert_eq!(refusal(world.links(&mother()).make_link(wrong).await), reason);
    }
    assert!(world.listed(&patient).await.is_empty());
    let grants = world.as_(&mother()).list_grants(list(&patient)).await.unwrap().into_inner().grants;
    assert!(grants.is_empty(), "and nothing was given by halves: {grants:?}");
}

#[tokio::test]
async fn a_device_that_was_left_open_makes_no_link() {
    let world = world().await;
    let patient = family(&world).await;
    let outgoing = world.in_session(&mother(), 0, Some(11 * 60));
    let refused = world.links_with(outgoing).make_link(make(&patient, world.in_a_week())).await;
    assert_eq!(refusal(refused), "STEP_UP_REQUIRED");
}
