//! Reading the log: a stream, a lane, single places; what others may see of it.
use crate::{
    Envelope, EventLog, Header, KeyError, LANES, Opened, ReadError, Right, Stored, StreamName, Subject,
    event::Ahead, rows::EventRow, seal::place_of,
};
use futures::TryStreamExt;
use std::collections::HashMap;

impl EventLog {
    /// The events of one stream of a subject, oldest first. A stream of another subject has none, even where both share a lane: an id that
    /// somebody brings says nothing about whose it is.
    pub async fn stream(&self, subject: Subject, name: &StreamName) -> Result<Vec<Opened>, ReadError> {
        let mut rows = sqlx::query_as::<_, EventRow>(
            "SELECT * FROM events WHERE lane = $1 AND stream = $2 AND subject = $3 ORDER BY revision",
        )
        .bind(i32::from(subject.lane()))
        .bind(name.to_string())
        .bind(subject.uuid())
        .fetch(self.pool());
        let mut events = Vec::new();
        while let Some(row) = rows.try_next().await.map_err(ReadError::Unavailable)? {
            events.push(self.open(row.stored(self.service()).map_err(ReadError::Row)?).await?);
        }
        Ok(events)
    }

    /// Events of one subject by their places in its lane. A place that is not the subject's has none.
    pub async fn at(&self, subject: Subject, places: &[u64]) -> Result<HashMap<u64, Opened>, ReadError> {
        let places: Vec<i64> = places.iter().filter_map(|place| i64::try_from(*place).ok()).collect();
        let mut rows = sqlx::query_as::<_, EventRow>(
            "SELECT * FROM events WHERE lane = $1 AND lane_seq = ANY($2) AND subject = $3",
        )
        .bind(i32::from(subject.lane()))
        .bind(places)
        .bind(subject.uuid())
        .fetch(self.pool());
        let mut events = HashMap::new();
        while let Some(row) = rows.try_next().await.map_err(ReadError::Unavailable)? {
            let opened = self.open(row.stored(self.service()).map_err(ReadError::Row)?).await?;
            events.insert(opened.header.lane_seq, opened);
        }
        Ok(events)
    }

    /// By what right each of these events of one subject was made, where it says so: by stream and revision.
    pub async fn rights(
        &self,
        subject: Subject,
        events: &[(StreamName, u64)],
    ) -> Result<HashMap<(StreamName, u64), Right>, ReadError> {
        let (streams, revisions): (Vec<&str>, Vec<i64>) = events
            .iter()
            .map(|(stream, revision)| (stream.as_str(), i64::try_from(*revision).unwrap_or(i64::MAX)))
            .unzip();
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT events.* FROM events
             JOIN UNNEST($2::text[], $3::bigint[]) AS wanted (stream, revision) USING (stream, revision)
             WHERE events.lane = $1 AND events.subject = $4 AND events.by_right IS NOT NULL",
        )
        .bind(i32::from(subject.lane()))
        .bind(streams)
        .bind(revisions)
        .bind(subject.uuid())
        .fetch_all(self.pool())
        .await
        .map_err(ReadError::Unavailable)?;
        let mut rights = HashMap::new();
        for row in rows {
            let Header { stream, revision, by_right, .. } =
                row.stored(self.service()).map_err(ReadError::Row)?.header;
            rights.extend(by_right.map(|right| ((stream, revision), right)));
        }
        Ok(rights)
    }

    /// Last sequence number of every lane that holds an event.
    pub async fn heads(&self) -> Result<Vec<(u16, u64)>, ReadError> {
        let rows: Vec<(i32, i64)> =
            sqlx::query_as("SELECT lane, last_seq FROM lanes WHERE last_seq > 0 ORDER BY lane")
                .fetch_all(self.pool())
                .await
                .map_err(ReadError::Unavailable)?;
        Ok(rows
            .into_iter()
            .filter_map(|(lane, seq)| Some((u16::try_from(lane).ok()?, u64::try_from(seq).ok()?)))
            .collect())
    }

    /// Events of one lane after a sequence number, in order, sealed.
    pub async fn read_lane(&self, lane: u16, after_seq: u64, limit: u32) -> Result<Vec<Stored>, ReadError> {
        debug_assert!(lane < LANES);
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT * FROM events WHERE lane = $1 AND lane_seq > $2 ORDER BY lane_seq LIMIT $3",
        )
        .bind(i32::from(lane))
        .bind(i64::try_from(after_seq).unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await
        .map_err(ReadError::Unavailable)?;
        rows.into_iter().map(|row| row.stored(self.service()).map_err(ReadError::Row)).collect()
    }

    /// Unseals an event.
    pub async fn open(&self, stored: Stored) -> Result<Opened, ReadError> {
        let key = self.keys().of_event(&stored.header).await?;
        let payload = key.open(&place_of(&stored.header), &stored.sealed)?;
        Ok(Opened::new(stored.header, payload.into(), Ahead::default()))
    }

    /// What the others may see of an event. Where the key is destroyed or the row was tampered with, the header alone.
    pub async fn envelope(&self, stored: Stored) -> Result<Envelope, ReadError> {
        let (header, leaf) = (stored.header.clone(), stored.leaf);
        let public_payload = match self.open(stored).await {
            Ok(opened) => self.publish(&opened).map_err(ReadError::Decode)?,
            Err(ReadError::Key(KeyError::Destroyed | KeyError::Crypto)) => None,
            Err(error) => return Err(error),
        };
        Ok(Envelope { header, leaf, public_payload })
    }
}
