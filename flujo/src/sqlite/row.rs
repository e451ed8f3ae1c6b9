//! Rows: every one ends with a checksum over the rest of it, which is verified whenever it is read; long JSON is
//! compressed.

use super::Fault;
use crate::clock::Timestamp;
use crate::codec::Json;
use rusqlite::types::{Value, ValueRef};
use serde::{Serialize, de::DeserializeOwned};
use xxhash_rust::xxh3::Xxh3;

/// JSON that is longer than this is compressed.
const LONG: usize = 4096;

/// Zlib makes nothing smaller than this part of what it was.
const RATIO: usize = 1100;

/// JSON as a cell: its text, or, if it is long, the text in zlib's format, which any SQLite shell reads with
/// `sqlar_uncompress`.
pub(super) fn json_cell(text: &str) -> Value {
    if text.len() > LONG {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 1);
        if packed.len() < text.len() {
            return Value::Blob(packed);
        }
    }
    Value::Text(text.to_owned())
}

/// Something of ours as a cell of JSON.
pub(super) fn cell_of<T: Serialize + ?Sized>(value: &T) -> Value {
    // What is written down here has keys of text and no floats.
    serde_json::to_string(value).map_or(Value::Null, |text| json_cell(&text))
}

/// As [`cell_of`], with nothing for what is empty.
pub(super) fn list_cell<T: Serialize>(list: &[T]) -> Value {
    if list.is_empty() { Value::Null } else { cell_of(list) }
}

pub(super) fn text_cell(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn time_cell(time: Timestamp) -> Value {
    int_cell(time.0)
}

/// The end of time is as far as SQLite's integers go.
pub(super) fn int_cell(n: u64) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

pub(super) fn optional(cell: Option<Value>) -> Value {
    cell.unwrap_or(Value::Null)
}

/// The checksum of a row of this table.
fn sum(table: &str, cells: &[ValueRef<'_>]) -> i64 {
    let mut hash = Xxh3::new();
    let mut add = |tag: u8, bytes: &[u8]| {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        hash.update(&[tag]);
        hash.update(&length.to_le_bytes());
        hash.update(bytes);
    };
    add(b't', table.as_bytes());
    for cell in cells {
        match cell {
            ValueRef::Null => add(b'0', &[]),
            ValueRef::Integer(n) => add(b'i', &n.to_le_bytes()),
            ValueRef::Real(n) => add(b'r', &n.to_le_bytes()),
            ValueRef::Text(text) => add(b's', text),
            ValueRef::Blob(bytes) => add(b'b', bytes),
        }
    }
    hash.digest().cast_signed()
}

/// The cells of a row with their checksum behind them.
pub(super) fn sealed(table: &str, mut cells: Vec<Value>) -> Vec<Value> {
    let sum = sum(table, &cells.iter().map(ValueRef::from).collect::<Vec<_>>());
    cells.push(Value::Integer(sum));
    cells
}

/// A row whose checksum is right.
pub(super) struct Sound<'r> {
    row: &'r rusqlite::Row<'r>,
    table: &'static str,
    first: usize,
}

impl<'r> Sound<'r> {
    /// Verifies the cells from `first` on, of which the last, the `count`th, is the checksum.
    pub(super) fn verify(
        table: &'static str,
        row: &'r rusqlite::Row<'r>,
        first: usize,
        count: usize,
    ) -> Result<Self, Fault> {
        let mut cells = Vec::with_capacity(count);
        for i in first..first + count - 1 {
            cells.push(row.get_ref(i)?);
        }
        let written: i64 = row.get(first + count - 1)?;
        if sum(table, &cells) != written {
            return Err(Fault::damaged(format_args!("a row of `{table}` is not what was written")));
        }
        Ok(Self { row, table, first })
    }

    fn cell(&self, i: usize) -> Result<ValueRef<'_>, Fault> {
        Ok(self.row.get_ref(self.first + i)?)
    }

    /// A cell that cannot be there if the checksum is right, unless somebody else wrote it.
    fn unexpected(&self, i: usize) -> Fault {
        Fault::damaged(format_args!("column {i} of a row of `{}` cannot be read", self.table))
    }

    pub(super) fn text(&self, i: usize) -> Result<&str, Fault> {
        self.cell(i)?.as_str().map_err(|_| self.unexpected(i))
    }

    pub(super) fn optional_text(&self, i: usize) -> Result<Option<&str>, Fault> {
        match self.cell(i)? {
            ValueRef::Null => Ok(None),
            _ => self.text(i).map(Some),
        }
    }

    pub(super) fn int(&self, i: usize) -> Result<i64, Fault> {
        self.cell(i)?.as_i64().map_err(|_| self.unexpected(i))
    }

    pub(super) fn optional_int(&self, i: usize) -> Result<Option<i64>, Fault> {
        match self.cell(i)? {
            ValueRef::Null => Ok(None),
            _ => self.int(i).map(Some),
        }
    }

    pub(super) fn natural(&self, i: usize) -> Result<u64, Fault> {
        match self.int(i)? {
            i64::MAX => Ok(u64::MAX),
            n => u64::try_from(n).map_err(|_| self.unexpected(i)),
        }
    }

    pub(super) fn small(&self, i: usize) -> Result<u32, Fault> {
        u32::try_from(self.int(i)?).map_err(|_| self.unexpected(i))
    }

    pub(super) fn flag(&self, i: usize) -> Result<bool, Fault> {
        Ok(self.optional_int(i)?.is_some_and(|n| n != 0))
    }

    pub(super) fn time(&self, i: usize) -> Result<Timestamp, Fault> {
        self.natural(i).map(Timestamp)
    }

    pub(super) fn bytes(&self, i: usize) -> Result<&[u8], Fault> {
        self.cell(i)?.as_blob().map_err(|_| self.unexpected(i))
    }

    /// The text of a cell of JSON, long or short.
    fn unpacked(&self, i: usize) -> Result<Option<String>, Fault> {
        match self.cell(i)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(packed) => {
                let most = packed.len().saturating_mul(RATIO).saturating_add(RATIO);
                let bytes = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, most)
                    .map_err(|_| self.unexpected(i))?;
                String::from_utf8(bytes).map(Some).map_err(|_| self.unexpected(i))
            }
            _ => self.text(i).map(|text| Some(text.to_owned())),
        }
    }

    pub(super) fn optional_json(&self, i: usize) -> Result<Option<Json>, Fault> {
        Ok(self.unpacked(i)?.map(Json::recorded))
    }

    pub(super) fn json(&self, i: usize) -> Result<Json, Fault> {
        self.optional_json(i)?.ok_or_else(|| self.unexpected(i))
    }

    /// Something of ours.
    pub(super) fn optional_value<T: DeserializeOwned>(&self, i: usize) -> Result<Option<T>, Fault> {
        let Some(text) = self.unpacked(i)? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|_| self.unexpected(i))
    }

    pub(super) fn value<T: DeserializeOwned>(&self, i: usize) -> Result<T, Fault> {
        self.optional_value(i)?.ok_or_else(|| self.unexpected(i))
    }

    pub(super) fn list<T: DeserializeOwned>(&self, i: usize) -> Result<Vec<T>, Fault> {
        Ok(self.optional_value(i)?.unwrap_or_default())
    }

    pub(super) fn wrong<T>(&self, i: usize) -> Result<T, Fault> {
        Err(self.unexpected(i))
    }
}
