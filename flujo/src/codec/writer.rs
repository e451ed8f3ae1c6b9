use super::plain::{head, is_plain, is_plain_head};
use super::{CodecError, MAX_DEPTH};
use serde::ser::Serialize;
use std::cell::RefCell;
use std::cmp::Ordering;

thread_local! {
    /// Buffers that are used again: most values are small, and there are many of them.
    static WRITER: RefCell<Writer> = const { RefCell::new(Writer::new()) };
}

/// Longer buffers are not kept.
const KEPT: usize = 64 * 1024;

/// Writes `value` and hands the text to `read`.
pub(super) fn with_text<T: Serialize + ?Sized, O>(
    value: &T,
    read: impl FnOnce(&[u8]) -> O,
) -> Result<O, CodecError> {
    // Taken, not borrowed: a `Serialize` of the user's may encode something itself.
    let mut writer = WRITER.replace(Writer::new());
    writer.out.clear();
    writer.entries.clear();
    writer.depth = 0;
    let written = value.serialize(&mut writer).map(|()| read(&writer.out));
    if writer.out.capacity() <= KEPT && writer.sorted.capacity() <= KEPT {
        WRITER.set(writer);
    }
    written
}

/// Where canonical text is put together.
pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    /// Where entries are put in order.
    sorted: Vec<u8>,
    /// Entries of all maps that are open, innermost last: one vector instead of one per map.
    entries: Vec<Entry>,
    depth: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    /// The first bytes of the key, first byte highest: what nearly every comparison needs.
    head: u64,
    start: usize,
    key_end: usize,
    end: usize,
}

impl Entry {
    /// The key as it is written, without its quotes: `"a"` comes before `"a!"`.
    fn key<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        text.get(self.start + 1..self.key_end - 1).unwrap_or_default()
    }

    fn cmp(&self, other: &Self, text: &[u8]) -> Ordering {
        self.head.cmp(&other.head).then_with(|| self.key(text).cmp(other.key(text)))
    }
}

impl Writer {
    const fn new() -> Self {
        Self { out: Vec::new(), sorted: Vec::new(), entries: Vec::new(), depth: 0 }
    }

    /// What serde_json writes as we do.
    pub(super) fn leaf<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        serde_json::to_writer(&mut self.out, value).map_err(CodecError::new)
    }

    #[inline]
    pub(super) fn text(&mut self, text: &str) -> Result<(), CodecError> {
        if !is_plain(text) {
            return self.leaf(text);
        }
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    fn open(&mut self, bracket: u8) -> Result<(), CodecError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CodecError::new(format_args!("the value is nested deeper than {MAX_DEPTH} levels")));
        }
        self.out.push(bracket);
        Ok(())
    }

    pub(super) fn close(&mut self, bracket: u8) {
        self.depth -= 1;
        self.out.push(bracket);
    }

    /// What stands between `bracket` and its counterpart.
    pub(super) fn compound(&mut self, bracket: u8, wrapped: bool) -> Result<Compound<'_>, CodecError> {
        self.open(bracket)?;
        Ok(Compound {
            first_entry: self.entries.len(),
            start: self.out.len(),
            writer: self,
            wrapped,
            in_order: true,
        })
    }

    /// `{"Variant":`, for variants that carry something.
    pub(super) fn variant(&mut self, name: &'static str) -> Result<(), CodecError> {
        self.open(b'{')?;
        self.text(name)?;
        self.out.push(b':');
        Ok(())
    }
}

/// A sequence or a map that is open.
pub(super) struct Compound<'w> {
    writer: &'w mut Writer,
    first_entry: usize,
    /// Where the inside begins.
    start: usize,
    /// Whether a variant's `{"Variant":` has to be closed too.
    wrapped: bool,
    /// Whether the keys so far came in order.
    in_order: bool,
}

impl Compound<'_> {
    #[inline]
    fn comma(&mut self) {
        if self.writer.out.len() > self.start {
            self.writer.out.push(b',');
        }
    }

    pub(super) fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.comma();
        value.serialize(&mut *self.writer)
    }

    /// The name of a field.
    #[inline]
    pub(super) fn name(&mut self, name: &'static str) -> Result<(), CodecError> {
        let bytes = name.as_bytes();
        let head = head(bytes);
        let plain = if bytes.len() < 8 { is_plain_head(head, bytes.len()) } else { is_plain(name) };
        if !plain {
            return self.key(name);
        }
        let more = self.writer.out.len() > self.start;
        let out = &mut self.writer.out;
        out.reserve(bytes.len() + 4);
        if more {
            out.push(b',');
        }
        let start = out.len();
        out.push(b'"');
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\":");
        self.entry(head, start);
        Ok(())
    }

    pub(super) fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.comma();
        let start = self.writer.out.len();
        key.serialize(&mut *self.writer)?;
        match self.writer.out.get(start) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.writer.out.insert(start, b'"');
                self.writer.out.push(b'"');
            }
            _ => return Err(CodecError::new("a map key must be a string, a number or a bool")),
        }
        let end = self.writer.out.len();
        let head = head(self.writer.out.get(start + 1..end - 1).unwrap_or_default());
        self.writer.out.push(b':');
        self.entry(head, start);
        Ok(())
    }

    /// Notes the key that was written last, with its colon.
    #[inline]
    fn entry(&mut self, head: u64, start: usize) {
        let Writer { out, entries, .. } = &mut *self.writer;
        // Not looked at any further where two heads are equal: sorting does.
        self.in_order &=
            entries.len() == self.first_entry || entries.last().is_none_or(|before| before.head < head);
        entries.push(Entry { head, start, key_end: out.len() - 1, end: out.len() });
    }

    pub(super) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        value.serialize(&mut *self.writer)?;
        let end = self.writer.out.len();
        if let Some(entry) = self.writer.entries.last_mut() {
            entry.end = end;
        }
        Ok(())
    }

    pub(super) fn finish_seq(self) {
        self.writer.close(b']');
        if self.wrapped {
            self.writer.close(b'}');
        }
    }

    pub(super) fn finish_map(self) {
        let Self { writer, first_entry, start, wrapped, in_order } = self;
        if !in_order {
            writer.sort(first_entry, start);
        }
        writer.entries.truncate(first_entry);
        writer.close(b'}');
        if wrapped {
            writer.close(b'}');
        }
    }
}

impl Writer {
    /// Puts the entries of the innermost map, whose inside begins at `start`, in the order of their keys.
    fn sort(&mut self, first_entry: usize, start: usize) {
        let Self { out, sorted, entries, .. } = self;
        let here = entries.get_mut(first_entry..).unwrap_or_default();
        here.sort_by(|a, b| a.cmp(b, out));
        sorted.clear();
        // Where the map is most of the text, what stands before it is copied, and not the map once more.
        let whole = start <= out.len() / 2;
        if whole {
            sorted.extend_from_slice(out.get(..start).unwrap_or_default());
        }
        for (i, entry) in here.iter().enumerate() {
            if i > 0 {
                sorted.push(b',');
            }
            sorted.extend_from_slice(out.get(entry.start..entry.end).unwrap_or_default());
        }
        if whole {
            std::mem::swap(out, sorted);
        } else {
            out.truncate(start);
            out.extend_from_slice(sorted);
        }
    }
}
