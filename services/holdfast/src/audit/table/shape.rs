//! What a row of the table is: every field of a line of JSON, and each line taken apart into the values and levels of its columns
//! (definition and repetition, as the Parquet format has them).
use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use parquet::data_type::ByteArray;
use serde_json::Value;
use std::fmt::Write as _;

pub(super) enum Kind {
    Text,
    Number,
    /// RFC 3339 in a line, microseconds in a column.
    Moment,
    Texts,
    /// `{id, revision}` each.
    Versions,
    Group(&'static [Field]),
}

pub(super) struct Field {
    name: &'static str,
    kind: Kind,
    /// A line leaves it out where it says nothing.
    optional: bool,
}

const fn always(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, optional: false }
}

const fn sometimes(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, optional: true }
}

/// As `Told` writes an entry.
pub(super) const ENTRY: &[Field] = &[
    always("event_id", Kind::Text),
    always("service", Kind::Text),
    always("lane", Kind::Number),
    always("lane_seq", Kind::Number),
    always("kind", Kind::Text),
    always("type", Kind::Text),
    always("stream", Kind::Text),
    always("actor", Kind::Text),
    sometimes("on_behalf_of", Kind::Text),
    sometimes("patient_id", Kind::Text),
    always("tenant_id", Kind::Text),
    always("purpose", Kind::Text),
    sometimes("occurred_time", Kind::Moment),
    sometimes("recorded_time", Kind::Moment),
    sometimes("category", Kind::Text),
    always("correlation_id", Kind::Text),
    always("leaf_hash", Kind::Text),
    sometimes("rule_ids", Kind::Texts),
    sometimes("grants", Kind::Versions),
    sometimes("access", Kind::Group(ACCESS)),
    sometimes("door_refused", Kind::Group(DOOR_REFUSED)),
];

const ACCESS: &[Field] = &[
    always("operation", Kind::Text),
    always("outcome", Kind::Text),
    always("account_id", Kind::Text),
    sometimes("session_id", Kind::Text),
    always("roles", Kind::Texts),
    sometimes("patient_id", Kind::Text),
    sometimes("relationship", Kind::Text),
    sometimes("action", Kind::Text),
    always("categories", Kind::Texts),
    always("permitted_categories", Kind::Texts),
    sometimes("purpose", Kind::Text),
    sometimes("refusal_reason", Kind::Text),
    always("rule_ids", Kind::Texts),
    always("grants", Kind::Versions),
    always("policy_digest", Kind::Text),
    sometimes("consent_age_ms", Kind::Number),
    sometimes("consent_seq", Kind::Number),
    sometimes("decided_time", Kind::Moment),
    always("returned", Kind::Versions),
];

const DOOR_REFUSED: &[Field] = &[
    always("reason", Kind::Text),
    always("count", Kind::Number),
    sometimes("from_time", Kind::Moment),
    sometimes("until_time", Kind::Moment),
];

/// The schema in Parquet's own words.
pub(super) fn schema() -> String {
    let mut text = "message entry {\n".to_owned();
    written(ENTRY, &mut text);
    text.push('}');
    text
}

fn written(fields: &[Field], text: &mut String) {
    const TEXT: &str = "binary element (STRING);";
    const VERSION: &str = "group element { required binary id (STRING); required int64 revision; }";
    for Field { name, kind, optional } in fields {
        let often = if *optional { "optional" } else { "required" };
        let list = |of: &str| format!("group {name} (LIST) {{ repeated group list {{ required {of} }} }}");
        let what = match kind {
            Kind::Text => format!("binary {name} (STRING);"),
            Kind::Number => format!("int64 {name};"),
            Kind::Moment => format!("int64 {name} (TIMESTAMP(MICROS,true));"),
            Kind::Texts => list(TEXT),
            Kind::Versions => list(VERSION),
            Kind::Group(within) => {
                let mut group = format!("group {name} {{\n");
                written(within, &mut group);
                group.push('}');
                group
            }
        };
        // A text takes whatever is written to it.
        let _ = writeln!(text, "{often} {what}");
    }
}

/// What goes to one column of a row group.
pub(super) struct Column {
    pub(super) values: Values,
    pub(super) defined: Vec<i16>,
    pub(super) repeated: Vec<i16>,
}

pub(super) enum Values {
    Texts(Vec<ByteArray>),
    Numbers(Vec<i64>),
}

/// One for each leaf of the schema, in its order.
pub(super) fn columns(fields: &[Field]) -> Vec<Column> {
    let column = |values| Column { values, defined: Vec::new(), repeated: Vec::new() };
    let texts = || column(Values::Texts(Vec::new()));
    let numbers = || column(Values::Numbers(Vec::new()));
    let of = |field: &Field| match field.kind {
        Kind::Text | Kind::Texts => vec![texts()],
        Kind::Number | Kind::Moment => vec![numbers()],
        Kind::Versions => vec![texts(), numbers()],
        Kind::Group(within) => columns(within),
    };
    fields.iter().flat_map(of).collect()
}

/// Takes a line apart; answers about how many bytes it took.
pub(super) fn take_apart<'a>(
    fields: &[Field],
    line: Option<&Value>,
    level: i16,
    columns: &mut impl Iterator<Item = &'a mut Column>,
) -> Result<usize> {
    let mut bytes = 0;
    for field in fields {
        let found = line.and_then(|line| line.get(field.name));
        if line.is_some() && found.is_none() && !field.optional {
            bail!("an entry says no `{}`", field.name);
        }
        let here = level + i16::from(found.is_some() && field.optional);
        let mut next = || columns.next().context("a column is missing");
        bytes += match &field.kind {
            Kind::Text | Kind::Number | Kind::Moment => next()?.put(&field.kind, found, here, 0)?,
            Kind::Texts => {
                let column = next()?;
                let each = |(value, repeated)| column.put(&Kind::Text, Some(value), here + 1, repeated);
                match elements(found) {
                    [] => column.none(here),
                    list => numbered(list).map(each).sum::<Result<usize>>()?,
                }
            }
            Kind::Versions => {
                let (ids, revisions) = (next()?, next()?);
                match elements(found) {
                    [] => ids.none(here) + revisions.none(here),
                    list => numbered(list)
                        .map(|(version, repeated)| {
                            let id = ids.put(&Kind::Text, version.get("id"), here + 1, repeated)?;
                            let revision = version.get("revision");
                            Ok(id + revisions.put(&Kind::Number, revision, here + 1, repeated)?)
                        })
                        .sum::<Result<usize>>()?,
                }
            }
            Kind::Group(within) => take_apart(within, found, here, columns)?,
        };
    }
    Ok(bytes)
}

fn elements(found: Option<&Value>) -> &[Value] {
    found.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// All but the first go on in the same row.
fn numbered(list: &[Value]) -> impl Iterator<Item = (&Value, i16)> {
    list.iter().enumerate().map(|(at, value)| (value, i16::from(at > 0)))
}

const LEVELS_BYTES: usize = 2 * size_of::<i16>();

impl Column {
    fn none(&mut self, level: i16) -> usize {
        self.defined.push(level);
        self.repeated.push(0);
        LEVELS_BYTES
    }

    /// A value of that kind, or that there is none.
    fn put(&mut self, kind: &Kind, found: Option<&Value>, level: i16, repeated: i16) -> Result<usize> {
        self.defined.push(level);
        self.repeated.push(repeated);
        let Some(found) = found else { return Ok(LEVELS_BYTES) };
        match (&mut self.values, kind) {
            (Values::Texts(texts), _) => {
                let text = found.as_str().context("an entry says something else than a text")?;
                texts.push(ByteArray::from(text));
                Ok(LEVELS_BYTES + size_of::<ByteArray>() + text.len())
            }
            (Values::Numbers(numbers), Kind::Moment) => {
                let text = found.as_str().context("an entry says something else than a moment")?;
                numbers.push(DateTime::parse_from_rfc3339(text)?.with_timezone(&Utc).timestamp_micros());
                Ok(LEVELS_BYTES + size_of::<i64>())
            }
            (Values::Numbers(numbers), _) => {
                numbers.push(found.as_i64().context("an entry says something else than a number")?);
                Ok(LEVELS_BYTES + size_of::<i64>())
            }
        }
    }
}
