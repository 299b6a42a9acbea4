//! Kinds of files that are taken, and how their content shows which one it is.
use serde::{Deserialize, Serialize};
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaType {
    #[serde(rename = "application/pdf")]
    Pdf,
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/heic")]
    Heic,
    #[serde(rename = "image/webp")]
    Webp,
    #[serde(rename = "image/gif")]
    Gif,
    #[serde(rename = "image/tiff")]
    Tiff,
    #[serde(rename = "video/mp4")]
    Mp4,
    #[serde(rename = "video/quicktime")]
    QuickTime,
    #[serde(rename = "video/webm")]
    Webm,
    #[serde(rename = "audio/mp4")]
    M4a,
    #[serde(rename = "audio/mpeg")]
    Mp3,
    #[serde(rename = "text/plain")]
    PlainText,
    #[serde(rename = "text/csv")]
    Csv,
    #[serde(rename = "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    Docx,
    #[serde(rename = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    Xlsx,
    /// Among them C-CDA documents.
    #[serde(rename = "application/xml")]
    Xml,
    #[serde(rename = "application/rtf")]
    Rtf,
}

/// A kind that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("files of this kind are not taken")]
pub struct NotTaken;

impl MediaType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Heic => "image/heic",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::Webm => "video/webm",
            Self::M4a => "audio/mp4",
            Self::Mp3 => "audio/mpeg",
            Self::PlainText => "text/plain",
            Self::Csv => "text/csv",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Xml => "application/xml",
            Self::Rtf => "application/rtf",
        }
    }

    /// The kind of something that was said to be `self` and shows `content`; None where they contradict each other.
    pub fn found_as(self, content: Self) -> Option<Self> {
        match (self, content) {
            // Nothing in a text says that it is a table, and recorders put sound into the container of films.
            (Self::Csv, Self::PlainText) | (Self::M4a, Self::Mp4) => Some(self),
            (said, content) => (said == content).then_some(content),
        }
    }
}

/// As senders write it: parameters are left out, and usual other names understood.
impl FromStr for MediaType {
    type Err = NotTaken;

    fn from_str(text: &str) -> Result<Self, NotTaken> {
        let name = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            "application/pdf" => Ok(Self::Pdf),
            "image/png" => Ok(Self::Png),
            "image/jpeg" | "image/jpg" => Ok(Self::Jpeg),
            "image/heic" | "image/heif" => Ok(Self::Heic),
            "image/webp" => Ok(Self::Webp),
            "image/gif" => Ok(Self::Gif),
            "image/tiff" => Ok(Self::Tiff),
            "video/mp4" | "video/x-m4v" => Ok(Self::Mp4),
            "video/quicktime" => Ok(Self::QuickTime),
            "video/webm" => Ok(Self::Webm),
            "audio/mp4" | "audio/m4a" | "audio/x-m4a" => Ok(Self::M4a),
            "audio/mpeg" | "audio/mp3" => Ok(Self::Mp3),
            "text/plain" => Ok(Self::PlainText),
            "text/csv" => Ok(Self::Csv),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Ok(Self::Docx),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Ok(Self::Xlsx),
            "application/xml" | "text/xml" => Ok(Self::Xml),
            "application/rtf" | "text/rtf" => Ok(Self::Rtf),
            _ => Err(NotTaken),
        }
    }
}

/// Looks at content part by part.
#[derive(Debug, Default)]
pub struct Look {
    begun: bool,
    magic: Option<&'static str>,
    office: Option<MediaType>,
    /// The beginning of a character whose end is in the next part.
    rest: Vec<u8>,
    not_text: bool,
}

impl Look {
    pub fn at(&mut self, part: &[u8]) {
        if !self.begun {
            self.begun = true;
            self.magic = magic(part);
            self.office = office(part);
        }
        if !self.not_text {
            let mut text = std::mem::take(&mut self.rest);
            text.extend_from_slice(part);
            match rest_of_text(&text) {
                Some(rest) => self.rest = rest.to_vec(),
                None => self.not_text = true,
            }
        }
    }

    /// What all of it is.
    pub fn found(&self) -> Option<MediaType> {
        let is_text = self.begun && !self.not_text && self.rest.is_empty();
        match self.magic {
            // These are texts by themselves.
            Some("text/html" | "text/x-shellscript") => None,
            Some("text/xml") => Some(MediaType::Xml),
            Some("application/rtf") => Some(MediaType::Rtf),
            Some("application/pdf") => Some(MediaType::Pdf),
            // Otherwise a note that happens to begin like some picture or program is still a note.
            _ if is_text => Some(MediaType::PlainText),
            Some("application/zip" | "application/vnd.openxmlformats-officedocument") => self.office,
            Some("image/heif") => Some(MediaType::Heic),
            Some("audio/m4a") => Some(MediaType::M4a),
            Some(magic) => magic.parse().ok(),
            None => self.office,
        }
    }
}

fn magic(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    if head.trim_ascii_start().starts_with(b"<ClinicalDocument") {
        return Some("text/xml");
    }
    infer::get(head).map(|found| found.mime_type())
}

/// A ZIP archive that names the main part of an office document (ECMA-376 part 2) near its beginning.
fn office(head: &[u8]) -> Option<MediaType> {
    let names = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    if !head.starts_with(b"PK\x03\x04") {
        None
    } else if names(b"word/document.xml") {
        Some(MediaType::Docx)
    } else if names(b"xl/workbook.xml") {
        Some(MediaType::Xlsx)
    } else {
        None
    }
}

/// What is left after whole characters of UTF-8 text; None where it is no text.
fn rest_of_text(bytes: &[u8]) -> Option<&[u8]> {
    let (text, rest) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, &[][..]),
        Err(error) if error.error_len().is_none() => {
            let (whole, rest) = bytes.split_at_checked(error.valid_up_to())?;
            (std::str::from_utf8(whole).ok()?, rest)
        }
        Err(_) => return None,
    };
    let control =
        |character: char| character.is_control() && !matches!(character, '\t' | '\n' | '\r' | '\u{c}');
    (!text.chars().any(control)).then_some(rest)
}

#[cfg(test)]
mod tests;
