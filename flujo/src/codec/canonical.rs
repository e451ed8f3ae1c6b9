//! A serializer that sorts keys and refuses what JSON cannot hold; all else is as `serde_json` writes it.

use super::CodecError;
use super::shape::{OpenSome, is_map, is_sequence, passes_on};
use super::text::write_text;
use super::writer::{Compound, Writer};
use serde::ser::{self, Serialize};
use std::fmt::Display;

impl ser::Error for CodecError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message)
    }
}

macro_rules! integers {
    ($($method:ident($t:ty))*) => { $(
        fn $method(self, v: $t) -> Result<(), CodecError> {
            self.integer(v);
            Ok(())
        }
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

    integers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    fn serialize_bool(self, v: bool) -> Result<(), CodecError> {
        self.out.push_str(if v { "true" } else { "false" });
        Ok(())
    }
    fn serialize_char(self, v: char) -> Result<(), CodecError> {
        write_text(&mut self.out, v.encode_utf8(&mut [0; 4]));
        Ok(())
    }
    fn serialize_str(self, v: &str) -> Result<(), CodecError> {
        write_text(&mut self.out, v);
        Ok(())
    }
    fn serialize_f32(self, v: f32) -> Result<(), CodecError> {
        // serde_json would write `null`, which an `Option<f32>` reads as `None`.
        if v.is_finite() { self.number(v) } else { Err(CodecError::not_finite(v)) }
    }
    fn serialize_f64(self, v: f64) -> Result<(), CodecError> {
        if v.is_finite() { self.number(v) } else { Err(CodecError::not_finite(v)) }
    }
    passes_on!();

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.close('}');
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'w>, CodecError> {
        self.compound('[', false)
    }
    fn serialize_tuple(self, _: usize) -> Result<Compound<'w>, CodecError> {
        self.compound('[', false)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'w>, CodecError> {
        self.compound('[', false)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w>, CodecError> {
        self.variant(variant)?;
        self.compound('[', true)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'w>, CodecError> {
        self.compound('{', false)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'w>, CodecError> {
        self.compound('{', false)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w>, CodecError> {
        self.variant(variant)?;
        self.compound('{', true)
    }
}

is_sequence!(Compound finish_seq);
is_map!(Compound finish_map);

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
        Json::encode(value).map_or_else(|e| format!("error: {e}"), |j| j.to_string())
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
        // Keys that begin alike, that hold what has to be escaped, and a map that is a small part of the text.
        let alike =
            [("temperature_b", 1), ("temperature_a", 2), ("temperatures", 3), ("temperat", 4), ("\0", 5)];
        let inside = r#"{"\u0000":5,"temperat":4,"temperature_a":2,"temperature_b":1,"temperatures":3}"#;
        let long = "x".repeat(200);
        let map = |reversed: bool| {
            let mut pairs = alike;
            if reversed {
                pairs.reverse();
            }
            serde_json::Map::from_iter(pairs.map(|(k, v)| (k.to_owned(), v.into())))
        };
        for reversed in [true, false] {
            assert_eq!(text(&map(reversed)), inside);
            assert_eq!(text(&(&long, map(reversed))), format!("[\"{long}\",{inside}]"));
        }
    }

    #[test]
    fn any_number_of_entries_is_sorted_and_none_comes_twice() {
        struct Pairs(Vec<String>);
        impl Serialize for Pairs {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_map(self.0.iter().map(|key| (key, 1)))
            }
        }
        for n in 1..40_usize {
            // 17 and 40 have no divisor in common, so that is every key once, and in no order.
            let mut keys: Vec<String> = (0..n).map(|i| format!("a long key {:02}", i * 17 % 40)).collect();
            let written = text(&Pairs(keys.clone()));
            keys.sort();
            let sorted: Vec<String> = keys.iter().map(|key| format!("\"{key}\":1")).collect();
            assert_eq!(written, format!("{{{}}}", sorted.join(",")));
            keys.reverse();
            keys.insert(n / 2, "a long key 00".to_owned());
            let twice = "a map has two entries with the key `a long key 00`, and one would be lost";
            assert_eq!(text(&Pairs(keys)), format!("error: {twice}"));
        }
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
        let nest =
            |n: usize| (0..n).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]));
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
