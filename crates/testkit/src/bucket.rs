//! A server that speaks S3, with one bucket: `moto_server` on the path, which `make test` brings.
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
};

/// Gone with its server when it is dropped.
pub struct Bucket {
    port: u16,
    name: &'static str,
    server: Child,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Bucket {
    /// None, said aloud, where there is no such server; where HOLDFAST_TEST_S3 is set there must be one.
    pub fn start(name: &'static str) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("PYTHONUNBUFFERED", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut server) = server else {
            assert!(std::env::var_os("HOLDFAST_TEST_S3").is_none(), "there is no `moto_server` on the path");
            // Not by `eprintln!`: the test harness shows that of failing tests alone.
            let said = b"\nskipped: there is no `moto_server` on the path, so nothing is shown on S3\n";
            std::io::stderr().write_all(said).unwrap();
            return None;
        };
        let mut said = BufReader::new(server.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("Running on") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "the server for S3 ended by itself");
        }
        // It says a line for each request, and must never wait for a reader.
        thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let bucket = Self { port, name, server };
        bucket.ask("PUT", &format!("/{name}"));
        Some(bucket)
    }

    /// What the usual variables say of it.
    pub fn variables(&self) -> [(String, String); 4] {
        [
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "key".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    /// Objects in it, up to a thousand.
    pub fn objects(&self) -> usize {
        self.ask("GET", &format!("/{}?list-type=2", self.name)).matches("<Key>").count()
    }

    /// From now on anybody reads what lies in it, and lists nothing.
    pub fn publish(&self) {
        let name = self.name;
        let may = format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{name}/*"}}"#
        );
        let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{may}]}}"#);
        self.send("PUT", &format!("/{name}?policy"), &policy);
    }

    fn ask(&self, method: &str, path: &str) -> String {
        self.send(method, path, "")
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len(),
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
        answer
    }
}
