//! A worker process: a service's half of the event log, or a listener's.
use crate::{Order, Place, Role, chaos, tally::SERVICE, views, writer};
use holdfast_eventlog::{
    Bus, BusError, EventLog, Inbox, KeyRing, MasterKey, Parts, Reaction, Relay, SchemaError, Source, schema,
};
use holdfast_types::{Clock, Ids, SystemClock, SystemIds};
use std::{sync::Arc, time::Duration};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;

const LOG_CONNECTIONS: u32 = 8;
const KEY_CONNECTIONS: u32 = 2;
const POLL: Duration = Duration::from_millis(500);

#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    #[error("no order came")]
    NoOrder,
    #[error("the order cannot be read")]
    Order(#[source] serde_json::Error),
    #[error("a database's address is none")]
    Schema(#[from] SchemaError),
    #[error("the bus's address is none")]
    Bus(#[from] BusError),
}

/// Reads its order from the input, and works until the input ends.
pub async fn work() -> Result<(), WorkError> {
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let line = input.next_line().await.ok().flatten().ok_or(WorkError::NoOrder)?;
    let order: Order = serde_json::from_str(&line).map_err(WorkError::Order)?;
    let (rest, stop) = (CancellationToken::new(), CancellationToken::new());
    let told = {
        let (rest, stop) = (rest.clone(), stop.clone());
        async move {
            while let Ok(Some(_)) = input.next_line().await {
                rest.cancel();
            }
            rest.cancel();
            stop.cancel();
        }
    };
    let bus = Bus::connect(&order.nats_url, &order.bus_prefix).await?;
    let log = log(&order.place)?;
    match order.role {
        Role::Write { writers, patients } => {
            let writing = writer::write_all(&log, &writers, order.seed, patients, &rest);
            tokio::join!(told, writing, Relay::new(log.clone(), bus).run(stop.clone()));
        }
        Role::Listen { chaos, refuses } => {
            let heard = views::Heard { refuses };
            let inbox = inbox(&order.place, Arc::new(log.clone()), heard)?;
            let feeding = async {
                if chaos {
                    chaos::feed(&log, &inbox, order.seed, &rest).await;
                }
            };
            tokio::join!(told, feeding, inbox.clone().run(bus, "listener".to_owned(), stop.clone()));
        }
    }
    Ok(())
}

/// The log as a service has it.
pub fn log(place: &Place) -> Result<EventLog, SchemaError> {
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let key_pool = schema::connect(&place.keys_url, KEY_CONNECTIONS)?;
    Ok(EventLog::start(Parts {
        service: SERVICE.to_owned(),
        pool: schema::connect(&place.log_url, LOG_CONNECTIONS)?,
        keys: KeyRing::new(key_pool, MasterKey::new([7; 32]), Arc::clone(&clock), Arc::clone(&ids)),
        clock,
        ids,
        projections: vec![Arc::new(views::Tallies)],
        publish: Arc::new(|_| Ok(None)),
        committers: 2,
    }))
}

/// The inbox of another service that hears the log through `source`.
pub fn listener(place: &Place, source: Arc<dyn Source>) -> Result<Inbox, SchemaError> {
    inbox(place, source, views::Heard { refuses: false })
}

fn inbox(place: &Place, source: Arc<dyn Source>, heard: views::Heard) -> Result<Inbox, SchemaError> {
    let pool = schema::connect(&place.listener_url, LOG_CONNECTIONS)?;
    let (reaction, clock): (Arc<dyn Reaction>, Arc<dyn Clock>) = (Arc::new(heard), Arc::new(SystemClock));
    Ok(Inbox::new("listener", pool, source, reaction, clock, POLL))
}
