//! Rows: every one ends with a checksum over the rest of it, which is verified whenever it is read; long JSON is
//! compressed.

use super::Fault;
use crate::clock::Timestamp;
use crate::codec::Json;
use rusqlite::types::{Value, ValueRef};
use serde::{Serialize, de::DeserializeOwned};
use std::borrow::Cow;
use std::cell::RefCell;
use xxhash_rust::xxh3::xxh3_64;

/// JSON that is longer than this is compressed.
const LONG: usize = 4096;

/// So much room is kept for taking the next checksum.
const KEPT: usize = 1 << 16;

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

thread_local! {
    /// What a checksum is taken of: in one piece, because most cells are a few bytes.
    static PIECE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The checksum of a row of this table.
fn sum(table: &str, cells: &[ValueRef<'_>]) -> i64 {
    let add = |piece: &mut Vec<u8>, tag: u8, bytes: &[u8]| {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        piece.push(tag);
        piece.extend_from_slice(&length.to_le_bytes());
        piece.extend_from_slice(bytes);
    };
    PIECE.with_borrow_mut(|piece| {
        piece.clear();
        add(piece, b't', table.as_bytes());
        for cell in cells {
            match cell {
                ValueRef::Null => add(piece, b'0', &[]),
                ValueRef::Integer(n) => add(piece, b'i', &n.to_le_bytes()),
                ValueRef::Real(n) => add(piece, b'r', &n.to_le_bytes()),
                ValueRef::Text(text) => add(piece, b's', text),
                ValueRef::Blob(bytes) => add(piece, b'b', bytes),
            }
        }
        let sum = xxh3_64(piece).cast_signed();
        piece.truncate(KEPT);
        piece.shrink_to(KEPT);
        sum
    })
}

/// The cells of a row with their checksum behind them.
pub(super) fn sealed(table: &str, mut cells: Vec<Value>) -> Vec<Value> {
    let sum = sum(table, &cells.iter().map(ValueRef::from).collect::<Vec<_>>());
    cells.push(Value::Integer(sum));
    cells
}

/// A row whose checksum is right: `N` cells without that.
pub(super) struct Sound<'r, const N: usize> {
    cells: [ValueRef<'r>; N],
    table: &'static str,
}

impl<'r, const N: usize> Sound<'r, N> {
    /// Verifies the `N` cells from `first` on; the checksum stands behind them.
    pub(super) fn verify(
        table: &'static str,
        row: &'r rusqlite::Row<'_>,
        first: usize,
    ) -> Result<Self, Fault> {
        Self::read(table, row, first)?
            .ok_or_else(|| Fault::damaged(format_args!("a row of `{table}` is not what was written")))
    }

    /// The same; `None` if the checksum is wrong.
    pub(super) fn read(
        table: &'static str,
        row: &'r rusqlite::Row<'_>,
        first: usize,
    ) -> Result<Option<Self>, Fault> {
        let mut cells = [ValueRef::Null; N];
        for (i, cell) in cells.iter_mut().enumerate() {
            *cell = row.get_ref(first + i)?;
        }
        let sound = row.get_ref(first + N)? == ValueRef::Integer(sum(table, &cells));
        Ok(sound.then_some(Self { cells, table }))
    }

    /// The cells, to be sealed again.
    pub(super) fn owned(&self) -> Result<Vec<Value>, Fault> {
        let of = |(i, cell): (usize, &ValueRef<'_>)| Value::try_from(*cell).map_err(|_| self.unexpected(i));
        self.cells.iter().enumerate().map(of).collect()
    }

    fn cell(&self, i: usize) -> Result<ValueRef<'r>, Fault> {
        self.cells.get(i).copied().ok_or_else(|| self.unexpected(i))
    }

    /// A cell that cannot be there if the checksum is right, unless somebody else wrote it.
    fn unexpected(&self, i: usize) -> Fault {
        Fault::damaged(format_args!("column {i} of a row of `{}` cannot be read", self.table))
    }

    pub(super) fn text(&self, i: usize) -> Result<&'r str, Fault> {
        self.cell(i)?.as_str().map_err(|_| self.unexpected(i))
    }

    pub(super) fn optional_text(&self, i: usize) -> Result<Option<&'r str>, Fault> {
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

    pub(super) fn bytes(&self, i: usize) -> Result<&'r [u8], Fault> {
        self.cell(i)?.as_blob().map_err(|_| self.unexpected(i))
    }

    /// The text of a cell of JSON, long or short.
    fn unpacked(&self, i: usize) -> Result<Option<Cow<'r, str>>, Fault> {
        match self.cell(i)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(packed) => {
                let most = packed.len().saturating_mul(RATIO).saturating_add(RATIO);
                let bytes = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, most)
                    .map_err(|_| self.unexpected(i))?;
                String::from_utf8(bytes).map(|text| Some(text.into())).map_err(|_| self.unexpected(i))
            }
            _ => self.text(i).map(|text| Some(text.into())),
        }
    }

    pub(super) fn optional_json(&self, i: usize) -> Result<Option<Json>, Fault> {
        Ok(self.unpacked(i)?.map(|text| match text {
            Cow::Borrowed(text) => Json::recorded(text),
            Cow::Owned(text) => Json::recorded(text),
        }))
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
