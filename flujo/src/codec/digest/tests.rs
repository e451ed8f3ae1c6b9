//! The digest of a value says what its canonical JSON says.

use crate::codec::{Json, MAX_DEPTH, digest};
use crate::random::Random;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

fn of<T: Serialize + ?Sized>(value: &T) -> String {
    digest(value).map_or_else(|e| format!("error: {e}"), |digest| digest.to_string())
}

#[derive(Serialize)]
struct Post {
    zeta: i8,
    text: Option<String>,
    #[serde(rename = "quo\"ted")]
    quoted: (),
    tags: Vec<&'static str>,
}

#[derive(Serialize)]
enum Shape {
    Unit,
    New(u128),
    Tuple(u8, char),
    Struct { b: f32, a: bool },
}

#[derive(Serialize)]
struct Wrapped(Shape);

fn post() -> Post {
    Post { zeta: -3, text: Some("x".repeat(300)), quoted: (), tags: vec!["a", "\n", ""] }
}

/// Each of these is the same JSON on both sides.
#[test]
fn what_json_does_not_tell_apart_has_one_digest() {
    let map: HashMap<u8, bool> = (0..40).map(|n| (n, n % 2 == 0)).collect();
    let tree: BTreeMap<String, bool> = (0..40).rev().map(|n| (n.to_string(), n % 2 == 0)).collect();
    let json = json!({"text": "x".repeat(300), "zeta": -3, "tags": ["a", "\n", ""], "quo\"ted": null});
    let same = [
        (of(&map), of(&tree)),
        (of(&post()), of(&json)),
        (of(&Some(7_u8)), of(&7_i128)),
        (of(&u64::MAX), of(&i128::from(u64::MAX))),
        (of(&(1_u64 << 63)), of(&(1_u128 << 63))),
        (of(&i128::MAX), of(&u128::try_from(i128::MAX).unwrap())),
        (of(&0.1_f32), of(&0.1_f64)),
        (of(&'c'), of("c")),
        (of(&Shape::Unit), of("Unit")),
        (of(&Wrapped(Shape::New(5))), of(&json!({"New": 5}))),
        (of(&Shape::Tuple(1, 'x')), of(&json!({"Tuple": [1, "x"]}))),
        (of(&Shape::Struct { b: 1.5, a: true }), of(&json!({"Struct": {"a": true, "b": 1.5}}))),
        (of(&HashMap::from([(true, 1)])), of(&json!({"true": 1}))),
        (of(&HashMap::from([("\u{1}", 1)])), of(&json!({"\u{1}": 1}))),
        (of(&(1, "a")), of(&json!([1, "a"]))),
        (of(&Bytes([1, 2])), of(&json!([1, 2]))),
    ];
    for (i, (one, other)) in same.iter().enumerate() {
        assert_eq!(one, other, "pair {i}");
        assert!(!one.starts_with("error"), "pair {i}: {one}");
    }
}

/// What is handed to `serialize_bytes`.
struct Bytes([u8; 2]);
impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

/// Values that nest, out of few words and numbers, so that some come twice.
fn any(random: &mut Random, depth: u8) -> Value {
    let word = |random: &mut Random| ["", "a", "b", "ab", "1", "a\"b"][random.below(6)].to_owned();
    match random.below(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => (random.below(2) == 0).into(),
        2 => [-2, -1, 0, 1][random.below(4)].into(),
        3 => [-0.5, -0.0, 0.5, 1.0][random.below(4)].into(),
        4 => [u64::MAX, u64::MAX - 1][random.below(2)].into(),
        5 => word(random).into(),
        6 | 7 => (0..random.below(4)).map(|_| any(random, depth - 1)).collect(),
        _ => (0..random.below(4)).map(|_| (word(random), any(random, depth - 1))).collect(),
    }
}

#[test]
fn two_digests_are_the_same_exactly_where_the_texts_are() {
    let mut random = Random(7);
    let mut texts = HashMap::new();
    for _ in 0..50_000 {
        let value = any(&mut random, 4);
        let text = Json::encode(&value).unwrap().to_string();
        assert_eq!(*texts.entry(text.clone()).or_insert_with(|| of(&value)), of(&value), "{text}");
    }
    let digests: HashSet<_> = texts.values().collect();
    assert_eq!(digests.len(), texts.len(), "two texts have one digest");
    assert_eq!(texts.len(), 7608, "so many this seed gives");
}

#[test]
fn numbers_are_told_apart_as_their_texts_are() {
    let all = [
        of(&0),
        of(&0.0),
        of(&-0.0),
        of(&1),
        of(&1.0),
        of(&"1"),
        of(&u64::MAX),
        of(&i64::MIN),
        of(&u128::MAX),
        of(&i128::MIN),
        of(&(i128::MIN + 1)),
        of(&f64::MAX),
        of(&f64::MIN_POSITIVE),
        of(&false),
        of(&()),
        of(&[(); 0]),
        of(&HashMap::<u8, u8>::new()),
        of(&[0]),
        of(&[0, 0]),
        of(&[[0], [0]]),
    ];
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "{all:?}");
}

#[test]
fn what_json_cannot_hold_is_refused_in_the_same_words() {
    fn refused<T: Serialize>(value: &T) {
        let text = Json::encode(value).map_or_else(|e| format!("error: {e}"), |json| json.to_string());
        assert_eq!(of(value), text);
    }
    refused(&f64::NAN);
    refused(&Some(f32::INFINITY));
    refused(&HashMap::from([((1, 2), 3)]));
    refused(&HashMap::from([(Some(1), f64::NAN)]));
    refused(&BTreeMap::from([((), 3)]));
    refused(&Some(None::<u8>));
    refused(&vec![Some(Some(())), None]);
    refused(&Some(Some(f64::NAN)));
    // Entries stand at one place, one after the other, and keys at one of their own.
    assert!(!of(&BTreeMap::from([("a", Some(1)), ("b", None), ("c", Some(2))])).starts_with("error"));
    assert!(!of(&[Some(BTreeMap::from([("a", 1)])), None]).starts_with("error"));
    assert!(!of(&[Some(BTreeMap::<u8, u8>::new()), None]).starts_with("error"));
    let nest = |n| (0..n).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    refused(&nest(MAX_DEPTH + 1));
    assert!(!of(&nest(MAX_DEPTH)).starts_with("error"));
    assert!(
        !of(&(nest(MAX_DEPTH - 1), nest(MAX_DEPTH - 1))).starts_with("error"),
        "what is closed does not count"
    );
}

/// A value of the user's may take a digest, or encode something, while one is taken of it.
#[test]
fn a_digest_within_a_digest_is_its_own() {
    struct Nosy;
    impl Serialize for Nosy {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_str(&(of(&post()) + &Json::encode(&7).unwrap().to_string()))
        }
    }
    let plain = of(&post()) + "7";
    assert_eq!(of(&(1, Nosy)), of(&(1, plain)));
}
