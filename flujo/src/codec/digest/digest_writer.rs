//! The digest of a value, without the text of it: no quotes, no escapes, no digits, and nothing is put in order.
//!
//! It is taken of the input of every step, so it has to be quick. Two values have the same digest if and, but for
//! collisions, only if their canonical JSON is the same: what JSON does not distinguish (a struct and a map, an
//! `Option` and its value, integers of any width) is not distinguished here.

use super::Digest;
use crate::codec::names::Names;
use crate::codec::shape::OpenSome;
use crate::codec::text::{head, is_plain};
use crate::codec::writer::{Write, with_text};
use crate::codec::{CodecError, MAX_DEPTH};
use serde::ser::Serialize;
use std::cell::RefCell;
use xxhash_rust::xxh3::xxh3_128;

thread_local! {
    /// A buffer that is used again.
    static WRITER: RefCell<DigestWriter> = const { RefCell::new(DigestWriter::new()) };
}

/// A longer buffer is not kept.
const KEPT: usize = 64 * 1024;

/// Presses one value. All that is not about its type is compiled once.
type WriteValue<'a> = &'a mut dyn FnMut(&mut DigestWriter) -> Result<(), CodecError>;

/// The digest of a value.
pub(in crate::codec) fn digest_of<T: Serialize + ?Sized>(value: &T) -> Result<Digest, CodecError> {
    digest_with(&mut |writer| value.serialize(writer))
}

fn digest_with(value: WriteValue<'_>) -> Result<Digest, CodecError> {
    WRITER.with(|kept| {
        let Ok(mut writer) = kept.try_borrow_mut() else {
            // A `Serialize` of the user's takes a digest itself.
            return DigestWriter::new().digest(value);
        };
        let digest = writer.digest(value);
        if writer.bytes.capacity() > KEPT {
            writer.bytes = Vec::new();
        }
        digest
    })
}

/// The tag that a value begins with. No value is a prefix of another one, so sequences of values are unambiguous.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Tag {
    Null,
    False,
    True,
    /// Eight bytes.
    Int,
    /// Eight bytes, for what is too large for an `i64`.
    Natural,
    /// Sixteen bytes.
    Wide,
    /// Sixteen bytes.
    WideNatural,
    /// The eight bytes of an `f64`.
    Float,
    /// Length and bytes.
    Text,
    /// A sequence: its elements, up to an `End`.
    Sequence,
    End,
    /// How many entries, and the sum of their hashes: a sum does not ask for their order.
    Map,
}

#[inline]
fn push_text(bytes: &mut Vec<u8>, text: &[u8]) {
    let mut length = text.len();
    // Seven bits a byte, the lowest first; all but the last have the eighth.
    loop {
        let [low, ..] = length.to_le_bytes();
        length >>= 7;
        if length == 0 {
            bytes.push(low);
            break;
        }
        bytes.push(low | 0x80);
    }
    bytes.extend_from_slice(text);
}

/// Values as bytes.
pub(super) struct DigestWriter {
    bytes: Vec<u8>,
    depth: usize,
    pub(super) some: OpenSome,
    /// Their lengths and bytes.
    names: Names<Box<[u8]>>,
}

impl DigestWriter {
    const fn new() -> Self {
        Self { bytes: Vec::new(), depth: 0, some: OpenSome::NONE, names: Names::new() }
    }

    fn digest(&mut self, value: WriteValue<'_>) -> Result<Digest, CodecError> {
        self.bytes.clear();
        self.depth = 0;
        self.some = OpenSome::NONE;
        value(&mut *self)?;
        Ok(Digest::of(&self.bytes))
    }

    #[inline]
    pub(super) fn tag(&mut self, tag: Tag) {
        self.bytes.push(tag as u8);
    }

    #[inline]
    pub(super) fn tagged<const N: usize>(&mut self, tag: Tag, bytes: [u8; N]) {
        self.tag(tag);
        self.bytes.extend_from_slice(&bytes);
    }

    #[inline]
    pub(super) fn text(&mut self, text: &[u8]) {
        push_text(&mut self.bytes, text);
    }

    /// Where the next byte goes.
    pub(super) fn position(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn null(&mut self) {
        self.tag(Tag::Null);
    }

    pub(super) fn open(&mut self) -> Result<(), CodecError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(CodecError::too_deep()) } else { Ok(()) }
    }

    /// A map of one entry, `{"Variant": ..}`, whose value follows: where it begins.
    pub(super) fn variant(&mut self, name: &'static str) -> Result<usize, CodecError> {
        self.open()?;
        let start = self.bytes.len();
        self.name(name)?;
        Ok(start)
    }

    pub(super) fn name(&mut self, name: &'static str) -> Result<(), CodecError> {
        let bytes = name.as_bytes();
        let plain = || is_plain(bytes, head(bytes));
        let known = self.names.find(name, |_| {
            plain().then(|| {
                let mut text = Vec::new();
                push_text(&mut text, bytes);
                text.into()
            })
        });
        match known {
            Some(known) => self.bytes.extend_from_slice(known),
            None if plain() => self.text(bytes),
            None => return self.key(name),
        }
        Ok(())
    }

    /// A key as it is written, without quotes: keys that JSON does not distinguish are the same here.
    pub(super) fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.written_key(&mut |writer| key.serialize(writer))
    }

    fn written_key(&mut self, key: Write<'_>) -> Result<(), CodecError> {
        let mut is_key = true;
        with_text(key, &mut |text| match text.as_bytes() {
            [b'"', inside @ .., b'"'] => self.text(inside),
            plain @ [b'-' | b'0'..=b'9' | b't' | b'f', ..] => self.text(plain),
            _ => is_key = false,
        })?;
        if is_key { Ok(()) } else { Err(CodecError::no_key()) }
    }

    /// The hash of an entry that began at `start`; its bytes are not needed any more.
    #[inline]
    pub(super) fn entry(&mut self, start: usize) -> u128 {
        let hash = xxh3_128(self.bytes.get(start..).unwrap_or_default());
        self.bytes.truncate(start);
        // The place of the last one is used again.
        self.some.start = usize::MAX;
        hash
    }

    pub(super) fn close_sequence(&mut self) {
        self.depth -= 1;
        self.tag(Tag::End);
    }

    pub(super) fn close_map(&mut self, count: u64, sum: u128) {
        self.depth -= 1;
        self.tagged(Tag::Map, count.to_le_bytes());
        self.bytes.extend_from_slice(&sum.to_le_bytes());
    }

    pub(super) fn close_variant(&mut self, start: usize) {
        let sum = self.entry(start);
        self.close_map(1, sum);
    }

    pub(super) fn wide(&mut self, value: i128) {
        match (i64::try_from(value), u64::try_from(value)) {
            (Ok(value), _) => self.tagged(Tag::Int, value.to_le_bytes()),
            (_, Ok(value)) => self.tagged(Tag::Natural, value.to_le_bytes()),
            _ => self.tagged(Tag::Wide, value.to_le_bytes()),
        }
    }
}
