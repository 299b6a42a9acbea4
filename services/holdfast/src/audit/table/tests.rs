//! What is read back is what the lines say, row by row.
use super::{BYTES_MAX, Table};
use crate::audit::sample::entries;
use bytes::Bytes;
use holdfast_audit::told::Told;
use parquet::{
    file::reader::{FileReader as _, SerializedFileReader},
    record::{Field, Row},
};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

fn lines(count: usize) -> Vec<Value> {
    entries()
        .iter()
        .cycle()
        .take(count)
        .map(|entry| serde_json::to_value(Told::from(entry)).unwrap())
        .collect()
}

fn table(lines: &[Value]) -> Vec<u8> {
    let mut table = Table::begin(Vec::new()).unwrap();
    for line in lines {
        table.row(line).unwrap();
    }
    table.finish().unwrap()
}

/// As a line says it: without what is null.
fn object(row: &Row) -> Value {
    let said = row.get_column_iter().filter_map(|(name, field)| Some((name.clone(), value(field)?)));
    Value::Object(said.collect::<Map<_, _>>())
}

fn value(field: &Field) -> Option<Value> {
    Some(match field {
        Field::Null => return None,
        Field::Str(text) => json!(text),
        Field::Long(number) => json!(number),
        Field::TimestampMicros(micros) => {
            let at = chrono::DateTime::from_timestamp_micros(*micros).unwrap();
            json!(at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
        }
        Field::Group(row) => object(row),
        Field::ListInternal(list) => list.elements().iter().map(|one| value(one).unwrap()).collect(),
        other => panic!("{other:?}"),
    })
}

fn read(bytes: Vec<u8>) -> (usize, Vec<Value>) {
    let file = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    let rows = file.get_row_iter(None).unwrap().map(|row| object(&row.unwrap())).collect();
    (file.num_row_groups(), rows)
}

#[test]
fn every_row_says_what_its_line_says() {
    let lines = lines(entries().len() * 3);
    let bytes = table(&lines);
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    assert_eq!(read(bytes), (1, lines));
    assert_eq!(read(table(&[])), (0, Vec::new()));
}

#[test]
fn no_more_than_a_row_group_is_held() {
    let mut line = lines(1).remove(0);
    line["stream"] = json!("x".repeat(1 << 20));
    let mut table = Table::begin(Vec::new()).unwrap();
    for _ in 0..40 {
        table.row(&line).unwrap();
        assert!(table.bytes < BYTES_MAX);
    }
    let (groups, rows) = read(table.finish().unwrap());
    assert_eq!((groups, rows.len()), (3, 40));
    assert!(rows.iter().all(|row| *row == line));
}

#[test]
fn an_entry_that_is_none_is_refused() {
    let whole = lines(1).remove(0);
    for (field, wrong) in
        [("event_id", Value::Null), ("lane", json!("seven")), ("recorded_time", json!("now"))]
    {
        let mut line = whole.clone();
        match wrong {
            Value::Null => drop(line.as_object_mut().unwrap().remove(field)),
            wrong => line[field] = wrong,
        }
        assert!(Table::begin(Vec::new()).unwrap().row(&line).is_err(), "{field}");
    }
}

/// A disk that is full after so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_said() {
    let lines = lines(100);
    let needed = table(&lines).len();
    for room in [0, 4, needed / 2, needed - 1] {
        let written = || {
            let mut table = Table::begin(Full(room))?;
            lines.iter().try_for_each(|line| table.row(line))?;
            table.finish()
        };
        assert!(written().is_err(), "{room} bytes are not enough");
    }
}
