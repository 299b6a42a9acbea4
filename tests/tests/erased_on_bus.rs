//! What the bus stores of a record that was erased: ids, codes and digests. Nothing that anybody wrote, and nothing that a key could open.
#![cfg(test)]
mod opened;
mod record;

use async_nats::jetstream;
use futures::TryStreamExt as _;
use holdfast_eventlog::{Envelope, Source as _};
use holdfast_proto::{
    documents::v1::ListDocumentsRequest, messaging::v1::ListThreadsRequest, records::v1::ListItemsRequest,
};
use holdfast_testkit::refusal::reason;
use holdfast_types::Service;
use opened::{contents, opened};
use record::World;
use sqlx::Connection as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};
use uuid::Uuid;

/// What the family wrote: into the log, and into the paper, which the object store holds.
const IN_LOG: [&str; 5] = ["two words", "Words", "Practice at home", "He said water!", "And juice."];
const IN_PAPER: &str = "Eleven new words";
/// The bus has what was committed a moment ago.
const PATIENCE: Duration = Duration::from_secs(20);

/// A message as it is stored.
struct Stored {
    headers: BTreeSet<String>,
    payload: Vec<u8>,
}

impl World {
    /// Every message of every stream, once all that is on the logs is among them.
    async fn stored(&self) -> Vec<(Envelope, Stored)> {
        let mut wanted = BTreeSet::new();
        for service in self.databases.keys() {
            let log = self.network.log(*service);
            for (lane, _) in log.heads().await.unwrap() {
                let told = log.read_lane(lane, 0, 1000).await.unwrap();
                wanted.extend(told.into_iter().map(|envelope| envelope.header.event_id));
            }
        }
        let enough = async {
            loop {
                let stored = messages(&self.servers.nats.url()).await;
                let found: BTreeSet<_> = stored.iter().map(|(told, _)| told.header.event_id).collect();
                if wanted.is_subset(&found) {
                    return stored;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, enough).await.expect("the relays publish")
    }

    /// What the logs hold of the patient, as it is stored there.
    async fn sealed(&self, patient: Uuid) -> Vec<Vec<u8>> {
        let mut sealed = Vec::new();
        for service in Service::WITH_CONTENT {
            let mut conn = sqlx::PgConnection::connect(&self.databases[service].superuser_url).await.unwrap();
            let payloads = sqlx::query_scalar("SELECT payload FROM log.events WHERE subject = $1");
            sealed.extend(payloads.bind(patient).fetch_all(&mut conn).await.unwrap());
        }
        sealed
    }

    async fn nothing_to_read_is_on_the_bus(&self, patient: Uuid) {
        let mut kept = self.sealed(patient).await;
        let sealed = kept.len();
        assert!(sealed > 5);
        kept.extend(IN_LOG.into_iter().chain([IN_PAPER]).map(|text| text.as_bytes().to_vec()));
        let stored = self.stored().await;
        let of_patient = stored.iter().filter(|(told, _)| told.header.subject == patient).count();
        assert!(of_patient >= sealed, "the bus stores {of_patient} of {sealed}");
        let headers = ["Nats-Msg-Id", "Holdfast-Lane", "Holdfast-Lane-Seq"].map(str::to_owned).into();
        for (told, message) in &stored {
            assert_eq!(told.to_bytes(), message.payload, "nothing beside the envelope rides along");
            assert_eq!(message.headers, headers);
            for bytes in &kept {
                assert!(
                    !holds(&message.payload, bytes),
                    "{} of {}",
                    told.header.event_type,
                    told.header.service
                );
            }
        }
        // Also where the server keeps what it no longer gives out.
        for file in files(&self.servers.dir().join("nats")) {
            for bytes in &kept {
                assert!(!holds(&file, bytes));
            }
        }
    }
}

async fn messages(url: &str) -> Vec<(Envelope, Stored)> {
    let mut address: url::Url = url.parse().unwrap();
    let (user, password) = (address.username().to_owned(), address.password().unwrap().to_owned());
    address.set_username("").unwrap();
    address.set_password(None).unwrap();
    let options = async_nats::ConnectOptions::with_user_and_password(user, password);
    let context = jetstream::new(options.connect(address.as_str()).await.unwrap());
    let names: Vec<String> = context.stream_names().try_collect().await.unwrap();
    let mut stored = Vec::new();
    for name in names {
        let mut stream = context.get_stream(name).await.unwrap();
        let state = stream.info().await.unwrap().state.clone();
        for sequence in (state.first_sequence..=state.last_sequence).filter(|_| state.messages > 0) {
            let message = stream.get_raw_message(sequence).await.unwrap();
            let headers = message.headers.iter().map(|(name, _)| name.to_string()).collect();
            let told = Envelope::from_bytes(&message.payload).unwrap();
            stored.push((told, Stored { headers, payload: message.payload.to_vec() }));
        }
    }
    stored
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn files(dir: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![fs::read(path).unwrap_or_default()] })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bus_stores_nothing_of_an_erased_paper_or_record_that_anybody_or_any_key_could_read() {
    let mut world = record::world().await;
    let patient: Uuid = world.patient.parse().unwrap();
    let mut said: BTreeMap<Service, Vec<Vec<u8>>> = BTreeMap::new();
    for &service in Service::WITH_CONTENT {
        let (open, all) = contents(service, &world.databases[&service], patient).await;
        assert!(open.len() == all && all > 0);
        said.insert(service, open);
    }
    for text in IN_LOG {
        let is_there = said.values().flatten().any(|payload| holds(payload, text.as_bytes()));
        assert!(is_there, "{text} is what the log says, sealed");
    }
    world.nothing_to_read_is_on_the_bus(patient).await;
    world.erase_of(world.document.clone()).await;
    world.nothing_to_read_is_on_the_bus(patient).await;
    world.erase().await;
    // Whoever calls next calls after it was heard: by then every key is gone.
    let (patient_id, mother) = (world.patient.clone(), &world.mother);
    let items = ListItemsRequest { patient_id: patient_id.clone(), ..Default::default() };
    let papers = ListDocumentsRequest { patient_id: patient_id.clone(), ..Default::default() };
    let threads = ListThreadsRequest { patient_id, ..Default::default() };
    let refused = [
        world.records(mother).list_items(items).await.err(),
        world.documents(mother).list_documents(papers).await.err(),
        world.messaging(mother).list_threads(threads).await.err(),
    ];
    assert_eq!(refused.map(|status| reason(&status.unwrap())), ["CONTENT_ERASED"; 3]);
    world.nothing_to_read_is_on_the_bus(patient).await;
    for &service in Service::WITH_CONTENT {
        let (open, all) = opened(service, &world.databases[&service], patient).await;
        assert!(open == 0 && all > 0, "{service}: {open} of {all}, whose envelopes the bus stores, open");
    }
}
