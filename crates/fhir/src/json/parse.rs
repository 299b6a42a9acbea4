//! From text to tree (RFC 8259), with the byte at which it stops being JSON.
use std::borrow::Cow;

use super::{Json, Object};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) byte: usize,
    pub(crate) kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Expected(&'static str),
    TooDeep,
    DuplicateName,
}

pub(crate) fn parse(text: &str, depth_max: usize) -> Result<Json<'_>, Fault> {
    let mut parser = Parser { text, at: 0, depth: 0, depth_max, pairs: Vec::new(), members: Vec::new() };
    let value = parser.value()?;
    parser.skip_space();
    if parser.at == text.len() { Ok(value) } else { Err(parser.expected("the end of the file")) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    depth_max: usize,
    /// Of the objects and lists that are still open, the innermost last: each is taken out as long as it is.
    pairs: Vec<(Cow<'a, str>, Json<'a>)>,
    members: Vec<Json<'a>>,
}

impl<'a> Parser<'a> {
    fn value(&mut self) -> Result<Json<'a>, Fault> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err(self.expected("a value")),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Json<'a>, Fault>) -> Result<Json<'a>, Fault> {
        if self.depth == self.depth_max {
            return Err(Fault { byte: self.at, kind: FaultKind::TooDeep });
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Json<'a>, Fault> {
        let first = self.pairs.len();
        self.skip_space();
        if !self.take(b'}') {
            loop {
                self.skip_space();
                if self.peek() != Some(b'"') {
                    return Err(self.expected("a property name"));
                }
                let name = self.string()?;
                self.skip_space();
                if !self.take(b':') {
                    return Err(self.expected("a colon"));
                }
                let value = self.value()?;
                self.pairs.push((name, value));
                self.skip_space();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.expected("a comma or a closing brace"));
                }
            }
        }
        Object::from_pairs(self.pairs.split_off(first))
            .map(Json::Object)
            .ok_or(Fault { byte: self.at, kind: FaultKind::DuplicateName })
    }

    fn list(&mut self) -> Result<Json<'a>, Fault> {
        let first = self.members.len();
        self.skip_space();
        if self.take(b']') {
            return Ok(Json::List(Vec::new()));
        }
        loop {
            let member = self.value()?;
            self.members.push(member);
            self.skip_space();
            if self.take(b']') {
                return Ok(Json::List(self.members.split_off(first)));
            }
            if !self.take(b',') {
                return Err(self.expected("a comma or a closing bracket"));
            }
        }
    }

    /// Borrowed when nothing in it is escaped, which is nearly always.
    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.at += 1;
        let mut unescaped = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(length) = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20)
            else {
                self.at = self.text.len();
                return Err(self.expected("a closing quotation mark"));
            };
            let plain = rest.get(..length).unwrap_or_default();
            self.at += length;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    if unescaped.is_empty() {
                        return Ok(Cow::Borrowed(plain));
                    }
                    unescaped.push_str(plain);
                    return Ok(Cow::Owned(unescaped));
                }
                Some(b'\\') => {
                    unescaped.push_str(plain);
                    self.at += 1;
                    unescaped.push(self.escaped()?);
                }
                _ => return Err(self.expected("no bare control character in a text")),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Fault> {
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.escaped_unit(),
            _ => return Err(self.expected("an escape that JSON knows")),
        };
        self.at += 1;
        Ok(plain)
    }

    fn escaped_unit(&mut self) -> Result<char, Fault> {
        let high = self.hex_unit()?;
        let code = match high {
            0xD800..=0xDBFF => {
                if !self.take(b'\\') || self.peek() != Some(b'u') {
                    return Err(self.expected("the second half of a surrogate pair"));
                }
                match self.hex_unit()? {
                    low @ 0xDC00..=0xDFFF => 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00),
                    _ => return Err(self.expected("the second half of a surrogate pair")),
                }
            }
            code => code,
        };
        char::from_u32(code).ok_or(self.expected("a character that exists"))
    }

    /// Standing on the `u`.
    fn hex_unit(&mut self) -> Result<u32, Fault> {
        let digits =
            self.text.get(self.at + 1..self.at + 5).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or(self.expected("four hexadecimal digits"))?;
        self.at += 5;
        Ok(unit)
    }

    fn number(&mut self) -> Result<Json<'a>, Fault> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return Err(self.expected("a digit"));
        }
        if self.take(b'.') && self.digits() == 0 {
            return Err(self.expected("a digit after the point"));
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(self.expected("a digit in the exponent"));
            }
        }
        Ok(Json::Number(Cow::Borrowed(self.text.get(start..self.at).unwrap_or_default())))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self, word: &'static str, value: Json<'a>) -> Result<Json<'a>, Fault> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.expected("true, false or null"))
        }
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    const fn expected(&self, what: &'static str) -> Fault {
        Fault { byte: self.at, kind: FaultKind::Expected(what) }
    }
}
