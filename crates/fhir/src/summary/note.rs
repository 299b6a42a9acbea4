//! The text of a note: decoded where it travels as base64, stripped of markup where it is a narrative.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::Json;

/// A longer text is cut at a character; the whole stays in the stored resource.
const TEXT_BYTES_MAX: usize = 256 * 1024;

pub(super) fn text_of(resource: &Json<'_>) -> Option<String> {
    let attachments = resource.each("content").filter_map(|content| content.get("attachment"));
    let mut attached = attachments.chain(resource.each("presentedForm"));
    attached
        .find_map(decoded)
        .or_else(|| sections(resource))
        .or_else(|| notes(resource))
        .map(|text| cut(&text))
}

fn decoded(attachment: &Json<'_>) -> Option<String> {
    if !attachment.text_at("contentType")?.starts_with("text/plain") {
        return None;
    }
    let data: String = attachment.text_at("data")?.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let text = String::from_utf8(STANDARD.decode(data).ok()?).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn sections(resource: &Json<'_>) -> Option<String> {
    let read = |section: &Json<'_>| {
        let body = section.get("text").and_then(|text| text.text_at("div")).map(without_markup)?;
        Some(match section.text_at("title") {
            Some(title) => format!("{title}\n{body}"),
            None => body,
        })
    };
    let all: Vec<String> = resource.each("section").filter_map(read).collect();
    (!all.is_empty()).then(|| all.join("\n\n"))
}

fn notes(resource: &Json<'_>) -> Option<String> {
    let all: Vec<&str> = resource.each("note").filter_map(|note| note.text_at("text")).collect();
    let summary = resource.text_at("summary");
    let parts: Vec<&str> = summary.into_iter().chain(all).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// The words of an XHTML narrative; blocks become lines.
pub(super) fn without_markup(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let (tag, behind) = after.split_once('>').unwrap_or((after, ""));
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if matches!(name, "br" | "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" | "table" | "ul" | "ol") {
            out.push('\n');
        } else if matches!(name, "td" | "th") {
            out.push(' ');
        }
        rest = behind;
    }
    out.push_str(rest);
    let plain = out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#160;", " ");
    let plain = plain.replace("&nbsp;", " ").replace("&amp;", "&");
    let lines = plain.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_becomes_lines() {
        let html = "<div xmlns=\"x\">Plan<br/><ul><li>walk &amp; rest</li><li>read</li></ul></div>";
        assert_eq!(super::without_markup(html), "Plan\nwalk & rest\nread");
    }
}
