//! A serializer that sorts keys and refuses what JSON cannot hold. Numbers and strings are written by
//! serde_json; only the order of keys and the refusals are ours.

use super::{CodecError, MAX_DEPTH};
use serde::ser::{self, Serialize};
use std::cell::RefCell;
use std::fmt::Display;

thread_local! {
    /// Buffers that are used again: most values are small, and there are many of them.
    static WRITER: RefCell<Writer> = RefCell::default();
}

/// Longer buffers are not kept.
const KEPT: usize = 64 * 1024;

/// Writes `value` and hands the text to `read`.
pub(super) fn with_text<T: Serialize + ?Sized, O>(
    value: &T,
    read: impl FnOnce(&[u8]) -> O,
) -> Result<O, CodecError> {
    let mut writer = WRITER.take();
    writer.out.clear();
    writer.entries.clear();
    writer.depth = 0;
    let written = value.serialize(&mut writer).map(|()| read(&writer.out));
    if writer.out.capacity() <= KEPT {
        WRITER.set(writer);
    }
    written
}

impl ser::Error for CodecError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message)
    }
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    /// Where entries are put in order.
    sorted: Vec<u8>,
    /// Entries of all maps that are open, innermost last: one vector instead of one per map.
    entries: Vec<Entry>,
    depth: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    start: usize,
    key_end: usize,
    end: usize,
}

impl Writer {
    fn leaf<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        serde_json::to_writer(&mut self.out, value).map_err(CodecError::new)
    }

    fn text(&mut self, text: &str) -> Result<(), CodecError> {
        // Most text has nothing to escape.
        // Looking at every byte, whatever was found, is what the compiler turns into vector instructions.
        let escape = text.bytes().fold(false, |seen, b| seen | (b < 0x20) | (b == b'"') | (b == b'\\'));
        if !escape {
            self.out.reserve(text.len() + 2);
            self.out.push(b'"');
            self.out.extend_from_slice(text.as_bytes());
            self.out.push(b'"');
            return Ok(());
        }
        self.leaf(text)
    }

    fn open(&mut self, bracket: u8) -> Result<(), CodecError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CodecError::new(format_args!("the value is nested deeper than {MAX_DEPTH} levels")));
        }
        self.out.push(bracket);
        Ok(())
    }

    fn close(&mut self, bracket: u8) {
        self.depth -= 1;
        self.out.push(bracket);
    }

    fn seq(&mut self, wrapped: bool) -> Result<Compound<'_>, CodecError> {
        self.open(b'[')?;
        Ok(Compound { first_entry: self.entries.len(), start: self.out.len(), writer: self, wrapped })
    }

    fn map(&mut self, wrapped: bool) -> Result<Compound<'_>, CodecError> {
        self.open(b'{')?;
        Ok(Compound { first_entry: self.entries.len(), start: self.out.len(), writer: self, wrapped })
    }

    /// `{"Variant":`, for variants that carry something.
    fn variant(&mut self, name: &'static str) -> Result<(), CodecError> {
        self.open(b'{')?;
        self.text(name)?;
        self.out.push(b':');
        Ok(())
    }
}

struct Compound<'w> {
    writer: &'w mut Writer,
    first_entry: usize,
    /// Where the inside begins.
    start: usize,
    /// Whether a variant's `{"Variant":` has to be closed too.
    wrapped: bool,
}

impl Compound<'_> {
    fn comma(&mut self) {
        if self.writer.out.len() > self.start {
            self.writer.out.push(b',');
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.comma();
        value.serialize(&mut *self.writer)
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
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
        let key_end = self.writer.out.len();
        self.writer.out.push(b':');
        self.writer.entries.push(Entry { start, key_end, end: key_end });
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        value.serialize(&mut *self.writer)?;
        let end = self.writer.out.len();
        if let Some(entry) = self.writer.entries.last_mut() {
            entry.end = end;
        }
        Ok(())
    }

    fn finish_seq(self) {
        self.writer.close(b']');
        if self.wrapped {
            self.writer.close(b'}');
        }
    }

    fn finish_map(self) {
        let Self { writer, first_entry, start, wrapped } = self;
        let Writer { out, entries, sorted, .. } = &mut *writer;
        let here = entries.get_mut(first_entry..).unwrap_or_default();
        // Without the closing quote: `"a"` comes before `"a!"`.
        let key = |e: &Entry| out.get(e.start + 1..e.key_end - 1).unwrap_or_default();
        if !here.is_sorted_by(|a, b| key(a) <= key(b)) {
            here.sort_by(|a, b| key(a).cmp(key(b)));
            sorted.clear();
            for entry in &*here {
                if !sorted.is_empty() {
                    sorted.push(b',');
                }
                sorted.extend_from_slice(out.get(entry.start..entry.end).unwrap_or_default());
            }
            out.truncate(start);
            out.extend_from_slice(sorted);
        }
        entries.truncate(first_entry);
        writer.close(b'}');
        if wrapped {
            writer.close(b'}');
        }
    }
}

macro_rules! leaves {
    ($($method:ident($t:ty))*) => { $(
        fn $method(self, v: $t) -> Result<(), CodecError> { self.leaf(&v) }
    )* };
}

impl<'w> ser::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = Compound<'w>;
    type SerializeTuple = Compound<'w>;
    type SerializeTupleStruct = Compound<'w>;
    type SerializeTupleVariant = Compound<'w>;
    type SerializeMap = Compound<'w>;
    type SerializeStruct = Compound<'w>;
    type SerializeStructVariant = Compound<'w>;

    leaves! {
        serialize_bool(bool) serialize_char(char)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    fn serialize_str(self, v: &str) -> Result<(), CodecError> {
        self.text(v)
    }
    fn serialize_f32(self, v: f32) -> Result<(), CodecError> {
        // serde_json would write `null`, which an `Option<f32>` reads as `None`.
        if v.is_finite() { self.leaf(&v) } else { Err(not_finite(v)) }
    }
    fn serialize_f64(self, v: f64) -> Result<(), CodecError> {
        if v.is_finite() { self.leaf(&v) } else { Err(not_finite(v)) }
    }
    fn serialize_bytes(self, v: &[u8]) -> Result<(), CodecError> {
        v.serialize(self)
    }
    fn serialize_none(self) -> Result<(), CodecError> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CodecError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), CodecError> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), CodecError> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), CodecError> {
        self.text(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.close(b'}');
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'w>, CodecError> {
        self.seq(false)
    }
    fn serialize_tuple(self, _: usize) -> Result<Compound<'w>, CodecError> {
        self.seq(false)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'w>, CodecError> {
        self.seq(false)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w>, CodecError> {
        self.variant(variant)?;
        self.seq(true)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'w>, CodecError> {
        self.map(false)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'w>, CodecError> {
        self.map(false)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w>, CodecError> {
        self.variant(variant)?;
        self.map(true)
    }
}

fn not_finite(v: impl Display) -> CodecError {
    CodecError::new(format_args!("`{v}` is not a finite number, and JSON holds no other"))
}

macro_rules! sequences {
    ($($kind:ident::$method:ident)*) => { $(
        impl ser::$kind for Compound<'_> {
            type Ok = ();
            type Error = CodecError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
                self.element(value)
            }
            fn end(self) -> Result<(), CodecError> {
                self.finish_seq();
                Ok(())
            }
        }
    )* };
}
sequences! {
    SerializeSeq::serialize_element SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field SerializeTupleVariant::serialize_field
}

macro_rules! structs {
    ($($kind:ident)*) => { $(
        impl ser::$kind for Compound<'_> {
            type Ok = ();
            type Error = CodecError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), CodecError> {
                self.key(key)?;
                self.value(value)
            }
            fn end(self) -> Result<(), CodecError> {
                self.finish_map();
                Ok(())
            }
        }
    )* };
}
structs!(SerializeStruct SerializeStructVariant);

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = CodecError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.key(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.value(value)
    }
    fn end(self) -> Result<(), CodecError> {
        self.finish_map();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::codec::{Json, MAX_DEPTH};
    use serde::{Deserialize, Serialize};
    use std::collections::{BTreeMap, HashMap};

    #[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
    enum Shape {
        Unit,
        New(f64),
        Tuple(u8, String),
        Struct { zeta: i128, alpha: Option<bool> },
    }

    fn text<T: Serialize>(value: &T) -> String {
        Json::encode(value).map(|j| j.to_string()).unwrap_or_else(|e| format!("error: {e}"))
    }

    #[test]
    fn keys_are_sorted_at_every_level() {
        #[derive(Serialize)]
        struct S {
            b: HashMap<&'static str, u8>,
            a: (u8, &'static str),
        }
        let s = S { b: [("y", 1), ("x", 2), ("x!", 3)].into(), a: (1, "q\"") };
        assert_eq!(text(&s), r#"{"a":[1,"q\""],"b":{"x":2,"x!":3,"y":1}}"#);
    }

    #[test]
    fn enums_and_keys_read_back() {
        let all = vec![
            Shape::Unit,
            Shape::New(0.1 + 0.2),
            Shape::Tuple(7, "é\n".into()),
            Shape::Struct { zeta: i128::MIN, alpha: None },
        ];
        let json = Json::encode(&all);
        assert_eq!(json.and_then(|j| j.decode::<Vec<Shape>>()), Ok(all));
        let keyed: BTreeMap<i32, bool> = [(-1, true), (20, false)].into();
        assert_eq!(text(&keyed), r#"{"-1":true,"20":false}"#);
        assert_eq!(Json::encode(&keyed).and_then(|j| j.decode::<BTreeMap<i32, bool>>()), Ok(keyed));
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        let refused = "`NaN` is not a finite number, and JSON holds no other";
        assert_eq!(text(&Some(f64::NAN)), format!("error: {refused}"));
        assert_eq!(text(&f32::INFINITY), "error: `inf` is not a finite number, and JSON holds no other");
        let keys: HashMap<(u8, u8), u8> = [((1, 2), 3)].into();
        assert_eq!(text(&keys), "error: a map key must be a string, a number or a bool");
    }

    #[test]
    fn depth_is_bounded_on_both_sides_alike() {
        let nest = |n: usize| {
            (0..n).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]))
        };
        let deepest = Json::encode(&nest(MAX_DEPTH));
        assert_eq!(deepest.and_then(|j| j.decode::<serde_json::Value>()), Ok(nest(MAX_DEPTH)));
        assert_eq!(text(&nest(MAX_DEPTH + 1)), "error: the value is nested deeper than 127 levels");
    }

    #[test]
    fn floats_are_exact() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (wide, narrow) = (f64::from_bits(bits), f32::from_bits((bits >> 32) as u32));
            if wide.is_finite() {
                let back = Json::encode(&wide).and_then(|j| j.decode::<f64>());
                assert_eq!(back.map(f64::to_bits), Ok(wide.to_bits()));
            }
            if narrow.is_finite() {
                let back = Json::encode(&narrow).and_then(|j| j.decode::<f32>());
                assert_eq!(back.map(f32::to_bits), Ok(narrow.to_bits()));
            }
        }
    }
}
