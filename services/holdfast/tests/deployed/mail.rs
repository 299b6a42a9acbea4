//! A mail server that takes every mail, and shows it.
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

pub(crate) struct Mails {
    pub(crate) port: u16,
    taken: mpsc::UnboundedReceiver<String>,
}

impl Mails {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (take, taken) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(receive(connection, take.clone()));
            }
        });
        Self { port, taken }
    }

    /// The path of the sign-in link in the next mail.
    pub(crate) async fn link(&mut self) -> String {
        let mail = self.taken.recv().await.unwrap();
        let link =
            mail.lines().find_map(|line| line.split_once("/sign-in/")).unwrap_or_else(|| panic!("{mail}"));
        format!("/sign-in/{}", link.1.trim())
    }
}

/// As RFC 5321 has it. `None` when the client is gone.
async fn receive(mut connection: TcpStream, take: mpsc::UnboundedSender<String>) -> Option<()> {
    let (read, mut write) = connection.split();
    let mut lines = BufReader::new(read).lines();
    let mut content = None;
    write.write_all(b"220 mail.example ESMTP\r\n").await.ok()?;
    loop {
        let line = lines.next_line().await.ok()??;
        let answer = match (&mut content, line.split(' ').next()?) {
            (Some(_), ".") => {
                take.send(content.take()?).ok()?;
                "250 taken\r\n"
            }
            (Some(mail), _) => {
                mail.push_str(&line);
                mail.push('\n');
                continue;
            }
            (None, "EHLO") => "250-mail.example\r\n250 8BITMIME\r\n",
            (None, "DATA") => {
                content = Some(String::new());
                "354 go on\r\n"
            }
            (None, "QUIT") => "221 bye\r\n",
            (None, _) => "250 fine\r\n",
        };
        write.write_all(answer.as_bytes()).await.ok()?;
    }
}
