//! Codes of an authenticator app (RFC 6238): SHA-1, six digits, steps of 30 seconds, which every app understands.
use chrono::{DateTime, Utc};
use totp_rs::{Builder, Secret, Totp};
use url::Url;

pub(crate) const DIGITS: usize = 6;
const ISSUER: &str = "Holdfast";

/// As it is typed in, base32 (RFC 4648) without padding.
pub(crate) fn text_of(secret: &[u8]) -> String {
    Secret::from(secret).to_base32()
}

/// The step of which this is the code, where it is one of the present step or of a neighbour's.
pub(crate) fn step_of(secret: &str, code: &str, now: DateTime<Utc>) -> Option<u64> {
    totp(secret)?.check(code, u64::try_from(now.timestamp()).ok()?)
}

/// For a QR code. The account is named by its address, so that an app with several tells them apart.
pub(crate) fn uri(secret: &str, email: &str) -> Option<String> {
    let mut uri = Url::parse("otpauth://totp/").ok()?;
    uri.path_segments_mut().ok()?.pop_if_empty().push(&format!("{ISSUER}:{email}"));
    uri.query_pairs_mut().append_pair("secret", secret).append_pair("issuer", ISSUER);
    Some(uri.into())
}

fn totp(secret: &str) -> Option<Totp> {
    Builder::new().with_secret(Secret::try_from_base32(secret).ok()?).build().ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The key of RFC 6238, appendix B.
    pub(crate) const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    /// The key's code at a moment.
    pub(crate) fn code_at(now: DateTime<Utc>) -> String {
        totp(SECRET).unwrap().generate(now.timestamp() as u64).to_string()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        // The appendix has eight digits; six are its last.
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(step_of(SECRET, code, at(seconds)), Some(seconds as u64 / 30));
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_late_and_no_more() {
        for (shift, known) in [(-60, false), (-59, true), (0, true), (30, true), (31, false)] {
            assert_eq!(step_of(SECRET, "081804", at(1_111_111_109 + shift)).is_some(), known, "{shift}");
        }
        for wrong in ["", "08180", "0818041", "abcdef", "000000"] {
            assert_eq!(step_of(SECRET, wrong, at(1_111_111_109)), None, "{wrong}");
        }
        assert_eq!(step_of("not base32!", "081804", at(1_111_111_109)), None);
    }

    #[test]
    fn a_secret_is_typed_in_or_read_as_a_picture() {
        assert_eq!(text_of(b"12345678901234567890"), SECRET);
        assert_eq!(
            uri(SECRET, "rosa?#%@example.org").unwrap(),
            format!("otpauth://totp/Holdfast:rosa%3F%23%25@example.org?secret={SECRET}&issuer=Holdfast")
        );
    }
}
