//! The text of a SMART Health Link: what a QR code shows, and what whoever opens it needs.
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde::Serialize;

/// The address of the manifest's route, before the secret.
pub(crate) const MANIFESTS: &str = "/shl/";
/// The page that opens links in a browser.
const VIEWER: &str = "/shl";

/// In the order of the specification.
#[derive(Debug, Serialize)]
struct Payload<'a> {
    url: String,
    key: String,
    exp: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    flag: String,
    label: &'a str,
    v: u8,
}

/// What a new link is made of.
pub(crate) struct Made<'a> {
    pub public_url: &'a str,
    pub secret: &'a str,
    pub content_key: &'a [u8],
    /// In seconds since 1970.
    pub expires: i64,
    pub has_passcode: bool,
    /// Whether it may be opened again, and then shows what the record says by then.
    pub lasts: bool,
    /// Public to whoever has the link: never whom it is for.
    pub label: &'a str,
}

impl Made<'_> {
    /// With the viewer's address in front, so that a phone opens it in a browser; apps read what comes after the `#`.
    pub(crate) fn text(&self) -> String {
        let mut flag = String::new();
        flag.extend(self.lasts.then_some('L'));
        flag.extend(self.has_passcode.then_some('P'));
        let payload = Payload {
            url: format!("{}{MANIFESTS}{}", self.public_url, self.secret),
            key: BASE64.encode(self.content_key),
            exp: self.expires,
            flag,
            label: self.label,
            v: 1,
        };
        // Texts and numbers are always written.
        let payload = serde_json::to_vec(&payload).unwrap_or_default();
        format!("{}{VIEWER}#shlink:/{}", self.public_url, BASE64.encode(payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_where_the_manifest_is_how_it_is_opened_and_until_when() {
        let made = Made {
            public_url: "https://holdfast.example",
            secret: "s3cr3t",
            content_key: &[7; 32],
            expires: 1_796_000_000,
            has_passcode: true,
            lasts: true,
            label: "Health record",
        };
        let text = made.text();
        let payload = text.strip_prefix("https://holdfast.example/shl#shlink:/").unwrap();
        let payload: serde_json::Value = serde_json::from_slice(&BASE64.decode(payload).unwrap()).unwrap();
        assert_eq!(payload["url"], "https://holdfast.example/shl/s3cr3t");
        assert_eq!(payload["key"].as_str().unwrap().len(), 43);
        assert_eq!((&payload["flag"], &payload["v"]), (&"LP".into(), &1.into()));
        assert_eq!((&payload["exp"], &payload["label"]), (&1_796_000_000.into(), &"Health record".into()));
        let bare = Made { has_passcode: false, lasts: false, ..made }.text();
        let payload = BASE64.decode(bare.split_once("shlink:/").unwrap().1).unwrap();
        assert!(!String::from_utf8(payload).unwrap().contains("flag"));
    }
}
