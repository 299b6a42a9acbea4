//! A revocation is in force in records, documents and messaging within one second of its answer; with the bus, and by consent's
//! heads alone when the bus is gone.
#![cfg(test)]
mod record;

use holdfast_proto::{documents::v1::*, messaging::v1::*, records::v1::ListItemsRequest};
use holdfast_testkit::refusal::reason;
use holdfast_types::{Ids as _, SystemIds};
use record::World;
use std::{collections::BTreeMap, time::Duration};
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};
use tonic::Status;

const ROUNDS: u32 = 5;
const LIMIT: Duration = Duration::from_secs(1);
/// Answers that a door gives before the grant is revoked, and refusals in a row after which it counts as closed.
const PERMITTED: u32 = 3;
const REFUSED: u32 = 5;

/// One way in, tried without a pause.
struct Door {
    name: &'static str,
    open: oneshot::Receiver<()>,
    closed: JoinHandle<Closing>,
}

/// When it was asked for what it let out last, when that was out, and when it said no.
struct Closing {
    asked: Instant,
    last: Instant,
    refused: Instant,
}

/// The same after the answer to the revocation, and the longest of all rounds.
#[derive(Default)]
struct Lag {
    asked: Duration,
    last: Duration,
    refused: Duration,
}

impl Lag {
    fn longest(&mut self, closing: &Closing, revoked: Instant) {
        let after = |time: Instant| time.saturating_duration_since(revoked);
        self.asked = self.asked.max(after(closing.asked));
        self.last = self.last.max(after(closing.last));
        self.refused = self.refused.max(after(closing.refused));
    }
}

fn door<A>(name: &'static str, call: impl Fn() -> A + Send + 'static) -> Door
where
    A: Future<Output = Result<(), Status>> + Send + 'static,
{
    let (tell, open) = oneshot::channel();
    let mut tell = Some(tell);
    let closed = tokio::spawn(async move {
        let (mut permitted, mut refused, mut last, mut first_refusal) = (0, 0, None, None);
        while refused < REFUSED {
            let asked = Instant::now();
            match call().await.map_err(|status| (reason(&status), status)) {
                Ok(()) => {
                    (permitted, refused, last, first_refusal) =
                        (permitted + 1, 0, Some((asked, Instant::now())), None);
                    if permitted == PERMITTED {
                        tell.take().unwrap().send(()).unwrap();
                    }
                }
                Err(("NOT_PERMITTED", _)) if permitted >= PERMITTED => {
                    first_refusal = first_refusal.or(Some(Instant::now()));
                    refused += 1;
                }
                Err(("NOT_HEARD_YET", _)) if permitted == 0 => {}
                Err((_, status)) => panic!("{name}: {status:?}"),
            }
        }
        let (asked, last) = last.unwrap();
        Closing { asked, last, refused: first_refusal.unwrap() }
    });
    Door { name, open, closed }
}

impl World {
    fn doors(&self) -> Vec<Door> {
        let (records, documents, messaging) =
            (self.records(&self.therapist), self.documents(&self.therapist), self.messaging(&self.therapist));
        let patient_id = self.patient.clone();
        let items = ListItemsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let papers = ListDocumentsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let document_id = self.document.clone();
        let paper = DownloadDocumentRequest { patient_id: patient_id.clone(), document_id };
        let thread_id = self.thread.clone();
        let messages = ListMessagesRequest {
            patient_id: patient_id.clone(),
            thread_id: thread_id.clone(),
            ..Default::default()
        };
        let post = PostMessageRequest { patient_id, thread_id, body: "seen".into(), ..Default::default() };
        let (lists, downloads) = (documents.clone(), documents);
        let (reads, posts) = (messaging.clone(), messaging);
        vec![
            door("records.ListItems", move || {
                let (mut client, asked) = (records.clone(), items.clone());
                async move {
                    client.list_items(asked).await.map(|answer| assert_eq!(answer.get_ref().items.len(), 1))
                }
            }),
            door("documents.ListDocuments", move || {
                let (mut client, asked) = (lists.clone(), papers.clone());
                async move {
                    client
                        .list_documents(asked)
                        .await
                        .map(|answer| assert_eq!(answer.get_ref().total_size, 1))
                }
            }),
            door("documents.DownloadDocument", move || {
                let (mut client, asked) = (downloads.clone(), paper.clone());
                async move {
                    let mut parts = client.download_document(asked).await?.into_inner();
                    while parts.message().await?.is_some() {}
                    Ok(())
                }
            }),
            door("messaging.ListMessages", move || {
                let (mut client, asked) = (reads.clone(), messages.clone());
                async move {
                    client
                        .list_messages(asked)
                        .await
                        .map(|answer| assert!(!answer.get_ref().messages.is_empty()))
                }
            }),
            door("messaging.PostMessage", move || {
                let request_id = SystemIds.next().to_string();
                let (mut client, asked) = (posts.clone(), PostMessageRequest { request_id, ..post.clone() });
                async move { client.post_message(asked).await.map(|_| ()) }
            }),
            self.live(),
        ]
    }

    /// A stream that was opened before the revocation.
    fn live(&self) -> Door {
        let watch = WatchThreadRequest {
            patient_id: self.patient.clone(),
            thread_id: self.thread.clone(),
            after_message_id: self.message.clone(),
        };
        let mut client = self.messaging(&self.therapist);
        let (tell, open) = oneshot::channel();
        let closed = tokio::spawn(async move {
            let mut tell = Some(tell);
            loop {
                let (mut last, mut messages) = (None, client.watch_thread(watch.clone()).await);
                let end = loop {
                    let message = match &mut messages {
                        Ok(messages) => messages.get_mut().message().await,
                        Err(status) => break status.clone(),
                    };
                    match message {
                        Ok(message) => {
                            message.expect("a stream that ends says why");
                            last = Some(Instant::now());
                            if let Some(tell) = tell.take() {
                                tell.send(()).unwrap();
                            }
                        }
                        Err(status) => break status,
                    }
                };
                match (reason(&end), last) {
                    ("NOT_PERMITTED", Some(last)) => {
                        return Closing { asked: last, last, refused: Instant::now() };
                    }
                    ("NOT_HEARD_YET", None) => {}
                    _ => panic!("messaging.WatchThread: {end:?}"),
                }
            }
        });
        Door { name: "messaging.WatchThread", open, closed }
    }

    async fn measure(&mut self, how: &str) {
        let mut lags: BTreeMap<&str, Lag> = BTreeMap::new();
        for _ in 0..ROUNDS {
            let grant = self.give().await;
            let mut doors = self.doors();
            for door in &mut doors {
                (&mut door.open).await.unwrap_or_else(|_| panic!("{} never opened", door.name));
            }
            self.revoke(grant).await;
            let revoked = Instant::now();
            for Door { name, closed, .. } in doors {
                lags.entry(name).or_default().longest(&closed.await.unwrap(), revoked);
            }
        }
        println!("after the answer to a revocation, {how}, at most in {ROUNDS} rounds:");
        for (name, Lag { asked, last, refused }) in &lags {
            println!("  {name}: last answer {last:.0?} (asked for {asked:.0?}), first refusal {refused:.0?}");
        }
        for (name, lag) in lags {
            assert!(lag.last < LIMIT, "{name} let something out {:?} after the revocation {how}", lag.last);
        }
    }
}

/// Not two tests: what is measured is not measured beside another.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_closes_every_door_within_a_second_with_the_bus_and_without() {
    let mut world = record::world().await;
    world.measure("with the bus").await;
    world.servers.nats.kill();
    world.measure("without the bus").await;
}
