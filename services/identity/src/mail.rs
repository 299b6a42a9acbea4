//! Outgoing mail: by SMTP where a server is configured, else into a folder, one file per mail.
use crate::{letter::Letter, secret::Email};
use holdfast_types::Ids;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::AddressError,
    message::{Body, Mailbox, header::ContentTransferEncoding, header::ContentType},
};
use secrecy::{ExposeSecret, SecretString};
use std::{io, path::PathBuf, sync::Arc, time::Duration};
use tokio::io::AsyncWriteExt as _;

/// Shorter than a caller's patience.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Hears of each mail with a link that is put into the folder: the file and the link. For `up` alone, whose user reads the terminal
/// instead of a mailbox.
pub type Announce = Arc<dyn Fn(&std::path::Path, &str) + Send + Sync>;

/// Without what the mail server said: servers like to repeat the address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailError {
    #[error("the mail server's URL is not a sound smtp:// or smtps:// URL")]
    Url,
    #[error("the mail cannot be put together")]
    Compose(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the mail server answered with status {status}")]
    Refused { status: u16 },
    #[error("the mail server cannot be reached, or not as its URL asks")]
    Unreachable,
    #[error("the mail folder cannot be written")]
    Folder(#[source] io::Error),
}

pub(crate) struct Outbox {
    from: Mailbox,
    way: Way,
}

enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder { dir: PathBuf, ids: Arc<dyn Ids>, announce: Option<Announce> },
}

impl Outbox {
    /// `smtp://host:port?tls=required`, `smtps://user:password@host`: what a URL does not say, it does not do.
    pub(crate) fn smtp(from: Mailbox, url: &SecretString) -> Result<Self, MailError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            .map_err(|_| MailError::Url)?
            .timeout(Some(SEND_TIMEOUT))
            .build();
        Ok(Self { from, way: Way::Smtp(transport) })
    }

    pub(crate) const fn folder(
        from: Mailbox,
        dir: PathBuf,
        ids: Arc<dyn Ids>,
        announce: Option<Announce>,
    ) -> Self {
        Self { from, way: Way::Folder { dir, ids, announce } }
    }

    pub(crate) async fn send(&self, to: &Email, letter: &Letter) -> Result<(), MailError> {
        let message = self.compose(to, letter)?;
        match &self.way {
            Way::Smtp(transport) => match tokio::time::timeout(SEND_TIMEOUT, transport.send(message)).await {
                Ok(sent) => sent.map(|_| ()).map_err(|error| match error.status() {
                    Some(code) => MailError::Refused { status: code.into() },
                    None => MailError::Unreachable,
                }),
                Err(_) => Err(MailError::Unreachable),
            },
            Way::Folder { dir, ids, announce } => {
                let path = dir.join(format!("{}.eml", ids.next()));
                write(dir, &path, &message.formatted()).await.map_err(MailError::Folder)?;
                if let (Some(announce), Some(link)) = (announce, letter.link()) {
                    announce(&path, link);
                }
                Ok(())
            }
        }
    }

    fn compose(&self, to: &Email, letter: &Letter) -> Result<Message, MailError> {
        let to: Mailbox =
            to.as_str().parse().map_err(|error: AddressError| MailError::Compose(error.into()))?;
        let builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject())
            .header(ContentType::TEXT_PLAIN);
        let message = match &self.way {
            Way::Smtp(_) => builder.body(letter.text()),
            // Who opens the file finds the link in one piece.
            Way::Folder { .. } => Body::new_with_encoding(letter.text(), ContentTransferEncoding::EightBit)
                .map_or_else(|text| builder.clone().body(text), |body| builder.clone().body(body)),
        };
        message.map_err(|error| MailError::Compose(error.into()))
    }
}

/// Whole or not at all, for its owner only: whoever watches the folder never sees half a mail.
async fn write(dir: &std::path::Path, path: &std::path::Path, bytes: &[u8]) -> io::Result<()> {
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).await?;
    let part = path.with_extension("part");
    let mut file = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    tokio::fs::rename(&part, path).await
}

#[cfg(test)]
mod tests;
