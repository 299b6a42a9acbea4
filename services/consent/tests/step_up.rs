//! Whoever has a second factor has shown it lately before they open a record to somebody else.
#![cfg(test)]
mod common;
mod family;
use common::*;
use family::*;
use holdfast_host::settings::StepUp;
use holdfast_proto::{Word as _, consent::v1::*};
use holdfast_types::{Clock as _, Relationship};

const MINUTES: i64 = 60;

impl World {
    /// What comes of each way to open a record to somebody else: `OK`, or the reason of the refusal.
    async fn opened(&self, patient: &str, second_ago: Option<i64>) -> [&'static str; 4] {
        fn said<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, tonic::Status>) -> &'static str {
            answer.map_or_else(|status| holdfast_testkit::refusal::reason(&status), |_| "OK")
        }
        let outgoing = || self.in_session(&mother(), 0, second_ago);
        let (mut consent, mut authorities) = (self.with(outgoing()), self.authorities_with(outgoing()));
        let add = AddHolderRequest {
            request_id: request_id(),
            patient_id: patient.to_owned(),
            account_id: request_id(),
            relationship: Relationship::Parent.to_proto(),
        };
        let helper = Person { account: request_id().parse().unwrap(), roles: Vec::new() };
        [
            said(consent.add_holder(add).await),
            said(consent.give_grant(give(patient, to_account(therapist().account))).await),
            said(authorities.appoint_proxy(appoint(patient, &helper, GOALS)).await),
            said(authorities.record_authority(record(patient, &father(), AuthorityBasis::Custody)).await),
        ]
    }
}

#[tokio::test]
async fn nobody_opens_a_record_from_a_device_that_was_left_open() {
    let mut world = world().await;
    let patient = family(&world).await;
    let asked = ["STEP_UP_REQUIRED"; 4];
    assert_eq!(world.opened(&patient, Some(11 * MINUTES)).await, asked);
    let never = world.clock.now().timestamp();
    assert_eq!(world.opened(&patient, Some(never)).await, asked, "it has a factor, and has shown none");
    // To look, and to stop sharing, needs nothing again.
    let later = || world.in_session(&mother(), 0, Some(11 * MINUTES));
    let given = world.as_(&mother()).give_grant(give(&patient, to_account(therapist().account))).await;
    let given = given.unwrap().into_inner().grant.unwrap();
    world.with(later()).list_grants(list(&patient)).await.unwrap();
    world.with(later()).revoke_grant(revoke(&given)).await.unwrap();

    assert_eq!(world.opened(&patient, Some(9 * MINUTES)).await, ["OK"; 4]);
    // Who has none is not held up; from the first authority on a name alone names nobody.
    let settled = ["AUTHORITY_SETTLED", "OK", "OK", "OK"];
    assert_eq!(world.opened(&patient, None).await, settled);
    world.served_again(|settings| settings.common.step_up = StepUp::Waived).await;
    assert_eq!(world.opened(&patient, Some(never)).await, settled, "the installation asks for nothing");
}
