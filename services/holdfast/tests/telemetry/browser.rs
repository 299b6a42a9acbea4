//! As much of a browser as a form needs: one request per connection, cookies, hidden fields.
#![allow(dead_code, reason = "each test uses a part of it")]
use std::{collections::BTreeMap, fmt::Write as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use url::{Url, form_urlencoded};

const BOUNDARY: &str = "a-line-that-stands-in-no-file";

pub(crate) struct Browser {
    site: Url,
    cookies: BTreeMap<String, String>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
    /// When to ask again, in seconds, where the answer says it.
    pub(crate) again: String,
    pub(crate) text: String,
}

/// A file of a form: field, file name, media type, content.
pub(crate) type File<'a> = (&'a str, &'a str, &'a str, &'a [u8]);

impl Browser {
    pub(crate) fn new(site: Url) -> Self {
        Self { site, cookies: BTreeMap::new() }
    }

    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.cookies.values().map(String::as_str)
    }

    /// The pages' language from now on.
    pub(crate) fn speak(&mut self, lang: &str) {
        self.cookies.insert("holdfast_lang".to_owned(), lang.to_owned());
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "text/plain", b"").await
    }

    /// Fills in the form that stands on `page`, and sends it to `path`.
    pub(crate) async fn post(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let id = self.request_id(page).await;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("request_id", &id)
            .extend_pairs(fields)
            .finish();
        self.ask("POST", path, "application/x-www-form-urlencoded", form.as_bytes()).await
    }

    /// The same with a file.
    pub(crate) async fn send(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: File<'_>,
    ) -> Answer {
        let id = self.request_id(page).await;
        let mut form = String::new();
        for (name, value) in fields.iter().chain(&[("request_id", id.as_str())]) {
            let head = format!("Content-Disposition: form-data; name=\"{name}\"");
            write!(form, "--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n").unwrap();
        }
        let (name, file_name, media_type, content) = file;
        let head = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"");
        write!(form, "--{BOUNDARY}\r\n{head}\r\nContent-Type: {media_type}\r\n\r\n").unwrap();
        let body = [form.as_bytes(), content, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
        self.ask("POST", path, &format!("multipart/form-data; boundary={BOUNDARY}"), &body).await
    }

    async fn request_id(&mut self, page: &str) -> String {
        let shown = self.get(page).await;
        assert_eq!(shown.status, 200, "{page}");
        let (_, rest) = shown.text.split_once("name=\"request_id\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    async fn ask(&mut self, method: &str, path: &str, media_type: &str, body: &[u8]) -> Answer {
        let host = self.site.socket_addrs(|| None).unwrap();
        let mut stream = TcpStream::connect(&*host).await.unwrap();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nCookie: {}\r\n\r\n",
            self.site.authority(),
            body.len(),
            cookies.join("; "),
        );
        stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let (mut location, mut again) = (String::new(), String::new());
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            if name.eq_ignore_ascii_case("location") {
                value.clone_into(&mut location);
            }
            if name.eq_ignore_ascii_case("retry-after") {
                value.clone_into(&mut again);
            }
            if name.eq_ignore_ascii_case("set-cookie") {
                let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.cookies.retain(|_, value| !value.is_empty());
        Answer { status, location, again, text: text.to_owned() }
    }
}
