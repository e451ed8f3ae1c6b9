use super::names::Names;
use super::shape::OpenSome;
use super::text::{head, is_plain, write_text};
use super::{CodecError, MAX_DEPTH};
use serde::ser::Serialize;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::io;
use std::sync::Arc;

thread_local! {
    /// Buffers that are used again: most values are small, and there are many of them.
    static WRITER: RefCell<Writer> = const { RefCell::new(Writer::new()) };
}

/// Longer buffers are not kept.
const KEPT: usize = 64 * 1024;

/// So many entries are put in order in place.
const FEW: usize = 8;

/// Writes one value. All that is not about its type is compiled once.
pub(super) type Write<'a> = &'a mut dyn FnMut(&mut Writer) -> Result<(), CodecError>;

/// Calls `write`, and hands the text to `read`.
pub(super) fn with_text(write: Write<'_>, read: &mut dyn FnMut(&str)) -> Result<(), CodecError> {
    WRITER.with(|kept| {
        let Ok(mut writer) = kept.try_borrow_mut() else {
            // A `Serialize` of the user's encodes something itself.
            let mut writer = Writer::new();
            return writer.write(write).map(|()| read(&writer.out));
        };
        let done = writer.write(write).map(|()| read(&writer.out));
        if writer.out.capacity().max(writer.sorted.capacity()) > KEPT {
            (writer.out, writer.sorted, writer.entries) = Default::default();
        }
        done
    })
}

/// The text that `write` writes.
pub(super) fn text_of(write: Write<'_>) -> Result<Arc<str>, CodecError> {
    let mut text = None;
    with_text(write, &mut |written| text = Some(Arc::from(written)))?;
    Ok(text.unwrap_or_default())
}

/// Takes what `serde_json` writes.
struct Plain<'w>(&'w mut String);

impl io::Write for Plain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.push_str(text);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where canonical text is put together.
pub(super) struct Writer {
    pub(super) out: String,
    /// Where entries are put in order.
    sorted: String,
    /// Entries of all maps that are open, innermost last: one vector instead of one per map.
    entries: Vec<Entry>,
    depth: usize,
    pub(super) some: OpenSome,
    names: Names<Name>,
}

/// The name of a field, as it is written.
struct Name {
    head: u64,
    /// With a comma before it, and its colon.
    text: String,
}

impl Name {
    /// A name in which something has to be escaped is written like any other key.
    fn of(name: &str) -> Option<Self> {
        let head = head(name.as_bytes());
        is_plain(name.as_bytes(), head).then(|| Self { head, text: format!(",\"{name}\":") })
    }
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
    fn key<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start + 1..self.key_end - 1).unwrap_or_default()
    }

    fn cmp(&self, other: &Self, text: &str) -> Ordering {
        self.head.cmp(&other.head).then_with(|| self.key(text).cmp(other.key(text)))
    }
}

impl Writer {
    const fn new() -> Self {
        Self {
            out: String::new(),
            sorted: String::new(),
            entries: Vec::new(),
            depth: 0,
            some: OpenSome::NONE,
            names: Names::new(),
        }
    }

    fn write(&mut self, write: Write<'_>) -> Result<(), CodecError> {
        self.out.clear();
        self.entries.clear();
        self.depth = 0;
        self.some = OpenSome::NONE;
        write(self)
    }

    /// Where the next byte goes.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.out.len()
    }

    pub(super) fn null(&mut self) {
        self.out.push_str("null");
    }

    /// A whole number. Not through `serde_json`, which asks of every digit whether it is UTF-8.
    pub(super) fn integer<T: itoa::Integer>(&mut self, value: T) {
        self.out.push_str(itoa::Buffer::new().format(value));
    }

    /// A number as `serde_json` writes it: the shortest text that reads back as the same.
    pub(super) fn number<T: Serialize>(&mut self, value: T) -> Result<(), CodecError> {
        serde_json::to_writer(Plain(&mut self.out), &value).map_err(CodecError::new)
    }

    fn open(&mut self, bracket: char) -> Result<(), CodecError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CodecError::too_deep());
        }
        self.out.push(bracket);
        Ok(())
    }

    pub(super) fn close(&mut self, bracket: char) {
        self.depth -= 1;
        self.out.push(bracket);
    }

    /// Writes the text between `bracket` and its counterpart.
    pub(super) fn compound(&mut self, bracket: char, wrapped: bool) -> Result<Compound<'_>, CodecError> {
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
        self.open('{')?;
        write_text(&mut self.out, name);
        self.out.push(':');
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
            self.writer.out.push(',');
        }
    }

    pub(super) fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.comma();
        value.serialize(&mut *self.writer)
    }

    /// The name of a field.
    #[inline]
    pub(super) fn name(&mut self, name: &'static str) -> Result<(), CodecError> {
        let Writer { out, names, .. } = &mut *self.writer;
        let Some(Name { head, text }) = names.find(name, Name::of) else { return self.key(name) };
        let (head, first) = (*head, out.len() == self.start);
        out.push_str(if first { text.get(1..).unwrap_or_default() } else { text });
        let start = out.len() - (text.len() - 1);
        self.entry(head, start);
        Ok(())
    }

    pub(super) fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.comma();
        let start = self.writer.out.len();
        key.serialize(&mut *self.writer)?;
        match self.writer.out.as_bytes().get(start) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.writer.out.insert(start, '"');
                self.writer.out.push('"');
            }
            _ => return Err(CodecError::no_key()),
        }
        let end = self.writer.out.len();
        let head = head(self.writer.out.as_bytes().get(start + 1..end - 1).unwrap_or_default());
        self.writer.out.push(':');
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
        self.writer.close(']');
        if self.wrapped {
            self.writer.close('}');
        }
    }

    pub(super) fn finish_map(self) -> Result<(), CodecError> {
        let Self { writer, first_entry, start, wrapped, in_order } = self;
        if !in_order {
            writer.sort(first_entry, start)?;
        }
        writer.entries.truncate(first_entry);
        writer.close('}');
        if wrapped {
            writer.close('}');
        }
        Ok(())
    }
}

impl Writer {
    /// Puts the entries of the innermost map, whose inside begins at `start`, in the order of their keys.
    /// Refuses a key that comes twice: all keys are in order, and not sorted, only if none does.
    fn sort(&mut self, first_entry: usize, start: usize) -> Result<(), CodecError> {
        let Self { out, sorted, entries, .. } = self;
        let here = entries.get_mut(first_entry..).unwrap_or_default();
        if here.len() <= FEW {
            // Written out: a struct has few fields, and a call that sorts any number takes longer than to sort them.
            for from in 1..here.len() {
                for at in (1..=from).rev() {
                    match here.get_mut(at - 1..=at) {
                        Some([before, entry]) if entry.cmp(before, out) == Ordering::Less => {
                            std::mem::swap(before, entry);
                        }
                        _ => break,
                    }
                }
            }
        } else {
            here.sort_by(|a, b| a.cmp(b, out));
        }
        sorted.clear();
        // Where the map is most of the text, the text before it is copied rather than the map.
        let whole = start <= out.len() / 2;
        if whole {
            sorted.push_str(out.get(..start).unwrap_or_default());
        }
        let mut before: Option<&Entry> = None;
        for entry in here.iter() {
            if let Some(before) = before.replace(entry) {
                if before.head == entry.head && before.key(out) == entry.key(out) {
                    return Err(CodecError::key_twice(entry.key(out)));
                }
                sorted.push(',');
            }
            let Entry { start, end, .. } = *entry;
            // Most entries are short: a copy of fixed length, of which what is too much goes again, is no call.
            match out.get(start..start + 32) {
                Some(more) if end - start <= 32 => {
                    let length = sorted.len() + (end - start);
                    sorted.push_str(more);
                    sorted.truncate(length);
                }
                _ => sorted.push_str(out.get(start..end).unwrap_or_default()),
            }
        }
        if whole {
            std::mem::swap(out, sorted);
        } else {
            out.truncate(start);
            out.push_str(sorted);
        }
        Ok(())
    }
}
