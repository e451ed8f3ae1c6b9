//! Rows: the last cell is a checksum of the others, which is verified on every read. Long JSON is compressed.

use crate::StorageError;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use rusqlite::types::{Value, ValueRef};
use serde::{Serialize, de::DeserializeOwned};
use std::borrow::Cow;
use std::cell::RefCell;
use xxhash_rust::xxh3::xxh3_64;

/// The length in bytes above which JSON is compressed.
const LONG: usize = 4096;

/// The capacity in bytes up to which the checksum buffer is reused.
const KEPT: usize = 1 << 16;

/// The maximum compression ratio of zlib: a cell that claims more is damaged.
const RATIO: usize = 1100;

/// Encodes JSON as a cell: its text, or, if it is long, the text in zlib's format, which the SQLite shell
/// reads with `sqlar_uncompress`.
pub(crate) fn json_cell(text: &str) -> Value {
    if text.len() > LONG {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 1);
        if packed.len() < text.len() {
            return Value::Blob(packed);
        }
    }
    Value::Text(text.to_owned())
}

/// Encodes a value as a cell, in JSON.
pub(crate) fn cell_of<T: Serialize + ?Sized>(value: &T) -> Result<Value, StorageError> {
    // The types that are stored have string keys and no floats.
    let broken = |error| StorageError::Internal(format!("a value of flujo's has no JSON: {error}"));
    serde_json::to_string(value).map(|text| json_cell(&text)).map_err(broken)
}

/// As [`cell_of`]; `None` is NULL.
pub(crate) fn optional_cell_of<T: Serialize + ?Sized>(value: Option<&T>) -> Result<Value, StorageError> {
    value.map_or(Ok(Value::Null), cell_of)
}

/// As [`cell_of`]; an empty list is NULL.
pub(crate) fn list_cell<T: Serialize>(list: &[T]) -> Result<Value, StorageError> {
    optional_cell_of(Some(list).filter(|list| !list.is_empty()))
}

pub(crate) fn text_cell(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn time_cell(time: Timestamp) -> Value {
    int_cell(time.0)
}

/// Encodes a number as a cell; numbers beyond `i64::MAX` are stored as that.
pub(crate) fn int_cell(n: u64) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

pub(crate) fn optional(cell: Option<Value>) -> Value {
    cell.unwrap_or(Value::Null)
}

/// Returns the text of a cell of JSON, compressed or not; `None` if it is damaged.
pub(crate) fn unpacked(cell: ValueRef<'_>) -> Option<Cow<'_, str>> {
    let ValueRef::Blob(packed) = cell else { return cell.as_str().ok().map(Cow::Borrowed) };
    let most = packed.len().saturating_mul(RATIO).saturating_add(RATIO);
    let bytes = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, most).ok()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

thread_local! {
    /// The input of a checksum, in one buffer because most cells are a few bytes.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Computes the checksum of a row of this table.
fn checksum(table: &str, cells: &[ValueRef<'_>]) -> i64 {
    let add = |buffer: &mut Vec<u8>, tag: u8, bytes: &[u8]| {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        buffer.push(tag);
        buffer.extend_from_slice(&length.to_le_bytes());
        buffer.extend_from_slice(bytes);
    };
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        add(buffer, b't', table.as_bytes());
        for cell in cells {
            match cell {
                ValueRef::Null => add(buffer, b'0', &[]),
                ValueRef::Integer(n) => add(buffer, b'i', &n.to_le_bytes()),
                ValueRef::Real(n) => add(buffer, b'r', &n.to_le_bytes()),
                ValueRef::Text(text) => add(buffer, b's', text),
                ValueRef::Blob(bytes) => add(buffer, b'b', bytes),
            }
        }
        let sum = xxh3_64(buffer).cast_signed();
        buffer.truncate(KEPT);
        buffer.shrink_to(KEPT);
        sum
    })
}

/// Appends the checksum to the cells of a row.
pub(crate) fn with_checksum(table: &str, mut cells: Vec<Value>) -> Vec<Value> {
    let sum = checksum(table, &cells.iter().map(ValueRef::from).collect::<Vec<_>>());
    cells.push(Value::Integer(sum));
    cells
}

/// Returns the error of a wrong checksum. It names the row by its first cells, as far as they are readable.
fn mismatch(table: &str, row: &rusqlite::Row<'_>, first: usize) -> StorageError {
    let number = |i: usize| row.get_ref(i).ok().and_then(|cell| cell.as_i64().ok());
    let column = |i: usize| row.as_ref().column_name(i).unwrap_or_default();
    let name = match (number(first), column(first), number(first + 1), column(first + 1)) {
        (Some(run), "run", Some(position), "position") => {
            format!(", row {} of run {run}", position.saturating_add(1))
        }
        (Some(n), column, ..) => format!(", {column} {n}"),
        (None, ..) => String::new(),
    };
    StorageError::damaged(format_args!("checksum mismatch in table `{table}`{name}"))
}

/// A row with a verified checksum: its `N` other cells.
pub(crate) struct VerifiedRow<'r, const N: usize> {
    cells: [ValueRef<'r>; N],
    table: &'static str,
}

impl<'r, const N: usize> VerifiedRow<'r, N> {
    /// Reads `N` cells from column `first` on, and verifies the checksum after them.
    pub(crate) fn verify(
        table: &'static str,
        row: &'r rusqlite::Row<'_>,
        first: usize,
    ) -> Result<Self, StorageError> {
        Self::read(table, row, first)?.ok_or_else(|| mismatch(table, row, first))
    }

    /// As [`verify`](Self::verify); `None` if the checksum is wrong.
    pub(crate) fn read(
        table: &'static str,
        row: &'r rusqlite::Row<'_>,
        first: usize,
    ) -> Result<Option<Self>, StorageError> {
        let mut cells = [ValueRef::Null; N];
        for (i, cell) in cells.iter_mut().enumerate() {
            *cell = row.get_ref(first + i)?;
        }
        let sound = row.get_ref(first + N)? == ValueRef::Integer(checksum(table, &cells));
        Ok(sound.then_some(Self { cells, table }))
    }

    /// Returns the cells, for a new checksum.
    pub(crate) fn owned(&self) -> Result<Vec<Value>, StorageError> {
        let of = |(i, cell): (usize, &ValueRef<'_>)| Value::try_from(*cell).map_err(|_| self.unexpected(i));
        self.cells.iter().enumerate().map(of).collect()
    }

    fn cell(&self, i: usize) -> Result<ValueRef<'r>, StorageError> {
        self.cells.get(i).copied().ok_or_else(|| self.unexpected(i))
    }

    /// Returns the error of an unexpected cell in a row with a right checksum.
    fn unexpected(&self, i: usize) -> StorageError {
        StorageError::damaged(format_args!("column {i} of a row of table `{}` cannot be read", self.table))
    }

    pub(crate) fn text(&self, i: usize) -> Result<&'r str, StorageError> {
        self.cell(i)?.as_str().map_err(|_| self.unexpected(i))
    }

    pub(crate) fn optional_text(&self, i: usize) -> Result<Option<&'r str>, StorageError> {
        match self.cell(i)? {
            ValueRef::Null => Ok(None),
            _ => self.text(i).map(Some),
        }
    }

    pub(crate) fn int(&self, i: usize) -> Result<i64, StorageError> {
        self.cell(i)?.as_i64().map_err(|_| self.unexpected(i))
    }

    pub(crate) fn optional_int(&self, i: usize) -> Result<Option<i64>, StorageError> {
        match self.cell(i)? {
            ValueRef::Null => Ok(None),
            _ => self.int(i).map(Some),
        }
    }

    pub(crate) fn natural(&self, i: usize) -> Result<u64, StorageError> {
        match self.int(i)? {
            i64::MAX => Ok(u64::MAX),
            n => u64::try_from(n).map_err(|_| self.unexpected(i)),
        }
    }

    pub(crate) fn small(&self, i: usize) -> Result<u32, StorageError> {
        u32::try_from(self.int(i)?).map_err(|_| self.unexpected(i))
    }

    pub(crate) fn flag(&self, i: usize) -> Result<bool, StorageError> {
        Ok(self.optional_int(i)?.is_some_and(|n| n != 0))
    }

    pub(crate) fn time(&self, i: usize) -> Result<Timestamp, StorageError> {
        self.natural(i).map(Timestamp)
    }

    pub(crate) fn bytes(&self, i: usize) -> Result<&'r [u8], StorageError> {
        self.cell(i)?.as_blob().map_err(|_| self.unexpected(i))
    }

    /// Returns the text of a cell of JSON, compressed or not.
    fn unpacked(&self, i: usize) -> Result<Option<Cow<'r, str>>, StorageError> {
        match self.cell(i)? {
            ValueRef::Null => Ok(None),
            cell => unpacked(cell).map(Some).ok_or_else(|| self.unexpected(i)),
        }
    }

    pub(crate) fn optional_json(&self, i: usize) -> Result<Option<Json>, StorageError> {
        Ok(self.unpacked(i)?.map(|text| match text {
            Cow::Borrowed(text) => Json::recorded(text),
            Cow::Owned(text) => Json::recorded(text),
        }))
    }

    pub(crate) fn json(&self, i: usize) -> Result<Json, StorageError> {
        self.optional_json(i)?.ok_or_else(|| self.unexpected(i))
    }

    /// Decodes a value that was written by [`cell_of`].
    pub(crate) fn optional_value<T: DeserializeOwned>(&self, i: usize) -> Result<Option<T>, StorageError> {
        let Some(text) = self.unpacked(i)? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|_| self.unexpected(i))
    }

    pub(crate) fn value<T: DeserializeOwned>(&self, i: usize) -> Result<T, StorageError> {
        self.optional_value(i)?.ok_or_else(|| self.unexpected(i))
    }

    pub(crate) fn list<T: DeserializeOwned>(&self, i: usize) -> Result<Vec<T>, StorageError> {
        Ok(self.optional_value(i)?.unwrap_or_default())
    }

    pub(crate) fn wrong<T>(&self, i: usize) -> Result<T, StorageError> {
        Err(self.unexpected(i))
    }
}
