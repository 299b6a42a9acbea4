//! From where a browser asks, behind whatever ends https before the gateway.
use axum::extract::ConnectInfo;
use http::{HeaderMap, request::Parts};
use std::net::{IpAddr, SocketAddr};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// None where it is not said how many proxies there are, or one of them did not do its part.
pub(crate) fn address(parts: &Parts, proxies: Option<u8>) -> Option<IpAddr> {
    let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip());
    of(&parts.headers, connection, proxies?)
}

/// Each proxy adds at the end from where it was asked; what stands before is what anybody may have written.
fn of(headers: &HeaderMap, connection: Option<IpAddr>, proxies: u8) -> Option<IpAddr> {
    let Some(added) = usize::from(proxies).checked_sub(1) else { return connection };
    let values: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",").rsplit(',').nth(added)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn heard(lines: &[&'static str], proxies: u8) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        of(&headers, "192.0.2.1".parse().ok(), proxies).map(|address| address.to_string())
    }

    #[test]
    fn what_the_proxies_added_counts_and_what_a_browser_wrote_itself_does_not() {
        assert_eq!(heard(&["198.51.100.9"], 0).as_deref(), Some("192.0.2.1"));
        assert_eq!(heard(&["6.6.6.6, 198.51.100.9"], 1).as_deref(), Some("198.51.100.9"));
        assert_eq!(heard(&["6.6.6.6, 198.51.100.9", "10.0.0.2"], 2).as_deref(), Some("198.51.100.9"));
        assert_eq!(heard(&["2001:db8::7"], 1).as_deref(), Some("2001:db8::7"));
        assert_eq!(heard(&[], 1), None);
        assert_eq!(heard(&["unknown"], 1), None);
        assert_eq!(heard(&["198.51.100.9"], 2), None);
    }
}
