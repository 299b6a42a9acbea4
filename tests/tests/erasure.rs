//! A record is erased: nobody reads it any more, nothing that is kept of it opens with the keys that are left, nobody else's is touched,
//! and every leaf of every log is what it was.
#![cfg(test)]
mod opened;
mod record;

use holdfast_eventlog::{Envelope, Source as _};
use holdfast_proto::{documents::v1::*, messaging::v1::*, records::v1::*};
use holdfast_testkit::{TestDatabase, refusal::reason, service::person};
use holdfast_types::Service;
use opened::opened;
use record::{World, request_id};
use sqlx::AssertSqlSafe;
use std::{fmt::Debug, path::Path};
use tonic::{Response, Status};
use uuid::Uuid;

const GOAL: &str = r#"{"resourceType":"Goal","id":"words","lifecycleStatus":"active","description":{"text":"x"},"subject":{"reference":"Patient/self"}}"#;

fn why<T: Debug>(answer: Result<Response<T>, Status>) -> &'static str {
    reason(&answer.expect_err("not refused"))
}

impl World {
    fn database(&self, service: Service) -> &TestDatabase {
        &self.databases[&service]
    }

    /// Everything on a service's log, as its peers read it.
    async fn envelopes(&self, service: Service) -> Vec<Envelope> {
        let (log, mut all) = (self.network.log(service), Vec::new());
        for (lane, _) in log.heads().await.unwrap() {
            all.extend(log.read_lane(lane, 0, 1000).await.unwrap());
        }
        all
    }

    /// The refusals of every way into the mother's record.
    async fn ways_in(&self) -> Vec<(&'static str, &'static str)> {
        let (patient_id, mother) = (self.patient.clone(), &self.mother);
        let (mut records, mut documents, mut messaging) =
            (self.records(mother), self.documents(mother), self.messaging(mother));
        let item_id = request_id();
        let item =
            GetItemRequest { patient_id: patient_id.clone(), item_id: item_id.clone(), ..Default::default() };
        let versions =
            ListItemVersionsRequest { patient_id: patient_id.clone(), item_id, ..Default::default() };
        let items = ListItemsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let new = NewItem { fhir_json: GOAL.as_bytes().to_vec().into(), source_key: String::new() };
        let create =
            CreateItemRequest { request_id: request_id(), patient_id: patient_id.clone(), item: Some(new) };
        let papers = ListDocumentsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let document_id = self.document.clone();
        let paper = GetDocumentRequest {
            patient_id: patient_id.clone(),
            document_id: document_id.clone(),
            as_of_time: None,
        };
        let download = DownloadDocumentRequest { patient_id: patient_id.clone(), document_id };
        let upload = StartUploadRequest {
            request_id: request_id(),
            patient_id: patient_id.clone(),
            title: "Words".into(),
            media_type: "text/plain".into(),
            size_bytes: 5,
            ..Default::default()
        };
        let thread_id = self.thread.clone();
        let thread = GetThreadRequest {
            patient_id: patient_id.clone(),
            thread_id: thread_id.clone(),
            as_of_time: None,
        };
        let messages = ListMessagesRequest {
            patient_id: patient_id.clone(),
            thread_id: thread_id.clone(),
            ..Default::default()
        };
        let post = PostMessageRequest {
            request_id: request_id(),
            patient_id: patient_id.clone(),
            thread_id: thread_id.clone(),
            body: "Hello?".into(),
            ..Default::default()
        };
        let watch = WatchThreadRequest { patient_id: patient_id.clone(), thread_id, ..Default::default() };
        let watched = async {
            let mut news = messaging.clone().watch_thread(watch).await?;
            while news.get_mut().message().await?.is_some() {}
            Ok(Response::new(()))
        };
        let downloaded = async {
            let mut parts = documents.clone().download_document(download).await?;
            while parts.get_mut().message().await?.is_some() {}
            Ok(Response::new(()))
        };
        let (watched, downloaded) = (why(watched.await), why(downloaded.await));
        vec![
            (
                "GetPatient",
                why(records
                    .get_patient(GetPatientRequest { patient_id: patient_id.clone(), as_of_time: None })
                    .await),
            ),
            ("ListItems", why(records.list_items(items).await)),
            ("GetItem", why(records.get_item(item).await)),
            ("ListItemVersions", why(records.list_item_versions(versions).await)),
            (
                "SummarizeRecord",
                why(records
                    .summarize_record(SummarizeRecordRequest {
                        patient_id: patient_id.clone(),
                        ..Default::default()
                    })
                    .await),
            ),
            ("CreateItem", why(records.create_item(create).await)),
            ("ListDocuments", why(documents.list_documents(papers).await)),
            ("GetDocument", why(documents.get_document(paper).await)),
            ("DownloadDocument", downloaded),
            ("StartUpload", why(documents.start_upload(upload).await)),
            (
                "ListThreads",
                why(messaging.list_threads(ListThreadsRequest { patient_id, ..Default::default() }).await),
            ),
            ("GetThread", why(messaging.get_thread(thread).await)),
            ("ListMessages", why(messaging.list_messages(messages).await)),
            ("PostMessage", why(messaging.post_message(post).await)),
            ("WatchThread", watched),
        ]
    }
}

/// Rows of the read models that name the patient.
async fn rows(database: &TestDatabase, patient: Uuid) -> i64 {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'views' AND column_name = 'patient'",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert!(!tables.is_empty());
    let mut count = 0;
    for table in tables {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table} WHERE patient = $1"));
        count += sqlx::query_scalar::<_, i64>(sql).bind(patient).fetch_one(&database.pool).await.unwrap();
    }
    count
}

/// Every stored object.
fn objects(dir: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(objects(&path));
        } else {
            found.push(std::fs::read(path).unwrap());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_record_is_gone_for_everybody_and_every_proof_of_it_holds() {
    let mut world = record::world().await;
    let other = world.another().await;
    let patient: Uuid = world.patient.parse().unwrap();
    let watch = WatchThreadRequest {
        patient_id: world.patient.clone(),
        thread_id: world.thread.clone(),
        after_message_id: world.message.clone(),
    };
    let mut live = world.messaging(&world.mother).watch_thread(watch).await.unwrap().into_inner();
    live.message().await.unwrap().expect("a message that was there");
    let mut before = Vec::new();
    for &service in Service::WITH_CONTENT {
        let database = world.database(service);
        let (open, all) = opened(service, database, patient).await;
        assert!(all > 0 && open == all, "{service}: {open} of {all}");
        assert!(rows(database, patient).await > 0, "{service}");
        before.push((service, all, world.envelopes(service).await));
    }

    world.erase().await;

    for (way, reason) in world.ways_in().await {
        assert_eq!(reason, "CONTENT_ERASED", "{way}");
    }
    let end = loop {
        match live.message().await {
            Ok(message) => assert!(message.is_some(), "a stream that ends says why"),
            Err(status) => break status,
        }
    };
    assert_eq!(reason(&end), "CONTENT_ERASED", "a stream that was open is closed");
    let both = vec![world.patient.clone(), other.clone()];
    let named = BatchGetPatientsRequest { patient_ids: both.clone() };
    let named = world.records(&world.mother).batch_get_patients(named).await.unwrap().into_inner();
    assert!(named.patients.is_empty(), "nobody was registered");
    let counted = CountUnreadRequest { patient_ids: both };
    let counted = world.messaging(&world.mother).count_unread(counted).await.unwrap().into_inner();
    assert_eq!(counted.counts.iter().map(|count| &count.patient_id).collect::<Vec<_>>(), [&other]);
    let stranger = ListItemsRequest { patient_id: world.patient.clone(), ..Default::default() };
    assert_eq!(why(world.records(&person(9)).list_items(stranger).await), "NOT_PERMITTED");

    for (service, all, told) in before {
        let database = world.database(service);
        let (open, still) = opened(service, database, patient).await;
        assert!(open == 0 && still >= all, "{service}: {open} of {still}");
        assert_eq!(rows(database, patient).await, 0, "{service}");
        let wrapped: Vec<Option<Vec<u8>>> =
            sqlx::query_scalar("SELECT wrapped FROM data_keys WHERE subject = $1")
                .bind(patient)
                .fetch_all(&database.keys_pool)
                .await
                .unwrap();
        assert_eq!(wrapped, [None], "{service}");
        let tells = world.envelopes(service).await;
        for Envelope { header, leaf, .. } in &told {
            let again = tells.iter().find(|envelope| envelope.header.event_id == header.event_id).unwrap();
            assert_eq!((&again.header, &again.leaf, &again.header.leaf()), (header, leaf, leaf));
        }
    }
    let kept = objects(&world.network.folder("objects"));
    assert_eq!(kept.len(), 1, "the paper lies where it lay");
    let words = b"Eleven new words";
    assert!(!kept[0].windows(words.len()).any(|part| part == words), "sealed, under a key that is gone");
    let goals = ListItemsRequest { patient_id: other, ..Default::default() };
    let goals = world.records(&world.mother).list_items(goals).await.unwrap().into_inner();
    assert_eq!(goals.items.len(), 1, "the other child's record is what it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_paper_is_gone_for_everybody_and_the_rest_of_the_record_stands() {
    let mut world = record::world().await;
    let patient: Uuid = world.patient.parse().unwrap();
    let paper: Uuid = world.document.parse().unwrap();
    let other = world.hand_in("Other words", b"Twelve other words.").await;
    world.give().await;
    let database = world.database(Service::Documents);
    let (open, all) = opened(Service::Documents, database, patient).await;
    assert_eq!(open, all);
    let told = world.envelopes(Service::Documents).await;
    let of_paper = told.iter().filter(|envelope| envelope.header.stream.id() == paper).count();
    assert_eq!(of_paper, 3, "begun, completed, added");

    world.erase_of(paper.to_string()).await;

    let mut documents = world.documents(&world.mother);
    let (patient_id, document_id) = (world.patient.clone(), world.document.clone());
    let get = GetDocumentRequest {
        patient_id: patient_id.clone(),
        document_id: document_id.clone(),
        ..Default::default()
    };
    let download =
        DownloadDocumentRequest { patient_id: patient_id.clone(), document_id: document_id.clone() };
    let withdraw = WithdrawDocumentRequest {
        request_id: request_id(),
        patient_id: patient_id.clone(),
        document_id,
        reason: "of somebody else".into(),
        ..Default::default()
    };
    assert_eq!(why(documents.get_document(get.clone()).await), "CONTENT_ERASED");
    assert_eq!(why(documents.download_document(download.clone()).await), "CONTENT_ERASED");
    assert_eq!(why(documents.withdraw_document(withdraw).await), "CONTENT_ERASED");
    let mut therapist = world.documents(&world.therapist);
    for refused in [why(therapist.get_document(get).await), why(therapist.download_document(download).await)]
    {
        assert_eq!(refused, "NOT_PERMITTED", "who may not see all of the record is not told what was in it");
    }
    for person in [&world.mother, &world.therapist] {
        let list = ListDocumentsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let listed = world.documents(person).list_documents(list).await.unwrap().into_inner();
        let listed: Vec<&str> = listed.documents.iter().map(|document| document.title.as_str()).collect();
        assert_eq!(listed, ["Other words"]);
        let whole = DownloadDocumentRequest { patient_id: patient_id.clone(), document_id: other.clone() };
        let mut parts = world.documents(person).download_document(whole).await.unwrap().into_inner();
        let mut content = Vec::new();
        while let Some(part) = parts.message().await.unwrap() {
            if let Some(download_document_response::Part::Chunk(chunk)) = part.part {
                content.extend_from_slice(&chunk);
            }
        }
        assert_eq!(content, b"Twelve other words.");
    }
    let goals = ListItemsRequest { patient_id, ..Default::default() };
    assert_eq!(world.records(&world.mother).list_items(goals).await.unwrap().into_inner().items.len(), 1);

    let database = world.database(Service::Documents);
    let (open, still) = opened(Service::Documents, database, patient).await;
    assert_eq!(open, still - of_paper, "what the log says of it opens for nobody, and nothing else is shut");
    let keys = async |subject: Uuid| -> Vec<Option<Vec<u8>>> {
        let query = sqlx::query_scalar("SELECT wrapped FROM data_keys WHERE subject = $1");
        query.bind(subject).fetch_all(&database.keys_pool).await.unwrap()
    };
    assert_eq!(keys(paper).await, [None]);
    assert!(matches!(keys(patient).await.as_slice(), [Some(_)]));
    let rows: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM documents WHERE document = $1) + (SELECT count(*) FROM uploads WHERE upload = $1)",
    )
    .bind(paper)
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!(rows, 0);
    let tells = world.envelopes(Service::Documents).await;
    for Envelope { header, leaf, .. } in &told {
        let again = tells.iter().find(|envelope| envelope.header.event_id == header.event_id).unwrap();
        assert_eq!((&again.header, &again.leaf, &again.header.leaf()), (header, leaf, leaf));
    }
}
