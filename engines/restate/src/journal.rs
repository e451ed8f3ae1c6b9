//! The records of a run, read from the journals of its invocations.

use crate::arm::{Commands, PastResult};
use crate::client::Client;
use crate::entry::{Attempted, Entry, key_of};
use crate::error::RestateError;
use crate::wire::is_of_arms;
use flujo::clock::Timestamp;
use flujo::engine::{Key, Kind, Record};
use prost::Message;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A command that executed something: message `RunCommandMessage` of Restate's service protocol.
#[derive(Clone, PartialEq, Message)]
struct RunCommand {
    #[prost(uint32, tag = "11")]
    result_completion_id: u32,
    #[prost(string, tag = "12")]
    name: String,
}

/// What came of it: `RunCompletionNotificationMessage`, without failures.
#[derive(Clone, PartialEq, Message)]
struct RunCompletion {
    #[prost(uint32, tag = "1")]
    completion_id: u32,
    #[prost(message, optional, tag = "5")]
    value: Option<Value>,
}

/// A command that called a service: `CallCommandMessage`.
#[derive(Clone, PartialEq, Message)]
struct CallCommand {
    #[prost(string, tag = "1")]
    service_name: String,
    #[prost(uint32, tag = "10")]
    invocation_id_completion: u32,
}

/// The invocation that was called: `CallInvocationIdCompletionNotificationMessage`.
#[derive(Clone, PartialEq, Message)]
struct CalledInvocation {
    #[prost(uint32, tag = "1")]
    completion_id: u32,
    #[prost(string, tag = "16")]
    invocation_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(bytes = "vec", tag = "1")]
    content: Vec<u8>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    entry_type: String,
    raw: Option<String>,
}

/// What is on record of a run.
pub(crate) struct Recorded {
    pub(crate) records: Vec<Arc<Record>>,
    /// The deadlines of the timers that were set.
    pub(crate) timers: BTreeMap<Key, Timestamp>,
}

impl Recorded {
    /// What an invocation need not execute again.
    pub(crate) fn known(self) -> Commands {
        let records = self.records.into_iter();
        let records = records.map(|record| (record.key.clone(), PastResult::Record(Entry(record))));
        let timers = self.timers.into_iter().map(|(key, deadline)| (key, PastResult::Until(deadline)));
        records.chain(timers).collect()
    }
}

/// A text in SQL.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Reads the records of a run, in the order in which their attempts ended. `executions` are its invocations; those of
/// arms are found where they were called. By their ids alone: whatever else is asked for makes the server read the
/// journals of all runs.
pub(crate) async fn records(
    client: &Client,
    pipeline: &str,
    executions: &[String],
) -> Result<Recorded, RestateError> {
    let mut names = HashMap::new();
    let mut values = Vec::new();
    let mut arms = HashSet::new();
    let mut level = executions.to_vec();
    while !level.is_empty() {
        let ids: Vec<_> = level.drain(..).map(|id| quoted(&id)).collect();
        let sql = format!(
            "SELECT id, entry_type, raw FROM sys_journal WHERE id IN ({}) ORDER BY id, index",
            ids.join(", ")
        );
        for row in client.query::<Row>(&sql).await? {
            let bytes = row.raw.as_deref().and_then(from_hex).unwrap_or_default();
            match row.entry_type.as_str() {
                "Command: Run" => {
                    if let Ok(command) = RunCommand::decode(bytes.as_slice()) {
                        names.insert((row.id, command.result_completion_id), command.name);
                    }
                }
                "Notification: Run" => {
                    let completion = RunCompletion::decode(bytes.as_slice());
                    if let Ok(RunCompletion { completion_id, value: Some(value) }) = completion {
                        values.push(((row.id, completion_id), value.content));
                    }
                }
                "Command: Call" => {
                    let call = CallCommand::decode(bytes.as_slice()).unwrap_or_default();
                    if is_of_arms(&call.service_name, pipeline) {
                        arms.insert((row.id, call.invocation_id_completion));
                    }
                }
                "Notification: CallInvocationId" => {
                    let called = CalledInvocation::decode(bytes.as_slice()).unwrap_or_default();
                    if arms.contains(&(row.id, called.completion_id)) {
                        level.push(called.invocation_id);
                    }
                }
                _ => {}
            }
        }
    }
    let mut timers = BTreeMap::new();
    // A later execution may have executed again what an earlier one had, if that one could not be read then.
    let (mut seen, mut records) = (HashSet::new(), Vec::new());
    for (place, value) in values {
        // Other values have other names: questions, and what was asked of the server.
        let Some(key) = names.get(&place).and_then(|name| key_of(name)) else { continue };
        if key.kind == Kind::Sleep {
            if let Ok(deadline) = serde_json::from_slice(&value) {
                timers.entry(key).or_insert(deadline);
            }
        } else if let Ok(Attempted { entry, .. }) = serde_json::from_slice(&value)
            && seen.insert(key.clone())
        {
            records.push(entry.under(key));
        }
    }
    // Those of one invocation are in the order of its commands, also where their times are equal.
    records.sort_by_key(|record: &Arc<Record>| record.ended);
    Ok(Recorded { records, timers })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(high)? * 16 + digit(low)?).ok();
    if pairs.1.is_empty() { pairs.0.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_whole_or_not_at_all() {
        assert_eq!(from_hex("00ff1a"), Some(vec![0, 255, 26]));
        assert_eq!(from_hex("00f"), None);
        assert_eq!(from_hex("0x"), None);
        assert_eq!(quoted("it's"), "'it''s'");
    }
}
