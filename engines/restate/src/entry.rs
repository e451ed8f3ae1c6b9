//! The record of an attempt, as it is written in a journal: without the key, which is the name of the entry, and without
//! what is as it mostly is. A cluster writes every byte of it several times.

use flujo::Usage;
use flujo::clock::Timestamp;
use flujo::codec::{Digest, Json};
use flujo::engine::{Exchanges, Finding, Key, Kind, ModelUse, PartChange, Record, RecordOutcome as Outcome};
use flujo::error::FailureRecord;
use flujo::path::Path;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;
use std::sync::Arc;

/// A record, with or without its key.
#[derive(Clone, Debug)]
pub(crate) struct Entry(pub(crate) Arc<Record>);

impl Entry {
    /// The record, which was read under this key.
    pub(crate) fn under(self, key: Key) -> Arc<Record> {
        let mut record = self.0;
        Arc::make_mut(&mut record).key = key;
        record
    }
}

/// What an attempt leaves in the journal: its record, and whether its body reserved something. If it did not, what is still
/// reserved for it was by a body that is lost.
pub(crate) struct Attempted {
    pub(crate) entry: Entry,
    pub(crate) reserved: bool,
}

impl Serialize for Attempted {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.reserved { (&self.entry, true).serialize(to) } else { self.entry.serialize(to) }
    }
}

impl<'de> Deserialize<'de> for Attempted {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Attempted;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the record of an attempt")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Attempted, A::Error> {
                let entry = Entry::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Attempted { entry, reserved: false })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, all: A) -> Result<Attempted, A::Error> {
                let (entry, reserved) = Deserialize::deserialize(SeqAccessDeserializer::new(all))?;
                Ok(Attempted { entry, reserved })
            }
        }
        from.deserialize_any(Either)
    }
}

/// The name of the entry of a command.
pub(crate) fn name_of(key: &Key) -> String {
    format!("{} {} {}", key.path, key.kind.word(), key.n)
}

/// The command that an entry of this name is of.
pub(crate) fn key_of(name: &str) -> Option<Key> {
    let (rest, n) = name.rsplit_once(' ')?;
    let (path, word) = rest.rsplit_once(' ')?;
    Some(Key { path: Path::from(path), kind: Kind::from_word(word)?, n: n.parse().ok()? })
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Written::serialize(&self.0, to)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Written::deserialize(from).map(|record| Self(Arc::new(record)))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Record")]
struct Written {
    #[serde(skip, default = "unnamed")]
    key: Key,
    #[serde(default = "first", skip_serializing_if = "is_first")]
    version: u32,
    digest: Digest,
    #[serde(with = "outcome")]
    outcome: Outcome,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<(String, PartChange)>,
    #[serde(default, skip_serializing_if = "is_default")]
    usage: Usage,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding>,
    #[serde(default, skip_serializing_if = "is_default")]
    cached: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    models: Option<Box<ModelUse>>,
    #[serde(default, skip_serializing_if = "is_default")]
    messages: Exchanges,
    started: Timestamp,
    ended: Timestamp,
}

fn unnamed() -> Key {
    Key { path: Path::from(""), kind: Kind::Step, n: 0 }
}

fn first() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_first(version: &u32) -> bool {
    *version == 1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// An output is JSON inside of JSON, and no text.
mod outcome {
    use super::{Deserialize, Deserializer, FailureRecord, Json, Outcome, RawValue, Serialize, Serializer};
    use serde::ser::Error as _;

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Given<'r> {
        Output(&'r RawValue),
        Failure(&'r FailureRecord),
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Found {
        Output(Box<RawValue>),
        Failure(Box<FailureRecord>),
    }

    pub(super) fn serialize<S: Serializer>(outcome: &Outcome, to: S) -> Result<S::Ok, S::Error> {
        match outcome {
            Outcome::Output(output) => {
                Given::Output(serde_json::from_str(output.as_str()).map_err(S::Error::custom)?).serialize(to)
            }
            Outcome::Failure(failure) => Given::Failure(failure).serialize(to),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Outcome, D::Error> {
        Ok(match Found::deserialize(from)? {
            Found::Output(output) => Outcome::Output(Json::recorded(output.get())),
            Found::Failure(failure) => Outcome::Failure(failure),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flujo::error::FailureKind;

    fn record(outcome: Outcome) -> Record {
        let digest = Json::recorded("[1]").digest();
        Record {
            key: Key { path: Path::from("shop/a b"), kind: Kind::Model, n: 3 },
            version: 1,
            digest,
            outcome,
            parts: Vec::new(),
            usage: Usage::default(),
            findings: Vec::new(),
            cached: false,
            models: None,
            messages: Exchanges::default(),
            started: Timestamp(5),
            ended: Timestamp(7),
        }
    }

    fn again(record: &Record) -> Record {
        let name = name_of(&record.key);
        let read = [false, true].map(|reserved| {
            let written = Attempted { entry: Entry(Arc::new(record.clone())), reserved };
            let text = serde_json::to_string(&written).unwrap();
            let read: Attempted = serde_json::from_slice(text.as_bytes()).unwrap();
            assert_eq!(read.reserved, reserved);
            Record::clone(&read.entry.under(key_of(&name).unwrap()))
        });
        assert_eq!(read[0], read[1]);
        read[0].clone()
    }

    #[test]
    fn an_entry_is_read_as_the_record_that_was_written() {
        let plain = record(Outcome::Output(Json::recorded("{\"a\":\"\\u0000\\\"é\",\"n\":1.0}")));
        assert_eq!(again(&plain), plain);
        let failure = FailureRecord::new(FailureKind::Failed, true, "closed");
        assert_eq!(
            again(&record(Outcome::Failure(Box::new(failure.clone())))).outcome,
            Outcome::Failure(Box::new(failure))
        );
        let mut usage = Usage::default();
        usage.input_tokens = 3;
        let full = Record {
            version: 2,
            usage,
            cached: true,
            findings: vec![Finding { message: "short".to_owned() }],
            parts: vec![("(rest)".to_owned(), PartChange::Whole(Json::recorded("{\"x\":1}")))],
            models: Some(Box::default()),
            ..plain
        };
        assert_eq!(again(&full), full);
    }

    #[test]
    fn what_is_as_mostly_is_not_written() {
        let text =
            serde_json::to_string(&Entry(Arc::new(record(Outcome::Output(Json::recorded("[\"x\"]"))))));
        let digest = Json::recorded("[1]").digest();
        let written = format!(
            "{{\"digest\":\"{digest}\",\"outcome\":{{\"output\":[\"x\"]}},\"started\":5,\"ended\":7}}"
        );
        assert_eq!(text.unwrap(), written);
    }

    #[test]
    fn other_entries_have_no_key() {
        assert_eq!(key_of("a step 1").map(|key| name_of(&key)).as_deref(), Some("a step 1"));
        assert_eq!(key_of("a Step 1"), None);
        assert_eq!(key_of(""), None);
        assert_eq!(key_of("step 1"), None);
        assert_eq!(key_of("a step x"), None);
    }
}
