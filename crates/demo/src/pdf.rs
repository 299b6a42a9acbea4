//! A small valid PDF: one or more pages of text, no images, no compression, Latin-1 letters.

const LINES_PER_PAGE: usize = 46;
const COLUMNS: usize = 84;

/// `footer` stands on every page.
pub(crate) fn page(title: &str, footer: &str, paragraphs: &[String]) -> Vec<u8> {
    let lines: Vec<String> = paragraphs.iter().flat_map(|paragraph| wrap(paragraph)).collect();
    let pages: Vec<&[String]> =
        if lines.is_empty() { vec![&[]] } else { lines.chunks(LINES_PER_PAGE).collect() };
    // 1 catalogue, 2 page tree, 3 and 4 fonts, then a page and its content by turns.
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 5 + 2 * n)).collect();
    let mut objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()).into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>".to_vec(),
    ];
    for (n, lines) in pages.iter().enumerate() {
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {} 0 R >>",
                6 + 2 * n
            )
            .into_bytes(),
        );
        let body = content(if n == 0 { title } else { "" }, footer, lines);
        let mut stream = format!("<< /Length {} >>\nstream\n", body.len()).into_bytes();
        stream.extend_from_slice(&body);
        stream.extend_from_slice(b"\nendstream");
        objects.push(stream);
    }
    assemble(&objects)
}

fn content(title: &str, footer: &str, lines: &[String]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut show = |font: &str, x: i32, y: i32, text: &str| {
        out.extend_from_slice(format!("BT /{font} Tf {x} {y} Td (").as_bytes());
        out.extend_from_slice(&escaped(text));
        out.extend_from_slice(b") Tj ET\n");
    };
    if !title.is_empty() {
        show("F2 15", 60, 730, title);
    }
    let mut y = 700;
    for line in lines {
        show("F1 10.5", 60, y, line);
        y -= 14;
    }
    show("F2 8.5", 60, 30, footer);
    out
}

fn assemble(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n", n + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let table = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes());
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(
        format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1)
            .as_bytes(),
    );
    out
}

/// Latin-1, with the letters that end a PDF string escaped; dashes and quotes that Latin-1 lacks become plain.
fn escaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for letter in text.chars() {
        match letter {
            '(' | ')' | '\\' => out.extend_from_slice(&[b'\\', letter as u8]),
            '–' | '—' | '−' => out.push(b'-'),
            '’' => out.push(b'\''),
            letter => out.push(u8::try_from(u32::from(letter)).unwrap_or(b'?')),
        }
    }
    out
}

fn wrap(paragraph: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < COLUMNS => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
