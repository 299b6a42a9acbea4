//! A history as a Parquet table: one row for each entry, with the fields of its line of JSON. No more than one row group is in memory.
mod shape;

use anyhow::{Context as _, Result, bail};
use parquet::{
    basic::Compression,
    column::writer::ColumnWriter,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use serde_json::Value;
use shape::{Column, ENTRY, Values};
use std::{io::Write, sync::Arc};

/// Of one row group: whichever comes first.
const ROWS_MAX: usize = 20_000;
const BYTES_MAX: usize = 16 << 20;

pub(super) struct Table<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> Table<W> {
    pub(super) fn begin(out: W) -> Result<Self> {
        let schema = Arc::new(parse_message_type(&shape::schema())?);
        let properties = WriterProperties::builder()
            .set_created_by(concat!("holdfast ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::SNAPPY)
            .build();
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
        Ok(Self { file, columns: shape::columns(ENTRY), rows: 0, bytes: 0 })
    }

    pub(super) fn row(&mut self, line: &Value) -> Result<()> {
        self.bytes += shape::take_apart(ENTRY, Some(line), 0, &mut self.columns.iter_mut())?;
        self.rows += 1;
        if self.rows >= ROWS_MAX || self.bytes >= BYTES_MAX { self.put_down() } else { Ok(()) }
    }

    fn put_down(&mut self) -> Result<()> {
        let mut group = self.file.next_row_group()?;
        for Column { values, defined, repeated } in
            std::mem::replace(&mut self.columns, shape::columns(ENTRY))
        {
            let mut column = group.next_column()?.context("the schema has fewer columns")?;
            match (column.untyped(), &values) {
                (ColumnWriter::ByteArrayColumnWriter(column), Values::Texts(texts)) => {
                    column.write_batch(texts, Some(&defined), Some(&repeated))?;
                }
                (ColumnWriter::Int64ColumnWriter(column), Values::Numbers(numbers)) => {
                    column.write_batch(numbers, Some(&defined), Some(&repeated))?;
                }
                _ => bail!("the schema has another kind of column"),
            }
            column.close()?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// What was written to, with all that makes it a table.
    pub(super) fn finish(mut self) -> Result<W> {
        if self.rows > 0 {
            self.put_down()?;
        }
        Ok(self.file.into_inner()?)
    }
}

#[cfg(test)]
mod tests;
