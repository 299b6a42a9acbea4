//! A practice invites a family by e-mail: answered once, by whoever reads that address, within two weeks.
use crate::world::*;
use base64::prelude::*;
use chrono::TimeDelta;
use holdfast_proto::identity::v1::{invitation_service_client::InvitationServiceClient, *};
use holdfast_types::{PracticeId, Role, TenantId};
use tonic::{Response, Status, transport::Channel};

const ROSA: &str = "rosa@families.example";

impl World {
    fn invitations(&self) -> InvitationServiceClient<Channel> {
        InvitationServiceClient::new(self.channel.clone())
    }

    fn desk(&self, tenant: TenantId, practice: PracticeId) -> String {
        self.token_of(0xDE, &[at(Role::FrontDesk, tenant, Some(practice))])
    }

    fn to(&self, practice: PracticeId, email: &str) -> InviteFamilyRequest {
        InviteFamilyRequest {
            request_id: self.request_id(),
            practice_id: practice.to_string(),
            email: email.into(),
            locale: "es".into(),
        }
    }

    async fn send(&self, request: InviteFamilyRequest, token: &str) -> Result<Invitation, Status> {
        self.invitations().invite_family(signed(request, token)).await.map(Response::into_inner)
    }

    async fn own(&self, token: &str) -> Vec<Invitation> {
        let asked = signed(ListOwnInvitationsRequest {}, token);
        self.invitations().list_own_invitations(asked).await.unwrap().into_inner().invitations
    }

    async fn answer_it(&self, id: &str, accepted: bool, token: &str) -> Result<Invitation, Status> {
        let request =
            AnswerInvitationRequest { request_id: self.request_id(), invitation_id: id.into(), accepted };
        self.invitations().answer_invitation(signed(request, token)).await.map(Response::into_inner)
    }

    async fn listed(&self, practice: PracticeId, token: &str) -> Result<Vec<Invitation>, Status> {
        let request =
            ListInvitationsRequest { practice_id: practice.to_string(), ..ListInvitationsRequest::default() };
        let found = self.invitations().list_invitations(signed(request, token)).await;
        found.map(|found| found.into_inner().invitations)
    }

    fn mails(&self) -> usize {
        std::fs::read_dir(self.mail_folder()).unwrap().count()
    }

    async fn signed_in(&self, email: &str) -> String {
        let session = self.sign_in(email).await.session_secret;
        self.token(&session).await
    }
}

async fn with_practice() -> (World, TenantId, PracticeId) {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let practice = world.practice(tenant, "Little Steps").await;
    (world, tenant, practice)
}

#[tokio::test]
async fn whoever_reads_the_address_sees_who_invites_and_answers_once() {
    let (world, tenant, practice) = with_practice().await;
    let desk = world.desk(tenant, practice);
    let request = world.to(practice, "Rosa@Families.example");
    let sent = world.send(request.clone(), &desk).await.unwrap();
    assert_eq!((sent.state(), sent.email.as_str()), (InvitationState::Waiting, ROSA));
    assert_eq!(world.send(request, &desk).await.unwrap(), sent, "the same command invites once");
    assert_eq!(reason(world.send(world.to(practice, ROSA), &desk).await), "INVITATION_WAITS");
    let rosa = world.signed_in(ROSA).await;
    let own = world.own(&rosa).await;
    assert_eq!((own.len(), own[0].practice_id.as_str()), (1, practice.to_string().as_str()));
    let stranger = world.signed_in("luis@families.example").await;
    assert!(world.own(&stranger).await.is_empty());
    assert_eq!(reason(world.answer_it(&sent.invitation_id, true, &stranger).await), "INVITATION_UNKNOWN");
    let answered = world.answer_it(&sent.invitation_id, true, &rosa).await.unwrap();
    assert_eq!(answered.state(), InvitationState::Accepted);
    assert_eq!(reason(world.answer_it(&sent.invitation_id, false, &rosa).await), "INVITATION_OVER");
    assert!(world.own(&rosa).await.is_empty());
    let listed = world.listed(practice, &desk).await.unwrap();
    assert_eq!((listed.len(), listed[0].state()), (1, InvitationState::Accepted));
    // Now the practice may ask again.
    world.send(world.to(practice, ROSA), &desk).await.unwrap();
}

#[tokio::test]
async fn the_mail_leads_to_the_invitation_and_says_nothing_of_anybody() {
    let (world, tenant, practice) = with_practice().await;
    world.send(world.to(practice, ROSA), &world.desk(tenant, practice)).await.unwrap();
    let mails: Vec<String> = std::fs::read_dir(world.mail_folder())
        .unwrap()
        .map(|mail| std::fs::read_to_string(mail.unwrap().path()).unwrap())
        .collect();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    // In Spanish, and so in base 64.
    let body = BASE64_STANDARD.decode(body.replace("\r\n", "")).unwrap();
    let said = format!("{head}\n{}", String::from_utf8(body).unwrap());
    assert!(said.contains(ROSA) && said.contains("/invited\n") && said.contains("Usted decide"), "{said}");
    assert!(!said.contains("Little Steps") && !said.contains(&practice.to_string()), "{said}");
}

#[tokio::test]
async fn an_invitation_is_taken_back_or_is_over_after_two_weeks() {
    let (world, tenant, practice) = with_practice().await;
    let desk = world.desk(tenant, practice);
    let request = world.to(practice, ROSA);
    let first = world.send(request.clone(), &desk).await.unwrap();
    let other = InviteFamilyRequest { email: "luis@families.example".into(), ..request.clone() };
    assert_eq!(reason(world.send(other, &desk).await), "REQUEST_ID_REUSED");
    let withdraw =
        |id: &str| WithdrawInvitationRequest { request_id: world.request_id(), invitation_id: id.to_owned() };
    let taken_back = withdraw(&first.invitation_id);
    let taken = world.invitations().withdraw_invitation(signed(taken_back.clone(), &desk)).await.unwrap();
    assert_eq!(taken.into_inner().state(), InvitationState::Withdrawn);
    world.invitations().withdraw_invitation(signed(taken_back, &desk)).await.unwrap();
    let again = withdraw(&first.invitation_id);
    let again = world.invitations().withdraw_invitation(signed(again, &desk)).await;
    assert_eq!(reason(again), "INVITATION_OVER");
    let mailed = world.mails();
    assert_eq!(world.send(request, &desk).await.unwrap().state(), InvitationState::Withdrawn);
    assert_eq!(world.mails(), mailed, "what was taken back is not mailed again");
    let second = world.send(world.to(practice, ROSA), &desk).await.unwrap();
    world.clock.advance(TimeDelta::days(14));
    let rosa = world.signed_in(ROSA).await;
    assert!(world.own(&rosa).await.is_empty());
    assert_eq!(reason(world.answer_it(&second.invitation_id, true, &rosa).await), "INVITATION_EXPIRED");
    assert_eq!(reason(world.answer_it(&first.invitation_id, true, &rosa).await), "INVITATION_OVER");
    let desk = world.desk(tenant, practice);
    let states: Vec<InvitationState> =
        world.listed(practice, &desk).await.unwrap().iter().map(Invitation::state).collect();
    assert!(states.contains(&InvitationState::Expired) && states.contains(&InvitationState::Withdrawn));
}

#[tokio::test]
async fn only_who_keeps_the_practices_list_invites_and_no_address_is_mailed_without_end() {
    let (world, tenant, practice) = with_practice().await;
    let elsewhere = world.practice(tenant, "Alder").await;
    let others = [
        world.token_of(1, &[]),
        world.token_of(2, &[at(Role::Therapist, tenant, Some(practice))]),
        world.token_of(3, &[at(Role::FrontDesk, tenant, Some(elsewhere))]),
        world.token_of(4, &[at(Role::PracticeAdministrator, tenant, None)]),
    ];
    for other in &others {
        assert_eq!(reason(world.send(world.to(practice, ROSA), other).await), "NOT_PERMITTED");
        assert_eq!(reason(world.listed(practice, other).await), "NOT_PERMITTED");
    }
    let desk = world.desk(tenant, practice);
    assert_eq!(reason(world.send(world.to(practice, "nobody"), &desk).await), "EMAIL_MALFORMED");
    let nobody =
        WithdrawInvitationRequest { request_id: world.request_id(), invitation_id: world.request_id() };
    let nobody = world.invitations().withdraw_invitation(signed(nobody, &desk)).await;
    assert_eq!(reason(nobody), "NOT_PERMITTED");
    let request = world.to(practice, ROSA);
    let first = world.send(request.clone(), &desk).await.unwrap();
    for _ in 0..3 {
        assert_eq!(
            world.send(request.clone(), &desk).await.unwrap(),
            first,
            "it is the same that is sent again"
        );
    }
    assert_eq!(world.mails(), 3);
    let other = world.to(elsewhere, ROSA);
    let desk = world.desk(tenant, elsewhere);
    assert_eq!(reason(world.send(other, &desk).await), "TOO_MANY_INVITATIONS");
    // Nobody is kept from signing in by being invited.
    world.ask(ROSA).await.unwrap();
}
