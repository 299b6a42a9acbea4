//! A service's log with its keys, as far as there still are any.
#![allow(unreachable_pub, dead_code, reason = "a module that test files share")]
use holdfast_eventlog::{EventLog, KeyError, Parts, ReadError};
use holdfast_testkit::TestDatabase;
use holdfast_types::{Clock, Ids, Service, SystemClock, SystemIds};
use std::sync::Arc;
use uuid::Uuid;

/// The log as somebody opens it who has both databases and the master key: how many events of the subject open, and how many are there.
pub async fn opened(service: Service, database: &TestDatabase, subject: Uuid) -> (usize, usize) {
    let (open, all) = contents(service, database, subject).await;
    (open.len(), all)
}

/// What those that open say.
pub async fn contents(service: Service, database: &TestDatabase, subject: Uuid) -> (Vec<Vec<u8>>, usize) {
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let log = EventLog::start(Parts {
        service: service.as_str().to_owned(),
        pool: database.pool.clone(),
        keys: database.keys(Arc::clone(&clock), Arc::clone(&ids)),
        clock,
        ids,
        projections: Vec::new(),
        publish: Arc::new(|_| Ok(None)),
        committers: 1,
    });
    let (mut open, mut all) = (Vec::new(), 0);
    for (lane, _) in log.heads().await.unwrap() {
        for stored in log.read_lane(lane, 0, 1000).await.unwrap() {
            if stored.header.subject != subject {
                log.open(stored).await.unwrap();
                continue;
            }
            all += 1;
            match log.open(stored).await {
                Ok(opened) => open.push(opened.payload.to_vec()),
                Err(ReadError::Key(KeyError::Destroyed)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    (open, all)
}
