//! The values that JSON is known to alter, each kept or refused.

#![allow(clippy::option_option, reason = "it is what is tested")]

use super::{Json, digest};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::marker::PhantomData;

#[allow(clippy::needless_pass_by_value, reason = "the values are made for this call")]
fn kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let json = Json::encode(&value).unwrap();
    assert_eq!(json.decode::<T>().unwrap_or_else(|error| panic!("{json}: {error}")), value);
    digest(&value).unwrap();
}

fn refused<T: Serialize>(value: &T, why: &str) {
    assert_eq!(Json::encode(value).unwrap_err().to_string(), why);
}

/// A `Some` that would come back as `None`; `of` is what it holds.
fn lost<T: Serialize>(value: &T, of: &str) {
    let why = format!("a `Some` around nothing, of type `Option<{of}>`, reads back as `None`: use an enum");
    refused(value, &why);
    assert_eq!(digest(value).unwrap_err().to_string(), why);
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Unit;
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inside<T>(T);
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Field<T> {
    a: u8,
    b: T,
}
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Choice {
    Nothing,
    One(Option<u8>),
    Unit(()),
    Two(Option<u8>, ()),
    Named { value: Option<()> },
}

#[test]
fn a_some_that_holds_nothing_is_refused() {
    const OPTION: &str = "core::option::Option<u8>";
    lost(&Some(None::<u8>), OPTION);
    lost(&Some(Some(None::<u8>)), OPTION);
    lost(&vec![None, Some(Some(1_u8)), Some(None)], OPTION);
    lost(&Field { a: 1, b: Some(None::<u8>) }, OPTION);
    lost(&BTreeMap::from([("a", Some(None::<u8>))]), OPTION);
    lost(&Some(Box::new(None::<u8>)), "alloc::boxed::Box<core::option::Option<u8>>");
    lost(&Some(Inside(None::<u8>)), "flujo::codec::exact::Inside<core::option::Option<u8>>");
    lost(&Some(()), "()");
    lost(&Choice::Named { value: Some(()) }, "()");
    lost(&Some(Unit), "flujo::codec::exact::Unit");
    lost(&Some(PhantomData::<u8>), "core::marker::PhantomData<u8>");
    lost(&Some(Value::Null), "serde_json::value::Value");
    lost(&Some(Inside(Some(()))), "()");
}

#[test]
fn other_options_and_units_are_kept() {
    kept(None::<Option<u8>>);
    kept(Some(Some(1_u8)));
    kept(vec![None, Some(Some(1_u8)), None]);
    kept(Some("null".to_owned()));
    kept(Some(vec![None::<u8>]));
    kept(Some(vec![(), ()]));
    kept(Some((None::<u8>, ())));
    kept(Some(Field { a: 1, b: None::<u8> }));
    kept(Some(Value::from("null")));
    kept(((), Unit, PhantomData::<u8>, Inside(()), None::<()>));
    kept(Ok::<Option<u8>, ()>(None));
    kept(Err::<u8, ()>(()));
    kept(Some(Ok::<Option<u8>, ()>(None)));
    kept([Choice::Nothing, Choice::One(None), Choice::One(Some(1)), Choice::Unit(()), Choice::Two(None, ())]);
    kept(Some(Choice::One(None)));
    kept(Some(Choice::Named { value: None }));
}

/// What a crate for double options writes: the outer `None` is left out, and the inner one is `null`.
#[test]
fn an_option_that_is_written_by_hand_is_kept() {
    mod double {
        use serde::{Deserialize, Deserializer, Serializer};
        #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
        pub(super) fn serialize<S: Serializer>(v: &Option<Option<u8>>, to: S) -> Result<S::Ok, S::Error> {
            match v {
                Some(Some(n)) => to.serialize_some(n),
                _ => to.serialize_none(),
            }
        }
        pub(super) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<Option<u8>>, D::Error> {
            Option::deserialize(from).map(Some)
        }
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Patch {
        #[serde(default, skip_serializing_if = "Option::is_none", with = "double")]
        name: Option<Option<u8>>,
    }
    for name in [None, Some(None), Some(Some(1))] {
        kept(Patch { name });
    }
}

#[test]
fn keys_are_kept_or_refused() {
    kept(HashMap::from([(-1_i8, 1), (2, 2)]));
    kept(HashMap::from([(u128::MAX, 1), (0, 2)]));
    kept(HashMap::from([(i128::MIN, 1), (0, 2)]));
    kept(HashMap::from([(true, 1), (false, 2)]));
    kept(HashMap::from([('"', 1), ('é', 2)]));
    kept(HashMap::from([(Some(1_u8), 1), (Some(2), 2)]));
    kept(HashMap::from([(String::new(), 1), ("1".to_owned(), 2)]));
    let no_key = "a map key must be a string, a number or a bool";
    refused(&HashMap::from([(None::<u8>, 1)]), no_key);
    refused(&HashMap::from([((), 1)]), no_key);
    refused(&HashMap::from([(Unit, 1)]), no_key);
    refused(&HashMap::from([((1, 2), 1)]), no_key);
}

#[test]
fn keys_that_are_written_alike_are_refused() {
    #[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Key {
        Number(u8),
        Text(String),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        id: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u64>,
    }
    let twice = |key| format!("a map has two entries with the key `{key}`, and one would be lost");
    refused(&BTreeMap::from([(Key::Number(1), 1), (Key::Text("1".into()), 2)]), &twice("1"));
    let flat = |key: &str| Flat { id: 1, rest: BTreeMap::from([(key.to_owned(), u64::MAX)]) };
    refused(&flat("id"), &twice("id"));
    refused(&vec![flat("name"), flat("id")], &twice("id"));
    kept(flat("i"));
    kept(flat("id\""));
    kept(flat("idle"));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flattened<T> {
    #[serde(flatten)]
    inner: Field<T>,
}

#[test]
fn numbers_are_kept_or_refused() {
    kept((u64::MAX, i64::MIN, u128::MAX, i128::MIN));
    kept(Some(u128::MAX));
    kept(vec![i128::MIN, i128::MAX]);
    kept((0.1_f32, f32::MIN_POSITIVE, f64::MAX, 5e-324, 1e15, -1e300));
    assert_eq!(Json::encode(&-0.0).unwrap().decode::<f64>().unwrap().to_bits(), (-0.0_f64).to_bits());
    refused(&Some(f64::NEG_INFINITY), "`-inf` is not a finite number, and JSON holds no other");
    kept(Flattened { inner: Field { a: 1, b: u64::MAX } });
    // serde reads what is flattened through a form without integers of 128 bits: an error, not another number.
    let wide = Json::encode(&Flattened { inner: Field { a: 1, b: 1_u128 << 64 } }).unwrap();
    assert!(wide.decode::<Flattened<u128>>().is_err());
}
