//! What a request says beside its message: who calls, what for, after what, and which trace and correlation it belongs to.
use crate::{catalogue, rpc::Correlation, status::Problem, telemetry};
use holdfast_proto::r#type::v1::Position;
use holdfast_types::{Ids, Purpose, Service};
use secrecy::SecretString;
use std::str::FromStr as _;
use tonic::metadata::MetadataMap;
use uuid::Uuid;

pub const AUTHORIZATION: &str = "authorization";
pub const PURPOSE: &str = "holdfast-purpose";
pub const AFTER: &str = "holdfast-after";
pub const CORRELATION: &str = "holdfast-correlation";
pub const TRACEPARENT: &str = "traceparent";
/// From where a person asks; the gateway's word counts, and nobody else's.
pub const CLIENT_ADDRESS: &str = "holdfast-client-address";

/// With an answer that discloses what a law protects: its notice.
pub const NOTICE: &str = "holdfast-notice";
/// And the ids of the grants by which it is disclosed, with commas.
pub const DISCLOSED_BY: &str = "holdfast-disclosed-by";

const TOKEN_CHARACTERS_MAX: usize = 16 * 1024;
const AFTER_MAX: usize = 16;
const LANES: u32 = 1024;

#[derive(Debug, Clone)]
pub struct RequestMeta {
    /// None when there is no `authorization`.
    pub bearer: Option<SecretString>,
    /// None when the caller leaves it to the relationship.
    pub purpose: Option<Purpose>,
    /// What the answer must have heard of.
    pub after: Vec<Position>,
    pub correlation: Uuid,
    /// W3C Trace Context of the handling span; the caller's where no trace is kept here.
    pub traceparent: Option<String>,
}

impl RequestMeta {
    pub fn read<T>(request: &tonic::Request<T>, ids: &dyn Ids) -> Result<Self, Problem> {
        let metadata = request.metadata();
        let correlation = match request.extensions().get::<Correlation>() {
            Some(Correlation(id)) => *id,
            None => correlation(metadata)?.unwrap_or_else(|| ids.next()),
        };
        Ok(Self {
            bearer: bearer(metadata)?,
            purpose: purpose(metadata)?,
            after: after(metadata)?,
            correlation,
            traceparent: telemetry::traceparent().or_else(|| traceparent(metadata)),
        })
    }
}

fn bearer(metadata: &MetadataMap) -> Result<Option<SecretString>, Problem> {
    let Some(value) = text(metadata, AUTHORIZATION)? else { return Ok(None) };
    let token = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty() && token.len() <= TOKEN_CHARACTERS_MAX)
        .ok_or_else(|| malformed(AUTHORIZATION, "expected `Bearer <token>`"))?;
    Ok(Some(token.to_owned().into()))
}

fn purpose(metadata: &MetadataMap) -> Result<Option<Purpose>, Problem> {
    let Some(value) = text(metadata, PURPOSE)? else { return Ok(None) };
    Purpose::from_str(value)
        .map(Some)
        .map_err(|_| Problem::new(catalogue::PURPOSE_UNKNOWN, "not a purpose of use").with("key", PURPOSE))
}

fn after(metadata: &MetadataMap) -> Result<Vec<Position>, Problem> {
    let values: Vec<_> = metadata.get_all(AFTER).iter().collect();
    let refuse = || malformed(AFTER, "expected at most 16 of `<service>:<lane>:<seq>`");
    if values.len() > AFTER_MAX {
        return Err(refuse());
    }
    values.into_iter().map(|value| value.to_str().ok().and_then(position).ok_or_else(refuse)).collect()
}

fn position(text: &str) -> Option<Position> {
    let (service, rest) = text.split_once(':')?;
    let (lane, seq) = rest.split_once(':')?;
    let service = Service::from_str(service).ok().filter(|service| Service::WITH_LOG.contains(service))?;
    let lane = lane.parse().ok().filter(|lane| *lane < LANES)?;
    Some(Position { service: service.as_str().to_owned(), lane, seq: seq.parse().ok()? })
}

/// A position as `holdfast-after` carries it.
pub fn position_text(position: &Position) -> String {
    format!("{}:{}:{}", position.service, position.lane, position.seq)
}

fn correlation(metadata: &MetadataMap) -> Result<Option<Uuid>, Problem> {
    text(metadata, CORRELATION)?
        .map(|value| Uuid::try_parse(value).map_err(|_| malformed(CORRELATION, "expected a UUID")))
        .transpose()
}

/// Version 00 of the W3C Trace Context; anything else is as good as none.
fn traceparent(metadata: &MetadataMap) -> Option<String> {
    let value = metadata.get(TRACEPARENT)?.to_str().ok()?;
    let parts: Vec<&str> = value.split('-').collect();
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match parts.as_slice() {
        ["00", trace, span, flags] if hex(trace, 32) && hex(span, 16) && hex(flags, 2) => {
            Some(value.to_owned())
        }
        _ => None,
    }
}

pub(crate) fn text<'a>(metadata: &'a MetadataMap, key: &'static str) -> Result<Option<&'a str>, Problem> {
    metadata.get(key).map(|value| value.to_str().map_err(|_| malformed(key, "expected ASCII"))).transpose()
}

pub(crate) fn malformed(key: &'static str, expected: &str) -> Problem {
    Problem::new(catalogue::METADATA_MALFORMED, format!("metadata `{key}`: {expected}")).with("key", key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    struct One;
    impl Ids for One {
        fn next(&self) -> Uuid {
            Uuid::from_u128(1)
        }
    }

    fn read(entries: &[(&'static str, &str)]) -> Result<RequestMeta, Problem> {
        let mut request = tonic::Request::new(());
        for (key, value) in entries {
            request.metadata_mut().append(*key, value.parse().unwrap());
        }
        RequestMeta::read(&request, &One)
    }

    #[test]
    fn everything_that_is_sent_is_read() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let meta = read(&[
            ("authorization", "Bearer abc.def"),
            ("holdfast-purpose", "TREAT"),
            ("holdfast-after", "consent:7:42"),
            ("holdfast-after", "records:1023:1"),
            ("holdfast-correlation", "01890000-0000-7000-8000-000000000001"),
            ("traceparent", parent),
        ])
        .unwrap();
        assert_eq!(meta.bearer.unwrap().expose_secret(), "abc.def");
        assert_eq!(meta.purpose, Some(Purpose::Treatment));
        assert_eq!(
            meta.after.iter().map(position_text).collect::<Vec<_>>(),
            ["consent:7:42", "records:1023:1"]
        );
        assert_eq!(meta.correlation.to_string(), "01890000-0000-7000-8000-000000000001");
        assert_eq!(meta.traceparent.as_deref(), Some(parent));
    }

    #[test]
    fn what_is_not_sent_is_absent_and_the_correlation_is_made() {
        let meta = read(&[]).unwrap();
        assert!(
            meta.bearer.is_none()
                && meta.purpose.is_none()
                && meta.after.is_empty()
                && meta.traceparent.is_none()
        );
        assert_eq!(meta.correlation, Uuid::from_u128(1));
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_its_key() {
        for (key, value, reason) in [
            ("authorization", "Basic abc", "METADATA_MALFORMED"),
            ("authorization", "Bearer ", "METADATA_MALFORMED"),
            ("holdfast-purpose", "CURIOSITY", "PURPOSE_UNKNOWN"),
            ("holdfast-after", "consent:1024:1", "METADATA_MALFORMED"),
            ("holdfast-after", "gateway:1:1", "METADATA_MALFORMED"),
            ("holdfast-after", "consent:1", "METADATA_MALFORMED"),
            ("holdfast-correlation", "seven", "METADATA_MALFORMED"),
        ] {
            assert_eq!(read(&[(key, value)]).unwrap_err().reason().name(), reason, "{key}: {value}");
        }
        let many = [("holdfast-after", "consent:1:1"); 17];
        assert_eq!(read(&many).unwrap_err().reason(), catalogue::METADATA_MALFORMED);
    }

    #[test]
    fn a_token_never_shows_in_debug_output() {
        let meta = read(&[("authorization", "Bearer abc.def")]).unwrap();
        assert!(!format!("{meta:?}").contains("abc.def"));
    }

    #[test]
    fn a_trace_context_of_another_shape_is_as_good_as_none() {
        assert_eq!(read(&[("traceparent", "00-zz-b7ad6b7169203331-01")]).unwrap().traceparent, None);
    }
}
