//! Reviews of who holds which role: opened, decided by others than those they are about, signed off.
use crate::world::*;
use holdfast_access::RoleAssignment;
use holdfast_proto::identity::v1::{access_review_service_client::AccessReviewServiceClient, *};
use holdfast_types::{AccountId, PracticeId, Role, TenantId};
use tonic::Status;

type Reviews = AccessReviewServiceClient<tonic::transport::Channel>;

/// A network with a therapist, an officer and an administrator of all of it.
struct Network {
    world: World,
    tenant: TenantId,
    practice: PracticeId,
    therapist: AccountId,
    officer: AccountId,
    administrator: AccountId,
}

async fn network() -> Network {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let practice = world.practice(tenant, "Near").await;
    let mut accounts = Vec::new();
    for (name, role, place) in [
        ("Dana Fox", Role::Therapist, Some(practice)),
        ("Olga Ray", Role::ComplianceOfficer, None),
        ("Adam Lee", Role::PracticeAdministrator, None),
    ] {
        let account = world.invite(tenant, name).await;
        world.assign(&world.operator(), account, at(role, tenant, place)).await.unwrap();
        accounts.push(account);
    }
    let [therapist, officer, administrator] = accounts.try_into().unwrap();
    Network { world, tenant, practice, therapist, officer, administrator }
}

impl Network {
    fn reviews(&self) -> Reviews {
        AccessReviewServiceClient::new(self.world.channel.clone())
    }

    fn token(&self, account: AccountId, role: Role) -> String {
        self.world.token_as(account, &[at(role, self.tenant, None)])
    }

    fn officers(&self) -> String {
        self.token(self.officer, Role::ComplianceOfficer)
    }

    fn administrators(&self) -> String {
        self.token(self.administrator, Role::PracticeAdministrator)
    }

    async fn open(&self, token: &str) -> Result<AccessReview, Status> {
        let tenant_id = self.tenant.to_string();
        let asked = OpenAccessReviewRequest { request_id: self.world.request_id(), tenant_id };
        self.reviews().open_access_review(signed(asked, token)).await.map(tonic::Response::into_inner)
    }

    async fn get(&self, review: &AccessReview, token: &str) -> Result<AccessReview, Status> {
        let (tenant_id, review_id) = (review.tenant_id.clone(), review.review_id.clone());
        let asked = GetAccessReviewRequest { tenant_id, review_id };
        self.reviews().get_access_review(signed(asked, token)).await.map(tonic::Response::into_inner)
    }

    async fn decide(
        &self,
        review: &AccessReview,
        of: (AccountId, RoleAssignment),
        verdict: ReviewVerdict,
        token: &str,
    ) -> Result<DecideAccessReviewLinesResponse, Status> {
        let asked = DecideAccessReviewLinesRequest {
            request_id: self.world.request_id(),
            tenant_id: review.tenant_id.clone(),
            review_id: review.review_id.clone(),
            roles: vec![ReviewedRole { account_id: of.0.to_string(), assignment: Some(assignment(&of.1)) }],
            verdict: verdict.into(),
        };
        self.reviews().decide_access_review_lines(signed(asked, token)).await.map(tonic::Response::into_inner)
    }

    async fn sign_off(&self, review: &AccessReview, token: &str) -> Result<AccessReview, Status> {
        let asked = SignOffAccessReviewRequest {
            request_id: self.world.request_id(),
            tenant_id: review.tenant_id.clone(),
            review_id: review.review_id.clone(),
        };
        self.reviews().sign_off_access_review(signed(asked, token)).await.map(tonic::Response::into_inner)
    }

    fn lines(&self) -> [(AccountId, RoleAssignment); 3] {
        [
            (self.therapist, at(Role::Therapist, self.tenant, Some(self.practice))),
            (self.officer, at(Role::ComplianceOfficer, self.tenant, None)),
            (self.administrator, at(Role::PracticeAdministrator, self.tenant, None)),
        ]
    }
}

#[tokio::test]
async fn a_review_is_decided_by_two_people_and_what_they_withdraw_is_gone() {
    let network = network().await;
    let session = network.world.sign_in("dana.fox@example.org").await;
    network.world.token(&session.session_secret).await;
    let [therapist, officer, administrator] = network.lines();
    let opened = network.open(&network.officers()).await.unwrap();
    assert_eq!((opened.line_count, opened.waiting_count, opened.lines.len()), (3, 3, 3));
    let of = |account: AccountId, review: &AccessReview| {
        let line = |line: &&AccessReviewLine| line.held.as_ref().unwrap().account_id == account.to_string();
        review.lines.iter().find(line).unwrap().clone()
    };
    let danas = of(network.therapist, &opened);
    assert!(danas.stands && danas.held.as_ref().unwrap().since_time.is_some());
    assert!(danas.held.as_ref().unwrap().last_use_time.is_some(), "she was signed in");
    assert!(of(network.officer, &opened).held.unwrap().last_use_time.is_none());

    let (olga, adam) = (network.officers(), network.administrators());
    let (keep, withdraw) = (ReviewVerdict::Keep, ReviewVerdict::Withdraw);
    assert_eq!(reason(network.decide(&opened, officer, keep, &olga).await), "OWN_ROLE");
    assert_eq!(reason(network.decide(&opened, therapist, withdraw, &olga).await), "NOT_PERMITTED");
    assert_eq!(reason(network.sign_off(&opened, &adam).await), "REVIEW_UNDECIDED");
    network.decide(&opened, administrator, keep, &olga).await.unwrap();
    network.decide(&opened, officer, keep, &adam).await.unwrap();
    network.decide(&opened, therapist, withdraw, &adam).await.unwrap();
    let decided = network.get(&opened, &olga).await.unwrap();
    assert_eq!(decided.waiting_count, 0);
    let danas = of(network.therapist, &decided);
    assert_eq!((danas.verdict(), danas.stands), (withdraw, false));
    assert_eq!(danas.decided_by_account_id, network.administrator.to_string());
    let token = network.world.issue(&session.session_secret).await.unwrap();
    assert!(token.account.unwrap().roles.is_empty(), "the role is gone");

    assert_eq!(reason(network.sign_off(&opened, &olga).await), "OWN_ROLE", "she opened it and is in it");
    let ended = network.sign_off(&opened, &adam).await.unwrap();
    assert_eq!(ended.signed_off_by_account_id, network.administrator.to_string());
    assert_eq!(reason(network.decide(&opened, officer, keep, &adam).await), "REVIEW_SIGNED_OFF");
    let looks = network.world.accesses(network.officer, "identity.GetAccessReview").await;
    assert_eq!(looks, [(true, vec![opened.review_id.clone()])]);
}

#[tokio::test]
async fn what_changes_meanwhile_shows_and_what_is_gone_waits_for_nobody() {
    let network = network().await;
    let (olga, adam) = (network.officers(), network.administrators());
    let opened = network.open(&adam).await.unwrap();
    assert_eq!(reason(network.open(&olga).await), "REVIEW_OPEN");
    let [therapist, officer, administrator] = network.lines();
    let withdraw = WithdrawRoleRequest {
        request_id: network.world.request_id(),
        account_id: network.therapist.to_string(),
        assignment: Some(assignment(&therapist.1)),
    };
    network.world.identity.clone().withdraw_role(signed(withdraw, &adam)).await.unwrap();
    let billing = at(Role::Billing, network.tenant, Some(network.practice));
    network.world.assign(&adam, network.therapist, billing).await.unwrap();
    let changed = network.get(&opened, &olga).await.unwrap();
    assert_eq!(changed.waiting_count, 2);
    assert_eq!(changed.added.len(), 1);
    assert_eq!(changed.added[0].assignment, Some(assignment(&billing)));
    let stranger = (network.therapist, billing);
    let refused = network.decide(&opened, stranger, ReviewVerdict::Keep, &olga).await;
    assert_eq!(reason(refused), "REVIEW_LINE_UNKNOWN");
    network.decide(&opened, administrator, ReviewVerdict::Keep, &olga).await.unwrap();
    network.decide(&opened, officer, ReviewVerdict::Keep, &adam).await.unwrap();
    assert!(network.sign_off(&opened, &olga).await.unwrap().sign_off_time.is_some());
}

#[tokio::test]
async fn reviews_are_for_those_who_look_after_the_whole_network_and_say_when_the_next_is_due() {
    let network = network().await;
    let (olga, adam) = (network.officers(), network.administrators());
    let list = |token: String| {
        let tenant_id = network.tenant.to_string();
        let asked = ListAccessReviewsRequest { tenant_id, ..ListAccessReviewsRequest::default() };
        let mut reviews = network.reviews();
        async move { reviews.list_access_reviews(signed(asked, &token)).await.map(tonic::Response::into_inner) }
    };
    assert_eq!(list(olga.clone()).await.unwrap(), ListAccessReviewsResponse::default());
    let opened = network.open(&adam).await.unwrap();
    let tenant = network.tenant;
    let elsewhere = network.world.tenant(2).await;
    for token in [
        network.world.token_of(0x70, &[at(Role::PracticeAdministrator, tenant, Some(network.practice))]),
        network.world.token_of(0x71, &[at(Role::ComplianceOfficer, elsewhere, None)]),
        network.world.token_of(0x72, &[at(Role::Therapist, tenant, Some(network.practice))]),
        network.world.operator(),
    ] {
        assert_eq!(reason(network.open(&token).await), "NOT_PERMITTED");
        assert_eq!(reason(network.get(&opened, &token).await), "NOT_PERMITTED");
        assert_eq!(reason(network.sign_off(&opened, &token).await), "NOT_PERMITTED");
        assert_eq!(reason(list(token).await), "NOT_PERMITTED");
    }
    // Another tenant's review is none of one's own.
    let others = network.world.token_of(0x71, &[at(Role::ComplianceOfficer, elsewhere, None)]);
    let borrowed = AccessReview { tenant_id: elsewhere.to_string(), ..opened.clone() };
    assert_eq!(reason(network.get(&borrowed, &others).await), "REVIEW_UNKNOWN");
    assert_eq!(reason(network.sign_off(&borrowed, &others).await), "REVIEW_UNKNOWN");
    let listed = list(olga.clone()).await.unwrap();
    assert_eq!((listed.reviews.len(), listed.due_time), (1, None));
    assert!(listed.reviews[0].lines.is_empty() && listed.reviews[0].waiting_count == 3);
    let [therapist, officer, administrator] = network.lines();
    for (line, token) in [(therapist, &olga), (administrator, &olga), (officer, &adam)] {
        network.decide(&opened, line, ReviewVerdict::Keep, token).await.unwrap();
    }
    let ended = network.sign_off(&opened, &olga).await.unwrap();
    let due = list(olga).await.unwrap().due_time.unwrap();
    assert_eq!(due.seconds - ended.sign_off_time.unwrap().seconds, 90 * 24 * 60 * 60);
}
