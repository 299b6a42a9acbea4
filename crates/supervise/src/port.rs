//! Ports on 127.0.0.1 that nobody listens on, kept in a file so that the next start uses the same.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, at};

// Below what operating systems give to outgoing connections (32768 and up): such a port cannot be lost to one of them
// between a kill and the next start.
const FIRST: u16 = 20_000;
const LAST: u16 = 29_999;

/// `wanted` when given (an error when taken), else the port in `kept` when still free, else another free one.
pub(crate) fn choose(wanted: Option<u16>, kept: &Path) -> Result<u16, Error> {
    let port = match wanted {
        Some(port) if is_free(port) => port,
        Some(port) => return Err(Error::PortInUse { port }),
        None => match fs::read_to_string(kept).ok().and_then(|text| text.trim().parse().ok()) {
            Some(port) if is_free(port) => port,
            _ => find()?,
        },
    };
    fs::write(kept, port.to_string()).map_err(at("write", kept))?;
    Ok(port)
}

/// Starts at a place that differs between processes and calls, so that two that look at the same time seldom meet.
fn find() -> Result<u16, Error> {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let span = LAST - FIRST + 1;
    let start = process::id().wrapping_mul(7919).wrapping_add(CALLS.fetch_add(1, Ordering::Relaxed));
    let start = (start % u32::from(span)) as u16;
    (0..span)
        .map(|step| FIRST + (start + step) % span)
        .find(|port| is_free(*port))
        .ok_or(Error::NoPort { first: FIRST, last: LAST })
}

pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_port_is_used_again_unless_someone_took_it() {
        let dir = tempfile::tempdir().unwrap();
        let kept = dir.path().join("port");
        let first = choose(None, &kept).unwrap();
        assert_eq!(choose(None, &kept).unwrap(), first);
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        assert_ne!(choose(None, &kept).unwrap(), first);
        assert!(matches!(choose(Some(first), &kept), Err(Error::PortInUse { port }) if port == first));
        drop(taken);
    }
}
