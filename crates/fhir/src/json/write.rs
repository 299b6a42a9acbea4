//! The canonical bytes: names in byte order, no space, only what must be escaped is, numbers as they were written.
use super::Json;

impl Json<'_> {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        write(self, &mut out);
        out
    }
}

fn write(json: &Json<'_>, out: &mut Vec<u8>) {
    match json {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(true) => out.extend_from_slice(b"true"),
        Json::Bool(false) => out.extend_from_slice(b"false"),
        Json::Number(text) => out.extend_from_slice(text.as_bytes()),
        Json::Text(text) => write_text(text, out),
        Json::List(members) => {
            out.push(b'[');
            for (position, member) in members.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write(member, out);
            }
            out.push(b']');
        }
        Json::Object(object) => {
            out.push(b'{');
            for (position, (name, value)) in object.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write_text(name, out);
                out.push(b':');
                write(value, out);
            }
            out.push(b'}');
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    // Runs that need no escape are copied whole: texts are most of a bundle.
    for run in text.as_bytes().split_inclusive(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
        match run.split_last() {
            Some((last @ (b'"' | b'\\' | 0..0x20), plain)) => {
                out.extend_from_slice(plain);
                write_escaped(*last, out);
            }
            _ => out.extend_from_slice(run),
        }
    }
    out.push(b'"');
}

fn write_escaped(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        other => out.extend_from_slice(format!("\\u{other:04x}").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use proptest::prelude::*;

    #[test]
    fn decimals_keep_their_zeros_and_names_are_sorted() {
        let json = parse(r#" { "b" : [1.50, -0.0, 1e-3, 12345678901234567890.10], "a": "x\u00e9\"\n" } "#, 8)
            .unwrap();
        let written = String::from_utf8(json.to_bytes()).unwrap();
        assert_eq!(written, r#"{"a":"xé\"\n","b":[1.50,-0.0,1e-3,12345678901234567890.10]}"#);
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..8)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(value in any_json()) {
            let text = serde_json::to_string_pretty(&value).unwrap();
            let written = parse(&text, 64).unwrap().to_bytes();
            prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&written).unwrap(), value);
        }

        #[test]
        fn it_accepts_what_another_parser_accepts(text in r#"[\[\]{}",:0-9.eE+\-tfn\\u a-f]{0,24}"#) {
            // Beyond f64 the other parser refuses a number that JSON allows.
            prop_assume!(!text.contains(['e', 'E']));
            let ours = parse(&text, 64);
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            if !matches!(ours, Err(crate::json::parse::Fault { kind: crate::json::FaultKind::DuplicateName, .. })) {
                prop_assert_eq!(ours.is_ok(), theirs.is_ok());
            }
        }
    }
}
