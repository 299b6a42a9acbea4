//! What content shows itself to be.
use super::*;
use proptest::prelude::*;

fn found(content: &[u8]) -> Option<MediaType> {
    let mut look = Look::default();
    look.at(content);
    look.found()
}

#[test]
fn a_kind_is_written_as_it_is_stored_and_read() {
    for name in ["application/pdf", "image/heic", "audio/mp4", "text/csv", "application/xml"] {
        let kind: MediaType = name.parse().unwrap();
        assert_eq!((kind.as_str(), serde_json::to_string(&kind).unwrap()), (name, format!("\"{name}\"")));
    }
    assert_eq!("Text/Plain; charset=utf-8".parse(), Ok(MediaType::PlainText));
    assert_eq!("image/jpg".parse(), Ok(MediaType::Jpeg));
    assert_eq!("text/html".parse::<MediaType>(), Err(NotTaken));
}

#[test]
fn content_shows_its_kind() {
    let zip = |name: &str| {
        [b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".as_slice(), &[0; 12], name.as_bytes(), &[0; 40]].concat()
    };
    let container = |brand: &[u8; 4]| [b"\0\0\0\x18ftyp".as_slice(), brand, &[0; 16]].concat();
    for (content, kind) in [
        (b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec(), Some(MediaType::Pdf)),
        (b"%PDF-1.4\nplain\n".to_vec(), Some(MediaType::Pdf)),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), Some(MediaType::Png)),
        (b"\xFF\xD8\xFF\xE0\0\x10JFIF".to_vec(), Some(MediaType::Jpeg)),
        (b"GIF89a\x01\0\x01\0".to_vec(), Some(MediaType::Gif)),
        (b"RIFF\x10\0\0\0WEBPVP8 \0".to_vec(), Some(MediaType::Webp)),
        (b"II*\0\x08\0\0\0\0\0\0\0".to_vec(), Some(MediaType::Tiff)),
        (b"ID3\x04\0\0\0\0".to_vec(), Some(MediaType::Mp3)),
        (b"\x1A\x45\xDF\xA3\0\0\0\0".to_vec(), Some(MediaType::Webm)),
        (container(b"heic"), Some(MediaType::Heic)),
        (container(b"isom"), Some(MediaType::Mp4)),
        (container(b"qt  "), Some(MediaType::QuickTime)),
        (container(b"M4A "), Some(MediaType::M4a)),
        (zip("word/document.xml"), Some(MediaType::Docx)),
        (zip("xl/workbook.xml"), Some(MediaType::Xlsx)),
        (zip("evil.exe"), None),
        (b"\xEF\xBB\xBF<?xml version=\"1.0\"?><a/>".to_vec(), Some(MediaType::Xml)),
        (b"<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>".to_vec(), Some(MediaType::Xml)),
        (b"{\\rtf1\\ansi}".to_vec(), Some(MediaType::Rtf)),
        ("Élan de la séance\r\n\tbien\n".as_bytes().to_vec(), Some(MediaType::PlainText)),
        (b"BMI was discussed; MZ and GIF are letters.".to_vec(), Some(MediaType::PlainText)),
        (b"MZ\x90\0\x03\0\0\0".to_vec(), None),
        (b"BM\0\0\0\0\0".to_vec(), None),
        (b"<html><script>alert(1)</script>".to_vec(), None),
        (b"#!/bin/sh\nrm -rf /\n".to_vec(), None),
        (b"latin \xE9\xE8".to_vec(), None),
        (b"null\0byte".to_vec(), None),
        (b"cut in a character \xC3".to_vec(), None),
    ] {
        let shown = content.get(..16).unwrap_or(&content);
        assert_eq!(found(&content), kind, "{:?}", String::from_utf8_lossy(shown));
    }
}

#[test]
fn what_was_said_and_what_is_there_agree_or_not() {
    assert_eq!(MediaType::Csv.found_as(MediaType::PlainText), Some(MediaType::Csv));
    assert_eq!(MediaType::M4a.found_as(MediaType::Mp4), Some(MediaType::M4a));
    assert_eq!(MediaType::PlainText.found_as(MediaType::Xml), None);
    assert_eq!(MediaType::Png.found_as(MediaType::Jpeg), None);
    assert_eq!(MediaType::Png.found_as(MediaType::Png), Some(MediaType::Png));
}

proptest! {
    #[test]
    fn a_text_is_a_text_wherever_it_is_cut(text in "[a-zé語😀 ,\n]{1,60}", cut in 0usize..60) {
        let bytes = text.as_bytes();
        let (first, second) = bytes.split_at(cut.min(bytes.len()).max(1));
        let mut look = Look::default();
        look.at(first);
        look.at(second);
        prop_assert_eq!(look.found(), Some(MediaType::PlainText));
    }

    #[test]
    fn no_content_is_too_strange_to_be_looked_at(content in proptest::collection::vec(any::<u8>(), 0..400), like in 0usize..4) {
        let head: &[u8] = [&b""[..], b"PK\x03\x04", b"\0\0\0\x18ftyp", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"][like];
        let _ = found(&[head, &content].concat());
    }
}
