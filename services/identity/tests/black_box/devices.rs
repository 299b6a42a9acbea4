//! Where somebody is signed in, and the notice of a device that was never seen before.
use crate::world::*;
use holdfast_host::client::Outgoing;
use holdfast_proto::identity::v1::{identity_service_client::IdentityServiceClient, *};
use std::time::Duration;

const ROSA: &str = "rosa@example.org";
const PATIENCE: Duration = Duration::from_secs(20);

impl World {
    async fn sign_in_on(&self, device: &str, from: &str) -> CompleteSignInResponse {
        self.ask(ROSA).await.unwrap();
        let device_digest = if device.is_empty() { prost::bytes::Bytes::new() } else { sha256(device) };
        let completion = CompleteSignInRequest { device_digest, ..self.completion(&self.newest_link()) };
        let from = Outgoing::new().client(Some(from.parse().unwrap()));
        let mut client = IdentityServiceClient::with_interceptor(self.channel.clone(), from);
        client.complete_sign_in(completion).await.unwrap().into_inner()
    }

    fn notices(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.mail_folder()).unwrap().map(|file| file.unwrap().path());
        let mails = files.filter(|path| path.extension().is_some_and(|ending| ending == "eml"));
        let texts = mails.map(|path| std::fs::read_to_string(path).unwrap());
        texts.filter(|text| text.contains("new device")).collect()
    }

    /// Mails are written beside the sign-in.
    async fn notices_when(&self, count: usize) -> Vec<String> {
        let arrived = async {
            loop {
                let notices = self.notices();
                if notices.len() >= count {
                    return notices;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, arrived).await.unwrap()
    }
}

#[tokio::test]
async fn a_device_that_was_never_seen_is_noticed_by_mail_and_one_that_was_is_not() {
    let world = world().await;
    world.sign_in_on("a telephone", "192.0.2.7").await;
    world.sign_in_on("a telephone", "198.51.100.7").await;
    world.sign_in_on("a library's computer", "203.0.113.77").await;
    let notices = world.notices_when(1).await;
    assert_eq!(notices.len(), 1, "neither the first device nor one that is known");
    assert!(notices[0].contains(ROSA) && notices[0].contains("203.0.113.0/24"), "{}", notices[0]);
    assert!(!notices[0].contains("203.0.113.77") && !notices[0].contains("http"));
    world.sign_in_on("", "203.0.113.77").await;
    assert_eq!(world.notices_when(2).await.len(), 2, "one that keeps nothing is never known");
}

#[tokio::test]
async fn sessions_tell_from_which_network_they_began_and_no_more() {
    let world = world().await;
    let session = world.sign_in_on("a telephone", "2001:db8:1:2::7").await.session_secret;
    let token = world.token(&session).await;
    let listed = world.identity.clone().list_sessions(signed(ListSessionsRequest::default(), &token)).await;
    let listed = listed.unwrap().into_inner().sessions;
    assert_eq!((listed[0].network.as_str(), listed[0].current), ("2001:db8:1::/48", true));
}

#[tokio::test]
async fn a_device_is_named_by_a_digest_or_not_at_all() {
    let world = world().await;
    world.ask(ROSA).await.unwrap();
    let completion = world.completion(&world.newest_link());
    let short =
        CompleteSignInRequest { device_digest: prost::bytes::Bytes::from_static(b"short"), ..completion };
    assert_eq!(reason(world.complete(short).await), "FIELD_INVALID");
}
