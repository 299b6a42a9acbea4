//! Signing in by an e-mailed link.
use crate::world::*;
use chrono::TimeDelta;
use holdfast_host::client::Outgoing;
use holdfast_identity::{IdentitySettings, SecondFactor};
use holdfast_proto::identity::v1::{identity_service_client::IdentityServiceClient, *};
use holdfast_types::Role;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};
use tonic::Code;

#[tokio::test]
async fn who_uses_the_link_is_signed_in_and_has_an_account_from_then_on() {
    let world = world().await;
    let first = world.sign_in("Rosa@Example.org").await;
    let issued = world.issue(&first.session_secret).await.unwrap();
    let account = issued.account.unwrap();
    assert_eq!(
        (account.account_id.as_str(), account.email.as_str()),
        (first.account_id.as_str(), "rosa@example.org")
    );
    let token = signed(GetAccountRequest {}, &issued.token);
    let own = world.identity.clone().get_account(token).await.unwrap().into_inner();
    assert_eq!(own.account_id, first.account_id);
    assert!(own.roles.is_empty());
    let again = world.sign_in("rosa@example.org").await;
    assert_eq!(again.account_id, first.account_id);
    assert_ne!(again.session_secret, first.session_secret);
}

#[tokio::test]
async fn a_link_signs_in_once() {
    let world = world().await;
    world.ask("rosa@example.org").await.unwrap();
    let link = world.newest_link();
    world.complete(world.completion(&link)).await.unwrap();
    assert_eq!(reason(world.complete(world.completion(&link)).await), "LINK_USED");
}

#[tokio::test]
async fn a_repeated_completion_is_answered_with_the_same_session() {
    let world = world().await;
    world.ask("rosa@example.org").await.unwrap();
    let completion = world.completion(&world.newest_link());
    let first = world.complete(completion.clone()).await.unwrap();
    world.clock.advance(TimeDelta::minutes(30));
    assert_eq!(world.complete(completion.clone()).await.unwrap(), first);
    let other = CompleteSignInRequest { user_agent: "Chrome".into(), ..completion };
    assert_eq!(reason(world.complete(other).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn two_completions_at_once_make_one_session() {
    let world = world().await;
    world.ask("rosa@example.org").await.unwrap();
    let link = world.newest_link();
    let (one, two) =
        tokio::join!(world.complete(world.completion(&link)), world.complete(world.completion(&link)));
    let refused = if one.is_ok() { two } else { one };
    assert_eq!(reason(refused), "LINK_USED");
}

#[tokio::test]
async fn a_link_is_too_old_after_ten_minutes() {
    let world = world().await;
    let asked = world.ask("rosa@example.org").await.unwrap();
    let life = asked.expire_time.unwrap().seconds
        - chrono::DateTime::timestamp(&holdfast_types::Clock::now(&world.clock));
    assert_eq!(life, 600);
    let link = world.newest_link();
    world.clock.advance(TimeDelta::minutes(10));
    assert_eq!(reason(world.complete(world.completion(&link)).await), "LINK_EXPIRED");
}

#[tokio::test]
async fn a_link_opens_only_in_the_browser_that_asked_and_stays_good_there() {
    let world = world().await;
    world.ask("rosa@example.org").await.unwrap();
    let link = world.newest_link();
    let elsewhere =
        CompleteSignInRequest { browser_secret: "another browser".into(), ..world.completion(&link) };
    assert_eq!(reason(world.complete(elsewhere).await), "LINK_OTHER_BROWSER");
    world.complete(world.completion(&link)).await.unwrap();
}

#[tokio::test]
async fn a_secret_that_was_never_given_out_signs_nobody_in() {
    let world = world().await;
    let made_up = "A".repeat(43);
    assert_eq!(reason(world.complete(world.completion(&made_up)).await), "LINK_UNKNOWN");
    let huge = "A".repeat(100_000);
    assert_eq!(reason(world.complete(world.completion(&huge)).await), "TEXT_TOO_LONG");
}

#[tokio::test]
async fn an_address_gets_five_links_in_ten_minutes_whether_it_has_an_account_or_not() {
    let world = world().await;
    let known = "rosa@example.org";
    world.sign_in(known).await;
    world.clock.advance(TimeDelta::minutes(11));
    for address in [known, "nobody@example.org"] {
        for _ in 0..5 {
            world.ask(address).await.unwrap();
        }
        let refused = world.ask(address).await.unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert_eq!(reason::<()>(Err(refused)), "TOO_MANY_LINKS");
    }
    world.ask("somebody.else@example.org").await.unwrap();
    world.clock.advance(TimeDelta::minutes(10));
    world.ask(known).await.unwrap();
}

#[tokio::test]
async fn a_network_address_gets_so_many_links_in_ten_minutes_to_whomever() {
    let world = world_with(|settings| settings.identity.links_per_network_max = 6).await;
    let ask = async |address: &str, number: usize| {
        let from = Outgoing::new().client(Some(address.parse().unwrap()));
        let request = RequestSignInRequest {
            request_id: world.request_id(),
            email: format!("family{number}@example.org"),
            browser_digest: sha256(BROWSER),
            locale: "en".into(),
        };
        IdentityServiceClient::with_interceptor(world.channel.clone(), from).request_sign_in(request).await
    };
    for number in 0..6 {
        ask("192.0.2.7", number).await.unwrap();
    }
    let refused = ask("192.0.2.7", 6).await.unwrap_err();
    assert_eq!((refused.code(), reason::<()>(Err(refused))), (Code::ResourceExhausted, "TOO_MANY_LINKS"));
    ask("192.0.2.8", 6).await.unwrap();
    assert_eq!(world.links.lock().unwrap().len(), 7, "no mail was sent for the one that was too many");
    world.clock.advance(TimeDelta::minutes(10));
    ask("192.0.2.7", 6).await.unwrap();
}

#[tokio::test]
async fn nobody_but_the_gateway_says_where_somebody_else_asks_from() {
    let world = world_with(|settings| settings.identity.links_per_network_max = 5).await;
    let client = |address: &str| {
        let from = Outgoing::new().client(Some(address.parse().unwrap()));
        IdentityServiceClient::with_interceptor(world.stranger(), from)
    };
    let request = |number: usize| RequestSignInRequest {
        request_id: world.request_id(),
        email: format!("family{number}@example.org"),
        browser_digest: sha256(BROWSER),
        locale: "en".into(),
    };
    for number in 0..5 {
        client(&format!("192.0.2.{number}")).request_sign_in(request(number)).await.unwrap();
    }
    assert_eq!(reason(client("192.0.2.9").request_sign_in(request(9)).await), "TOO_MANY_LINKS");
}

#[tokio::test]
async fn asking_all_at_once_gets_no_more_links() {
    let world = world().await;
    let asked = futures::future::join_all((0..20).map(|_| world.ask("rosa@example.org"))).await;
    assert_eq!(asked.iter().filter(|asked| asked.is_ok()).count(), 5);
    assert_eq!(world.links.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn the_answer_is_the_same_for_an_address_without_an_account() {
    let world = world().await;
    world.sign_in("rosa@example.org").await;
    let known = world.ask("rosa@example.org").await.unwrap();
    let unknown = world.ask("nobody@example.org").await.unwrap();
    assert_eq!(known, unknown);
    assert_eq!(world.links.lock().unwrap().len(), 3);
    let kinds = |address: &str| {
        let files = std::fs::read_dir(world.mail_folder()).unwrap();
        let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        texts.filter(|text| text.contains(address)).count()
    };
    assert_eq!((kinds("rosa@example.org"), kinds("nobody@example.org")), (2, 1));
}

#[tokio::test]
async fn a_repeated_request_sends_the_same_link_again() {
    let world = world().await;
    let request = RequestSignInRequest {
        request_id: world.request_id(),
        email: "rosa@example.org".into(),
        browser_digest: sha256(BROWSER),
        locale: String::new(),
    };
    let first = world.identity.clone().request_sign_in(request.clone()).await.unwrap().into_inner();
    world.clock.advance(TimeDelta::minutes(1));
    let again = world.identity.clone().request_sign_in(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    let links = world.links.lock().unwrap().clone();
    assert_eq!(links[0], links[1]);
    let other = RequestSignInRequest { locale: "es".into(), ..request };
    assert_eq!(reason(world.identity.clone().request_sign_in(other).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn what_is_no_address_or_no_digest_is_refused_by_its_field() {
    let world = world().await;
    for email in ["rosa", "rosa@", "@example.org", "ro sa@example.org"] {
        assert_eq!(reason(world.ask(email).await), "EMAIL_MALFORMED");
    }
    assert_eq!(reason(world.ask("").await), "FIELD_MISSING");
    assert_eq!(reason(world.ask(&format!("{}@example.org", "r".repeat(300))).await), "TEXT_TOO_LONG");
    let sound = RequestSignInRequest {
        request_id: world.request_id(),
        email: "rosa@example.org".into(),
        browser_digest: sha256(BROWSER),
        locale: "en".into(),
    };
    let bad = [
        (
            RequestSignInRequest { browser_digest: prost::bytes::Bytes::new(), ..sound.clone() },
            "FIELD_INVALID",
        ),
        (RequestSignInRequest { locale: "es_MX".into(), ..sound.clone() }, "FIELD_INVALID"),
        (RequestSignInRequest { request_id: String::new(), ..sound.clone() }, "REQUEST_ID_MISSING"),
        (RequestSignInRequest { request_id: "7".into(), ..sound }, "ID_MALFORMED"),
    ];
    for (request, expected) in bad {
        assert_eq!(reason(world.identity.clone().request_sign_in(request).await), expected);
    }
    assert!(world.links.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_said_and_the_same_command_sends_the_mail_later() {
    // A port that was free a moment ago: nobody answers there yet.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let world =
        world_with(|settings| settings.identity.smtp_url = Some(format!("smtp://{address}").into())).await;
    let request = RequestSignInRequest {
        request_id: world.request_id(),
        email: "rosa@example.org".into(),
        browser_digest: sha256(BROWSER),
        locale: "en".into(),
    };
    let refused = world.identity.clone().request_sign_in(request.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(!format!("{refused:?}").contains("sign-in/"), "a link never leaves but by mail");
    assert_eq!(reason::<()>(Err(refused)), "MAIL_UNAVAILABLE");
    let received = tokio::spawn(receive_link(TcpListener::bind(address).await.unwrap()));
    world.identity.clone().request_sign_in(request).await.unwrap();
    let link = received.await.unwrap();
    world.complete(world.completion(link.rsplit_once('/').unwrap().1)).await.unwrap();
}

/// A mail server (RFC 5321) that takes one mail and answers with the link in it.
async fn receive_link(listener: TcpListener) -> String {
    let (mut socket, _) = listener.accept().await.unwrap();
    let (read, mut write) = socket.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 receiver ESMTP\r\n").await.unwrap();
    let (mut link, mut content) = (None, false);
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("/sign-in/") {
            link = Some(line.clone());
        }
        let answer = match line.as_str() {
            "." if content => "250 taken\r\n",
            _ if content => "",
            "DATA" => "354 go on\r\n",
            _ => "250 fine\r\n",
        };
        content = (content && line != ".") || line == "DATA";
        write.write_all(answer.as_bytes()).await.unwrap();
        if line == "." {
            break;
        }
    }
    link.unwrap()
}

#[tokio::test]
async fn an_account_that_was_opened_under_a_chosen_id_while_the_link_was_out_is_signed_in() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    world.ask("dana.fox@example.org").await.unwrap();
    let link = world.newest_link();
    let invitation = InviteAccountRequest {
        account_id: account_id(77).to_string(),
        ..world.invitation(tenant, "Dana Fox")
    };
    world.identity.clone().invite_account(signed(invitation, &world.operator())).await.unwrap();
    let completion = world.completion(&link);
    let signed_in = world.complete(completion.clone()).await.unwrap();
    assert_eq!(signed_in.account_id, account_id(77).to_string());
    assert_eq!(world.complete(completion).await.unwrap(), signed_in);
    let account = world.issue(&signed_in.session_secret).await.unwrap().account.unwrap();
    assert_eq!(account.display_name, "Dana Fox");
    assert_eq!(reason(world.complete(world.completion(&link)).await), "LINK_USED");
}

#[tokio::test]
async fn the_first_operator_is_named_by_a_setting() {
    let operator = "operator@example.org";
    let named = |settings: &mut holdfast_identity::Settings| {
        settings.identity = IdentitySettings {
            operator_email: Some(operator.into()),
            operator_second_factor: Some(SecondFactor::Invited),
            ..settings.identity.clone()
        };
    };
    let world = world_with(named).await;
    let signed_in = world.sign_in(operator).await;
    let issued = world.issue(&signed_in.session_secret).await.unwrap();
    let roles = issued.account.unwrap().roles;
    assert_eq!(roles.len(), 1);
    assert_eq!(roles[0].role, holdfast_proto::Word::to_proto(Role::Operator));
    let request = CreateTenantRequest {
        request_id: world.request_id(),
        tenant: Some(Tenant { display_name: "Riverside".into(), ..Tenant::default() }),
    };
    world.identity.clone().create_tenant(signed(request, &issued.token)).await.unwrap();
}

#[tokio::test]
async fn no_address_name_or_secret_is_readable_on_the_log() {
    let world = world().await;
    let signed_in = world.sign_in("rosa@example.org").await;
    let link = world.newest_link();
    for envelope in world.log().await {
        let shown = format!("{envelope:?}");
        for secret in ["rosa", signed_in.session_secret.as_str(), link.as_str(), "Firefox"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let types: Vec<String> = world.log().await.into_iter().map(|envelope| envelope.r#type).collect();
    for event_type in ["sign-in.requested", "sign-in.used", "account.opened", "session.started"] {
        assert!(types.iter().any(|found| found == event_type), "{event_type} in {types:?}");
    }
}
