//! Contexts: parts, merge rules, and how they are recorded.

#![allow(clippy::unwrap_used, reason = "that is how tests fail")]

use flujo::codec::Json;
use flujo::context::{ArmState, Context, MergeConflict, REST, part_bit};
use flujo::prelude::*;
use flujo::{Contains, Provides};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sources(Vec<String>);

/// Keeps the longest.
fn longest(base: &Name, arms: &[Name]) -> Result<Name, (usize, String)> {
    if let Some(i) = arms.iter().position(|n| n.0.is_empty()) {
        return Err((i, "no name".to_owned()));
    }
    Ok(arms.iter().chain([base]).max_by_key(|n| n.0.len()).cloned().unwrap_or_default())
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Name(String);

#[context]
#[derive(Debug, Default, PartialEq)]
struct Full {
    id: u64,
    #[context(part)]
    sources: Sources,
    title: String,
    #[context(part, merge = append)]
    notes: Vec<String>,
    #[context(part, merge = sum)]
    count: i32,
    #[context(part, merge = max)]
    best: f64,
    #[context(part, merge = min)]
    least: u8,
    #[context(part, merge = union)]
    tags: BTreeSet<String>,
    #[context(part, merge = last)]
    mood: Option<char>,
    #[context(part, merge = self::longest)]
    name: Name,
}

fn arm(base: &Full, change: impl FnOnce(&mut Full), written: u64) -> ArmState<Full> {
    let mut context = base.clone();
    change(&mut context);
    ArmState { context, written }
}

fn bit(name: &str) -> u64 {
    1 << part_bit::<Full>(name).unwrap()
}

fn base() -> Full {
    Full { notes: vec!["0".into()], count: 10, best: 1.0, least: 5, ..Full::default() }
}

#[test]
fn parts_are_found_by_type() {
    let mut full = base();
    assert_eq!(Contains::<i32>::part(&full), &10);
    *Contains::<Name>::part_mut(&mut full) = Name("n".into());
    assert_eq!(full.name.0, "n");
    assert_eq!(<Full as Contains<Sources>>::BIT, Some(0));
    assert_eq!(<Full as Contains<Full>>::BIT, None);
    assert_eq!(part_bit::<Full>("name"), Some(7));
    assert_eq!(part_bit::<Full>("(rest)"), Some(REST));
    let rules: Vec<_> = Full::PARTS.iter().map(|p| p.merge).collect();
    let some = Some;
    assert_eq!(
        rules,
        [
            None,
            some("append"),
            some("sum"),
            some("max"),
            some("min"),
            some("union"),
            some("last"),
            some("self::longest")
        ]
    );
}

#[test]
fn every_rule_sees_the_base_once() {
    let mut full = base();
    let all = u64::MAX >> 1 & !bit("sources");
    let arms = [
        arm(
            &full,
            |c| {
                c.notes.push("a".into());
                c.count += 1;
                c.best = 3.0;
                c.least = 4;
                c.tags.insert("x".into());
                c.mood = Some('a');
                c.name = Name("long".into());
                c.sources = Sources(vec!["not written".into()]);
            },
            all,
        ),
        arm(
            &full,
            |c| {
                c.notes.push("b".into());
                c.count -= 5;
                c.best = 2.0;
                c.least = 6;
                c.tags.insert("y".into());
                c.mood = None;
                c.name = Name("longer".into());
                c.sources.0.push("one writer".into());
            },
            all | bit("sources"),
        ),
    ];
    full.merge(&arms).unwrap();
    assert_eq!(full.notes, ["0", "a", "b"]);
    assert_eq!((full.count, full.best, full.least, full.mood), (6, 3.0, 4, None));
    assert_eq!(full.tags.iter().map(String::as_str).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(full.name.0, "longer");
    assert_eq!(full.sources.0, ["one writer"]);
}

#[test]
fn a_conflict_names_the_arm_and_changes_nothing() {
    let before = base();
    let conflict = |arms: &[ArmState<Full>]| -> MergeConflict {
        let mut full = before.clone();
        let conflict = full.merge(arms).unwrap_err();
        assert_eq!(full, before);
        conflict
    };
    let quiet = arm(&before, |_| {}, 0);
    let writes = |name| arm(&before, |c| c.notes.push("x".into()), bit(name) | bit("notes"));
    let two = conflict(&[quiet.clone(), writes("sources"), quiet.clone(), writes("sources")]);
    assert_eq!((two.part, two.arm), ("sources", 3));
    let unfit = arm(&before, |c| c.notes.clear(), bit("notes"));
    let two = conflict(&[writes("notes"), quiet.clone(), unfit]);
    assert_eq!((two.part, two.arm), ("notes", 2));
    let two = conflict(&[writes("name"), quiet.clone(), writes("name")]);
    assert_eq!((two.part, two.arm, two.message.as_str()), ("name", 0, "no name"));
    let rest = |id| arm(&before, |c| c.id = id, 1 << REST);
    let two = conflict(&[rest(1), quiet, rest(2)]);
    assert_eq!((two.part, two.arm), ("(rest)", 2));
}

#[test]
fn one_writer_of_the_rest_wins() {
    let mut full = base();
    let arms = [arm(&full, |c| c.id = 1, 0), arm(&full, |c| (c.id, c.title) = (2, "t".into()), 1 << REST)];
    full.merge(&arms).unwrap();
    assert_eq!((full.id, full.title.as_str()), (2, "t"));
}

#[test]
fn parts_and_the_rest_are_recorded_apart() {
    let mut full = base();
    full.title = "t".into();
    assert_eq!(full.save(REST).unwrap().as_str(), r#"{"id":0,"title":"t"}"#);
    assert_eq!(full.save(1).unwrap().as_str(), r#"["0"]"#);
    let mut other = Full::default();
    for bit in (0..8).chain([REST]) {
        other.restore(bit, &full.save(bit).unwrap()).unwrap();
    }
    assert_eq!(other, full);
    other.restore(2, &Json::parse("\"no number\"").unwrap()).unwrap_err();
    other.restore(REST, &Json::parse("{\"id\":1}").unwrap()).unwrap_err();
    assert_eq!(other, full);
}

#[test]
fn the_whole_is_recorded_as_a_derive_would() {
    let json = Json::encode(&base()).unwrap();
    assert!(json.as_str().starts_with(r#"{"best":1.0,"count":10,"id":0,"#), "{json}");
    assert_eq!(json.decode::<Full>().unwrap(), base());
    let error = Json::parse("{}").unwrap().decode::<Full>().unwrap_err().to_string();
    assert!(error.contains("missing field `id`"), "{error}");
    let error = Json::parse("7").unwrap().decode::<Full>().unwrap_err().to_string();
    assert!(error.contains("struct Full"), "{error}");
}

mod seconds {
    use super::Duration;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(value.as_secs())
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_secs)
    }
}

fn seven() -> u8 {
    7
}

#[context]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[derive(Debug, PartialEq)]
struct Renamed {
    post_id: u64,
    #[serde(rename = "wait", with = "seconds")]
    wait_for: Duration,
    #[serde(alias = "old")]
    new_name: String,
    #[serde(default = "seven")]
    lucky: u8,
    #[serde(default)]
    #[context(part)]
    counts: BTreeMap<String, u8>,
}

#[test]
fn serde_attributes_of_fields_hold() {
    let text = r#"{"postId":1,"wait":3,"old":"n"}"#;
    let renamed: Renamed = Json::parse(text).unwrap().decode().unwrap();
    assert_eq!(renamed.wait_for, Duration::from_secs(3));
    assert_eq!((renamed.lucky, renamed.new_name.as_str()), (7, "n"));
    assert_eq!(
        Json::encode(&renamed).unwrap().as_str(),
        r#"{"counts":{},"lucky":7,"newName":"n","postId":1,"wait":3}"#
    );
    let rest = renamed.save(REST).unwrap();
    let mut other = Renamed { lucky: 1, ..renamed.clone() };
    other.restore(REST, &rest).unwrap();
    assert_eq!(other, renamed);
    Json::parse(r#"{"postId":1,"wait":3,"old":"n","x":1}"#).unwrap().decode::<Renamed>().unwrap_err();
}

#[context]
#[serde(default)]
#[derive(Debug, Default, PartialEq)]
struct Defaulted {
    a: u8,
    b: String,
}

#[context]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Derived {
    #[serde(rename = "x")]
    a: u8,
    #[context(part)]
    sources: Sources,
}

#[context]
#[derive(Debug, Default)]
struct Empty {}

#[test]
fn other_ways_to_be_recorded() {
    let some: Defaulted = Json::parse(r#"{"a":1}"#).unwrap().decode().unwrap();
    assert_eq!(some, Defaulted { a: 1, b: String::new() });
    let derived = Derived { a: 1, sources: Sources::default() };
    assert_eq!(Json::encode(&derived).unwrap().as_str(), r#"{"sources":[],"x":1}"#);
    assert_eq!(derived.save(REST).unwrap().as_str(), r#"{"x":1}"#);
    assert!(!Empty::HAS_REST && Empty::PARTS.is_empty());
    assert_eq!(Json::encode(&Empty {}).unwrap().as_str(), "{}");
}

#[resources]
struct App {
    db: String,
    limit: u32,
}

#[test]
fn resources_are_found_by_type() {
    let app = App { db: "db".into(), limit: 3 };
    assert_eq!(Provides::<String>::provide(&app), "db");
    assert_eq!(Provides::<u32>::provide(&app), &3);
}
