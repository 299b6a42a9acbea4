//! What a browser wrote last, so that its next page is asked for after it.
use crate::cookie;
use holdfast_proto::r#type::v1::Position;
use holdfast_types::Service;
use http::HeaderMap;

/// Writes that are waited for: more than services that write, fewer than a call carries.
pub(crate) const AFTER_MAX: usize = 8;
const LANES: u32 = 1024;

/// What the cookie says was written last; it is the browser's own word and can but make its own pages wait.
pub(crate) fn after(headers: &HeaderMap) -> Vec<Position> {
    let text = cookie::read(headers, cookie::AFTER).unwrap_or_default();
    text.split('.').filter_map(position).take(AFTER_MAX).collect()
}

fn position(text: &str) -> Option<Position> {
    let mut parts = text.split(':');
    let service: Service = parts.next()?.parse().ok().filter(|service| *service != Service::Gateway)?;
    let lane = parts.next()?.parse().ok().filter(|lane| *lane < LANES)?;
    let seq = parts.next()?.parse().ok()?;
    parts.next().is_none().then(|| Position { service: service.as_str().to_owned(), lane, seq })
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_host::metadata::position_text;
    use http::{HeaderValue, header};

    fn heard(cookie: &'static str) -> Vec<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
        after(&headers).iter().map(position_text).collect()
    }

    #[test]
    fn what_was_written_last_comes_back_and_nonsense_does_not() {
        assert_eq!(heard("holdfast_after=consent:7:42.records:1023:1"), ["consent:7:42", "records:1023:1"]);
        let wrong = "holdfast_after=gateway:1:1.consent:1024:1.consent:1.consent:1:1:1.x:1:1.consent:a:b";
        assert_eq!(heard(wrong), Vec::<String>::new());
        let many = "holdfast_after=audit:1:1.audit:2:1.audit:3:1.audit:4:1.audit:5:1.audit:6:1.audit:7:1.audit:8:1.audit:9:1";
        assert_eq!(heard(many).len(), AFTER_MAX);
    }
}
