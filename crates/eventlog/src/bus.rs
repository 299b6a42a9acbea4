//! NATS JetStream: one stream per service, `holdfast.<service>.<lane % 32>.<type>`. It carries; the log is the truth.
use crate::Envelope;
use async_nats::jetstream::{
    self, Context,
    consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull},
    message::PublishMessage,
    stream::{Config, DiscardPolicy, StorageType, Stream},
};
use std::time::Duration;
use url::Url;

/// Subjects of one service are spread over this many, so that consumers may take a part.
const SUBJECT_GROUPS: u16 = 32;
/// What the bus forgets is read back from the log.
const AGE_MAX: Duration = Duration::from_secs(3 * 24 * 3600);
/// About a gigabyte of envelopes. A limit in bytes would be set aside from the server's store before it is used.
const MESSAGES_MAX: i64 = 1_000_000;
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);
const ACK_WAIT: Duration = Duration::from_secs(10);
/// Unacknowledged messages that one consumer may hold.
const ACKS_PENDING_MAX: i64 = 4096;

#[derive(Debug, thiserror::Error)]
#[error("the bus cannot {what}")]
pub struct BusError {
    what: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl BusError {
    pub(crate) fn cannot<E: std::error::Error + Send + Sync + 'static>(
        what: &'static str,
    ) -> impl FnOnce(E) -> Self {
        move |error| Self { what, source: Box::new(error) }
    }
}

#[derive(Clone)]
pub struct Bus {
    context: Context,
    /// First word of every stream's and subject's name: `holdfast`, unless several systems share a server.
    prefix: String,
}

impl Bus {
    /// Connects now or later: without a server it keeps trying.
    pub async fn connect(url: &str, prefix: &str) -> Result<Self, BusError> {
        let mut address = Url::parse(url).map_err(BusError::cannot("be named by that address"))?;
        // The client takes no credentials out of an address.
        let mut options = async_nats::ConnectOptions::new();
        if let (user, Some(password)) = (address.username().to_owned(), address.password().map(str::to_owned))
        {
            options = options.user_and_password(user, password);
            let _ = address.set_username("");
            let _ = address.set_password(None);
        }
        let client = options
            .retry_on_initial_connect()
            .max_reconnects(None)
            .reconnect_delay_callback(|attempts| {
                Duration::from_millis(
                    u64::try_from(attempts).unwrap_or(u64::MAX).saturating_mul(50).min(1000),
                )
            })
            .connection_timeout(Duration::from_secs(2))
            .request_timeout(Some(Duration::from_secs(5)))
            .connect(address.as_str())
            .await
            .map_err(BusError::cannot("be reached"))?;
        Ok(Self { context: jetstream::new(client), prefix: prefix.to_owned() })
    }

    pub fn is_connected(&self) -> bool {
        self.context.client().connection_state() == async_nats::connection::State::Connected
    }

    /// The service's stream, made if it is missing: a bus that lost its disk heals by itself.
    pub(crate) async fn stream(&self, service: &str) -> Result<Stream, BusError> {
        let prefix = &self.prefix;
        self.context
            .get_or_create_stream(Config {
                name: format!("{prefix}-{service}"),
                subjects: vec![format!("{prefix}.{service}.>")],
                storage: StorageType::File,
                discard: DiscardPolicy::Old,
                max_age: AGE_MAX,
                max_messages: MESSAGES_MAX,
                duplicate_window: DUPLICATE_WINDOW,
                ..Config::default()
            })
            .await
            .map_err(BusError::cannot("make the stream"))
    }

    pub(crate) async fn consumer(&self, source: &str, durable: &str) -> Result<PullConsumer, BusError> {
        self.stream(source)
            .await?
            .get_or_create_consumer(
                durable,
                pull::Config {
                    durable_name: Some(durable.to_owned()),
                    deliver_policy: DeliverPolicy::All,
                    ack_policy: AckPolicy::Explicit,
                    ack_wait: ACK_WAIT,
                    max_ack_pending: ACKS_PENDING_MAX,
                    ..pull::Config::default()
                },
            )
            .await
            .map_err(BusError::cannot("make the consumer"))
    }

    /// Publishes in order and waits until the bus has them all.
    pub(crate) async fn publish(&self, envelopes: &[Envelope]) -> Result<(), BusError> {
        let mut acks = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            let header = &envelope.header;
            let subject = format!(
                "{}.{}.{}.{}",
                self.prefix,
                header.service,
                header.lane % SUBJECT_GROUPS,
                header.event_type
            );
            let message = PublishMessage::build()
                .payload(envelope.to_bytes().into())
                .message_id(header.event_id.to_string())
                .header("Holdfast-Lane", header.lane.to_string())
                .header("Holdfast-Lane-Seq", header.lane_seq.to_string());
            acks.push(
                self.context
                    .send_publish(subject, message)
                    .await
                    .map_err(BusError::cannot("take a message"))?,
            );
        }
        for ack in acks {
            ack.await.map_err(BusError::cannot("keep a message"))?;
        }
        Ok(())
    }
}
