//! The cookies: all are closed to scripts, none is sent from another site, but for the sign-in link's own page.
use http::{HeaderMap, HeaderValue, header};

/// The session's secret, of identity.
pub const SESSION: &str = "holdfast_session";
/// What binds a sign-in link to the browser that asked.
pub const BROWSER: &str = "holdfast_browser";
/// Where to go on after signing in.
pub const BACK: &str = "holdfast_back";
/// A language chosen in this browser.
pub const LANG: &str = "holdfast_lang";
/// What the last writes of this browser were, so that the next page shows them.
pub const AFTER: &str = "holdfast_after";
/// What the next page says on top.
pub const SAID: &str = "holdfast_said";
/// Which record was open last.
pub const OPEN: &str = "holdfast_open";

/// By which a browser is known again when somebody signs in.
pub const DEVICE: &str = "holdfast_device";
/// A second factor was not to be set up yet in this browser.
pub const FACTOR_LATER: &str = "holdfast_factor_later";

/// The name was not to be asked for again in this browser.
pub const NAME_LATER: &str = "holdfast_name_later";

/// Longest value that is looked at.
const VALUE_BYTES_MAX: usize = 2048;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    pub name: &'static str,
    pub value: String,
    path: &'static str,
    same_site: &'static str,
    /// None: until the browser closes.
    max_age_seconds: Option<u32>,
}

impl Cookie {
    /// Kept until the browser closes.
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), path: "/", same_site: "Strict", max_age_seconds: None }
    }

    #[must_use]
    pub fn lasting(mut self, seconds: u32) -> Self {
        self.max_age_seconds = Some(seconds);
        self
    }

    /// Sent along when a link in a mail opens the sign-in page, and nowhere else.
    #[must_use]
    pub fn of_sign_in(mut self) -> Self {
        self.path = "/sign-in";
        self.same_site = "Lax";
        self
    }

    pub fn gone(name: &'static str) -> Self {
        Self::new(name, "").lasting(0)
    }

    /// None when the value holds what a cookie cannot.
    pub(crate) fn header(&self, secure: bool) -> Option<HeaderValue> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'"' | b'\\');
        if !self.value.bytes().all(plain) {
            return None;
        }
        let mut text = format!(
            "{}={}; Path={}; HttpOnly; SameSite={}",
            self.name, self.value, self.path, self.same_site
        );
        if let Some(seconds) = self.max_age_seconds {
            text.push_str(&format!("; Max-Age={seconds}"));
        }
        if secure {
            text.push_str("; Secure");
        }
        HeaderValue::try_from(text).ok()
    }
}

/// The value of a cookie of the request; what is empty or too long counts as none.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty() && value.len() <= VALUE_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_closed_to_scripts_and_other_sites_and_to_plain_lines_where_there_are_others() {
        let cookie = Cookie::new(SESSION, "s3cret").lasting(60);
        let header = |secure| cookie.header(secure).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header(false), "holdfast_session=s3cret; Path=/; HttpOnly; SameSite=Strict; Max-Age=60");
        assert!(header(true).ends_with("; Secure"));
    }

    #[test]
    fn a_value_cannot_bring_attributes_of_its_own() {
        for value in ["a; Path=/", "a\r\nSet-Cookie: b=c", "a b", "é"] {
            assert_eq!(Cookie::new(BACK, value).header(true), None, "{value}");
        }
    }

    #[test]
    fn one_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; holdfast_lang=es"));
        headers.append(header::COOKIE, HeaderValue::from_static("holdfast_session=x=y; holdfast_back="));
        assert_eq!(read(&headers, LANG), Some("es"));
        assert_eq!(read(&headers, SESSION), Some("x=y"));
        assert_eq!(read(&headers, BACK), None);
        assert_eq!(read(&headers, "lang"), None);
    }
}
