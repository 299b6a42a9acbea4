//! From where a browser asks, behind whatever ends https before the gateway.
use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderValue, request::Parts};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// One network for everybody of whom the proxies do not say where they are: an address that is nobody's (RFC 6666).
const UNKNOWN: IpAddr = IpAddr::V6(Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0));

/// None where it is not said how many proxies there are.
pub(crate) fn address(parts: &Parts, proxies: Option<u8>) -> Option<IpAddr> {
    let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip());
    Some(of(&parts.headers, connection, proxies?))
}

/// Each proxy adds at the end from where it was asked; what stands before is what anybody may have written, in whatever bytes.
fn of(headers: &HeaderMap, connection: Option<IpAddr>, proxies: u8) -> IpAddr {
    let found = match usize::from(proxies).checked_sub(1) {
        None => connection,
        Some(added) => {
            let lines: Vec<&[u8]> =
                headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
            lines.join(&b',').rsplit(|byte| *byte == b',').nth(added).and_then(read)
        }
    };
    found.unwrap_or(UNKNOWN)
}

/// Some proxies add the port.
fn read(part: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(part).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|from: SocketAddr| from.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[&'static [u8]], proxies: u8) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        of(&headers, "192.0.2.1".parse().ok(), proxies).to_string()
    }

    #[test]
    fn what_the_proxies_added_counts_and_what_a_browser_wrote_itself_does_not() {
        assert_eq!(heard(&[b"198.51.100.9"], 0), "192.0.2.1");
        assert_eq!(heard(&[b"6.6.6.6, 198.51.100.9"], 1), "198.51.100.9");
        assert_eq!(heard(&[b"6.6.6.6, 198.51.100.9", b"10.0.0.2"], 2), "198.51.100.9");
        assert_eq!(heard(&[b"2001:db8::7"], 1), "2001:db8::7");
    }

    #[test]
    fn whatever_a_browser_writes_does_not_hide_what_the_proxy_added() {
        assert_eq!(heard(&[b"\xff\xc3(, 198.51.100.9"], 1), "198.51.100.9");
        assert_eq!(heard(&[b"\xff", b"198.51.100.9"], 1), "198.51.100.9");
        assert_eq!(heard(&[b"6.6.6.6, 198.51.100.9:4711"], 1), "198.51.100.9");
        assert_eq!(heard(&[b"[2001:db8::7]:4711"], 1), "2001:db8::7");
        assert_eq!(heard(&[b"[2001:db8::7]"], 1), "2001:db8::7");
    }

    #[test]
    fn all_of_whom_the_proxies_do_not_say_where_they_are_count_as_one_network() {
        for lines in [&[] as &[&[u8]], &[b"unknown"], &[b"\xff"], &[b""]] {
            assert_eq!(heard(lines, 1), "100::");
        }
        assert_eq!(heard(&[b"198.51.100.9"], 2), "100::", "a proxy did not do its part");
        assert_eq!(of(&HeaderMap::new(), None, 0), UNKNOWN);
    }
}
