//! Mail on its way to a real SMTP receiver over TCP, and into a real folder.
use super::*;
use crate::letter::Letter;
use holdfast_types::SystemIds;
use std::sync::Mutex;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    task::JoinHandle,
};
use url::Url;

/// Takes one mail (RFC 5321): answers with every line that the client said. `refuse`: no recipient is taken.
async fn receiver(refuse: bool) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let handle = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let (read, mut write) = socket.split();
        let mut lines = BufReader::new(read).lines();
        let (mut heard, mut content) = (Vec::new(), false);
        write.write_all(b"220 receiver ESMTP\r\n").await.unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            let answer = match line.split(' ').next().unwrap() {
                "." if content => {
                    content = false;
                    "250 taken\r\n"
                }
                _ if content => "",
                "EHLO" => "250-receiver\r\n250 8BITMIME\r\n",
                "RCPT" if refuse => "550 no pat@example.org here\r\n",
                "DATA" => {
                    content = true;
                    "354 go on\r\n"
                }
                "QUIT" => "221 bye\r\n",
                _ => "250 fine\r\n",
            };
            heard.push(line.clone());
            write.write_all(answer.as_bytes()).await.unwrap();
            if line == "QUIT" {
                break;
            }
        }
        heard
    });
    (url, handle)
}

fn letter(locale: &str) -> Letter {
    let url = Url::parse("https://holdfast.example").unwrap();
    Letter::new(&url, &SecretString::from("s3cr3t-of-the-link"), locale)
}

fn from() -> Mailbox {
    "Holdfast <no-reply@holdfast.example>".parse().unwrap()
}

fn pat() -> Email {
    Email::parse("pat@example.org").unwrap()
}

#[tokio::test]
async fn a_mail_reaches_the_mail_server_with_its_link_and_nothing_else_of_the_reader() {
    let (url, received) = receiver(false).await;
    let outbox = Outbox::smtp(from(), &url.into()).unwrap();
    outbox.send(&pat(), &letter("en")).await.unwrap();
    drop(outbox);
    let heard = received.await.unwrap();
    let has = |start: &str| heard.iter().any(|line| line.starts_with(start));
    assert!(has("MAIL FROM:<no-reply@holdfast.example>"), "{heard:?}");
    assert!(has("RCPT TO:<pat@example.org>"), "{heard:?}");
    assert!(has("Subject: Holdfast: your sign-in link"), "{heard:?}");
    assert!(has("https://holdfast.example/sign-in/s3cr3t-of-the-link"), "{heard:?}");
}

#[tokio::test]
async fn a_mail_that_the_server_refuses_is_an_error_without_the_link() {
    let (url, _received) = receiver(true).await;
    let outbox = Outbox::smtp(from(), &url.into()).unwrap();
    let error = outbox.send(&pat(), &letter("en")).await.unwrap_err();
    assert!(matches!(error, MailError::Refused { status: 550 }));
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains("s3cr3t") && !shown.contains("pat"), "{shown}");
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let outbox = Outbox::smtp(from(), &url.into()).unwrap();
    assert!(matches!(outbox.send(&pat(), &letter("en")).await, Err(MailError::Unreachable)));
    assert!(matches!(Outbox::smtp(from(), &"http://mail.example".to_owned().into()), Err(MailError::Url)));
}

#[tokio::test]
async fn without_a_server_each_mail_is_a_file_whose_link_is_announced() {
    let dir = tempfile::tempdir().unwrap();
    let announced = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&announced);
    let announce: Announce =
        Arc::new(move |path, link| heard.lock().unwrap().push((path.to_owned(), link.to_owned())));
    let folder = dir.path().join("mail");
    let outbox = Outbox::folder(from(), folder.clone(), Arc::new(SystemIds), Some(announce));
    for locale in ["en", "es"] {
        outbox.send(&pat(), &letter(locale)).await.unwrap();
    }
    let announced = announced.lock().unwrap().clone();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    for (path, link) in &announced {
        assert_eq!(path.extension().unwrap(), "eml");
        let mail = std::fs::read_to_string(path).unwrap();
        assert!(mail.contains("To: pat@example.org"), "{mail}");
        assert!(mail.lines().any(|line| line == link), "the link stands on a line of its own: {mail}");
    }
    let spanish = std::fs::read_to_string(&announced[1].0).unwrap();
    assert!(spanish.contains("¿No lo pidió?"), "{spanish}");
}
