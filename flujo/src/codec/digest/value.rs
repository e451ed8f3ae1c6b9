//! How each kind of value becomes bytes, of which the digest is taken.

use super::digest_writer::{DigestWriter, Tag};
use crate::codec::CodecError;
use crate::codec::shape::{OpenSome, is_map, is_sequence, passes_on};
use serde::ser::{self, Serialize};

macro_rules! integers {
    ($($method:ident($t:ty))*) => { $(
        #[inline]
        fn $method(self, v: $t) -> Result<(), CodecError> {
            self.tagged(Tag::Int, i64::from(v).to_le_bytes());
            Ok(())
        }
    )* };
}

impl<'p> ser::Serializer for &'p mut DigestWriter {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = Sequence<'p>;
    type SerializeTuple = Sequence<'p>;
    type SerializeTupleStruct = Sequence<'p>;
    type SerializeTupleVariant = Sequence<'p>;
    type SerializeMap = Map<'p>;
    type SerializeStruct = Map<'p>;
    type SerializeStructVariant = Map<'p>;

    integers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32)
    }

    #[inline]
    fn serialize_u64(self, v: u64) -> Result<(), CodecError> {
        match i64::try_from(v) {
            Ok(v) => self.tagged(Tag::Int, v.to_le_bytes()),
            Err(_) => self.tagged(Tag::Natural, v.to_le_bytes()),
        }
        Ok(())
    }
    fn serialize_i128(self, v: i128) -> Result<(), CodecError> {
        self.wide(v);
        Ok(())
    }
    fn serialize_u128(self, v: u128) -> Result<(), CodecError> {
        match i128::try_from(v) {
            Ok(v) => self.wide(v),
            Err(_) => self.tagged(Tag::WideNatural, v.to_le_bytes()),
        }
        Ok(())
    }
    fn serialize_bool(self, v: bool) -> Result<(), CodecError> {
        self.tag(if v { Tag::True } else { Tag::False });
        Ok(())
    }
    fn serialize_char(self, v: char) -> Result<(), CodecError> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }
    #[inline]
    fn serialize_str(self, v: &str) -> Result<(), CodecError> {
        self.tag(Tag::Text);
        self.text(v.as_bytes());
        Ok(())
    }
    fn serialize_f32(self, v: f32) -> Result<(), CodecError> {
        if !v.is_finite() {
            return Err(CodecError::not_finite(v));
        }
        // The shortest text of an `f32`, which is what JSON keeps of it, is that of another `f64`.
        let wide = v.to_string().parse().unwrap_or_else(|_| f64::from(v));
        self.serialize_f64(wide)
    }
    #[inline]
    fn serialize_f64(self, v: f64) -> Result<(), CodecError> {
        if !v.is_finite() {
            return Err(CodecError::not_finite(v));
        }
        self.tagged(Tag::Float, v.to_bits().to_le_bytes());
        Ok(())
    }
    passes_on!();

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        let start = self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.close_variant(start);
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Sequence<'p>, CodecError> {
        Sequence::open(self)
    }
    fn serialize_tuple(self, _: usize) -> Result<Sequence<'p>, CodecError> {
        Sequence::open(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Sequence<'p>, CodecError> {
        Sequence::open(self)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Sequence<'p>, CodecError> {
        let start = self.variant(variant)?;
        Ok(Sequence { variant: Some(start), ..Sequence::open(self)? })
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Map<'p>, CodecError> {
        Map::open(self)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Map<'p>, CodecError> {
        Map::open(self)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Map<'p>, CodecError> {
        let start = self.variant(variant)?;
        Ok(Map { variant: Some(start), ..Map::open(self)? })
    }
}

/// A sequence that is open.
pub(super) struct Sequence<'p> {
    writer: &'p mut DigestWriter,
    /// Where the entry of the variant that it belongs to began.
    variant: Option<usize>,
}

impl<'p> Sequence<'p> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        value.serialize(&mut *self.writer)
    }

    fn open(writer: &'p mut DigestWriter) -> Result<Self, CodecError> {
        writer.open()?;
        writer.tag(Tag::Sequence);
        Ok(Self { writer, variant: None })
    }

    fn finish(self) {
        let Self { writer, variant } = self;
        writer.close_sequence();
        if let Some(start) = variant {
            writer.close_variant(start);
        }
    }
}

is_sequence!(Sequence finish);

/// A map that is open.
pub(super) struct Map<'p> {
    writer: &'p mut DigestWriter,
    /// Where the bytes of its entries begin, one after the other.
    start: usize,
    sum: u128,
    count: u64,
    /// Where the entry of the variant that it belongs to began.
    variant: Option<usize>,
}

impl<'p> Map<'p> {
    #[inline]
    fn name(&mut self, name: &'static str) -> Result<(), CodecError> {
        self.writer.name(name)
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.writer.key(key)
    }

    fn open(writer: &'p mut DigestWriter) -> Result<Self, CodecError> {
        writer.open()?;
        Ok(Self { start: writer.position(), writer, sum: 0, count: 0, variant: None })
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        value.serialize(&mut *self.writer)?;
        self.sum = self.sum.wrapping_add(self.writer.entry(self.start));
        self.count += 1;
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps, reason = "a map that is written as text may fail here")]
    fn finish(self) -> Result<(), CodecError> {
        let Self { writer, sum, count, variant, .. } = self;
        writer.close_map(count, sum);
        if let Some(start) = variant {
            writer.close_variant(start);
        }
        Ok(())
    }
}

is_map!(Map finish);
