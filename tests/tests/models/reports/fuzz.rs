//! Streams and answers that are cut, altered or made up: an answer or an error, never a panic, never a hang, and never
//! a part of an answer. `FLUJO_FUZZ=20` makes twenty times as many.

use super::said::{Said, calls, text, written};
use super::{asking, models};
use crate::server::{Act, Server, chunks};
use crate::wires::{Heard, WIRES, kind};
use flujo::model::{ModelClient, ModelError, ModelFailure, ModelReply};
use flujo_models::Wire;
use serde_json::{Value, json};
use std::time::Duration;

/// Numbers by chance, the same in each run: xorshift64*.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % end.max(1)
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| u8::try_from(self.next() >> 56).unwrap()).collect()
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

fn times() -> usize {
    std::env::var("FLUJO_FUZZ").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

fn rounds(count: usize) -> usize {
    count * times()
}

/// Where a text is cut off: here and there, or everywhere.
fn places(end: usize) -> impl Iterator<Item = usize> {
    (0..end).step_by(if times() > 1 { 1 } else { 7 })
}

/// One thing that a server says.
struct Case {
    chunks: Vec<Vec<u8>>,
    stream: bool,
}

impl Case {
    fn new(bytes: Vec<u8>, stream: bool) -> Self {
        Self { chunks: vec![bytes], stream }
    }

    /// The same bytes, in chunks by chance.
    fn cut(bytes: &[u8], dice: &mut Dice) -> Self {
        let (mut chunks, mut rest) = (Vec::new(), bytes);
        while !rest.is_empty() {
            let most = *dice.of(&[1, 3, 20, 400]);
            let (chunk, after) = rest.split_at((1 + dice.below(most)).min(rest.len()));
            chunks.push(chunk.to_vec());
            rest = after;
        }
        Self { chunks, stream: true }
    }

    fn script(&self, wire: Wire) -> Vec<Act> {
        let chunks_: Vec<_> = self.chunks.iter().map(Vec::as_slice).collect();
        chunks(if self.stream { kind(wire) } else { "application/json" }, &chunks_)
    }
}

/// Shows what was said when something panics.
struct Shown(Wire, String);
impl Drop for Shown {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{:?} was told: {}", self.0, self.1);
        }
    }
}

/// What comes of each case is looked at.
fn all(wire: Wire, cases: &[Case], look: impl Fn(usize, Result<ModelReply, ModelError>, String)) {
    let server = Server::new(cases.iter().map(|case| case.script(wire)).collect());
    let models = models(wire, &server.url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (i, case) in cases.iter().enumerate() {
            let _shown = Shown(wire, String::from_utf8_lossy(&case.chunks.concat()).into_owned());
            let mut heard = Heard::default();
            let call = models.call(asking(case.stream), &mut heard);
            let done = tokio::time::timeout(Duration::from_secs(10), call).await.expect("it hangs");
            look(i, done, heard.0);
        }
    });
}

/// Whatever it is, it is not half of it.
fn sound(done: Result<ModelReply, ModelError>, heard: &str) {
    match done {
        Ok(reply) => {
            assert_eq!(reply.content, heard);
            assert!(reply.calls.iter().all(|call| !call.name.is_empty() && !call.id.is_empty()), "{reply:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn said(wire: Wire) -> Vec<Said<'static>> {
    const CALLS: [(&str, &str); 2] =
        [("id-1", r#"{"word":"größe €😀"}"#), ("id-2", r#"{"word":"a\"b\\c\nd"}"#)];
    const TEXTS: [&str; 3] = ["  do not", " pay €5\r\n", "data: 😀\n\n"];
    vec![text(wire, &TEXTS), calls(wire, &CALLS), Said { texts: &TEXTS, ..calls(wire, &CALLS) }]
}

#[test]
fn any_bytes() {
    let mut dice = Dice(0x0005_eed1);
    for wire in WIRES {
        let words: [&[u8]; 14] = [
            b"data: ", b"data:", b"\n", b"\r", b"\r\n", b"\n\n", b"{", b"}", b"[DONE]", b"event: ", b"\"",
            b":", b"null", b"\xff",
        ];
        let bytes = |dice: &mut Dice| {
            if dice.below(2) == 0 {
                return dice.bytes(300);
            }
            (0..dice.below(40))
                .flat_map(|_| if dice.below(4) == 0 { dice.bytes(6) } else { dice.of(&words).to_vec() })
                .collect()
        };
        let cases: Vec<_> =
            (0..rounds(120)).map(|i| Case::new(bytes(&mut dice), i.is_multiple_of(2))).collect();
        all(wire, &cases, |_, done, _| {
            // Nothing of this is an answer.
            drop(done.unwrap_err());
        });
    }
}

#[test]
fn a_stream_that_ends_early_is_whole_or_an_error() {
    for wire in WIRES {
        for said in said(wire) {
            let stream = written(wire, &said.events(wire)).into_bytes();
            let cases: Vec<_> =
                places(stream.len()).map(|end| Case::new(stream[..end].to_vec(), true)).collect();
            all(wire, &cases, |i, done, heard| {
                assert!(said.texts.concat().starts_with(&heard), "{wire:?} {i}: {heard:?}");
                match done {
                    Ok(reply) => assert_eq!(reply, said.reply(wire), "{wire:?} {i}"),
                    Err(error) => {
                        let kinds = [ModelFailure::Truncated, ModelFailure::Unreadable];
                        assert!(kinds.contains(&error.failure), "{wire:?} {i}: {error}");
                    }
                }
            });
        }
    }
}

#[test]
fn a_whole_answer_that_ends_early_is_an_error() {
    for wire in WIRES {
        for said in said(wire) {
            let body = said.body(wire).to_string().into_bytes();
            let cases: Vec<_> =
                places(body.len()).map(|end| Case::new(body[..end].to_vec(), false)).collect();
            all(wire, &cases, |i, done, heard| {
                let error = done.expect_err(&format!("{wire:?} {i}"));
                assert_eq!(
                    (error.failure, heard.as_str()),
                    (ModelFailure::Unreadable, ""),
                    "{wire:?} {i}: {error}"
                );
            });
        }
    }
}

#[test]
fn chunks_by_chance_say_the_same() {
    let mut dice = Dice(0x0005_eed2);
    for wire in WIRES {
        for said in said(wire) {
            let ends: &[&str] = if wire == Wire::Ollama { &["\n", "\r\n"] } else { &["\n", "\r\n", "\r"] };
            for end in ends {
                let stream = written(wire, &said.events(wire)).replace('\n', end);
                let cases: Vec<_> =
                    (0..rounds(15)).map(|_| Case::cut(stream.as_bytes(), &mut dice)).collect();
                all(wire, &cases, |i, done, heard| {
                    let reply = done.unwrap_or_else(|e| panic!("{wire:?} {end:?} {i}: {e}"));
                    assert_eq!(
                        (reply, heard),
                        (said.reply(wire), said.texts.concat()),
                        "{wire:?} {end:?} {i}"
                    );
                });
            }
        }
    }
}

/// Some bytes are taken out, doubled, put in or changed.
fn altered(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len());
        let end = (at + dice.below(40)).min(bytes.len());
        match dice.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            2 => drop(bytes.splice(at..at, dice.bytes(4)).count()),
            3 => bytes.truncate(at),
            4 => {
                let word: &[u8] = dice.of::<&[u8]>(&[
                    b"\n", b"\r", b"\n\n", b"\"", b"{", b"}", b",", b":", b"0", b"[DONE]", b"\\", b"\xf0",
                ]);
                bytes.splice(at..at, word.iter().copied());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
    }
    bytes
}

#[test]
fn altered_bytes() {
    let mut dice = Dice(0x0005_eed3);
    for wire in WIRES {
        let said = said(wire);
        let case = |i: usize, dice: &mut Dice| {
            let said = dice.of(&said);
            if i.is_multiple_of(3) {
                return Case::new(altered(said.body(wire).to_string().as_bytes(), dice), false);
            }
            let bytes = altered(written(wire, &said.events(wire)).as_bytes(), dice);
            if i % 3 == 1 { Case::new(bytes, true) } else { Case::cut(&bytes, dice) }
        };
        let cases: Vec<_> = (0..rounds(200)).map(|i| case(i, &mut dice)).collect();
        all(wire, &cases, |_, done, heard| sound(done, &heard));
    }
}

/// A value somewhere in this one is another, or gone.
fn change(value: &mut Value, dice: &mut Dice) {
    let inner = match value {
        Value::Array(all) if !all.is_empty() && dice.below(6) > 0 => {
            let at = dice.below(all.len());
            if dice.below(12) == 0 {
                let again = all[at].clone();
                all.push(again);
                return;
            }
            Some(&mut all[at])
        }
        Value::Object(fields) if !fields.is_empty() && dice.below(8) > 0 => {
            let name = fields.keys().nth(dice.below(fields.len())).unwrap().clone();
            if dice.below(8) == 0 {
                fields.remove(&name);
                return;
            }
            fields.get_mut(&name)
        }
        _ => None,
    };
    if let Some(inner) = inner {
        return change(inner, dice);
    }
    let others = [
        json!(null),
        json!(""),
        json!([]),
        json!({}),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(true),
        json!("a"),
        json!(" "),
        json!([null]),
        json!([{}]),
        json!({"text": "a"}),
        json!({"error": {}}),
        json!("stop"),
        json!("\u{0}"),
    ];
    value.clone_from(dice.of(&others));
}

#[test]
fn altered_values() {
    let mut dice = Dice(0x0005_eed4);
    for wire in WIRES {
        let said = said(wire);
        let case = |i: usize, dice: &mut Dice| {
            let said = dice.of(&said);
            if i.is_multiple_of(2) {
                let mut body = said.body(wire);
                (0..=dice.below(3)).for_each(|_| change(&mut body, dice));
                return Case::new(body.to_string().into_bytes(), false);
            }
            let mut events = said.events(wire);
            for _ in 0..=dice.below(3) {
                let (one, two) = (dice.below(events.len()), dice.below(events.len()));
                match dice.below(8) {
                    0 => events.swap(one, two),
                    1 => events.insert(one, events[two].clone()),
                    2 if events.len() > 1 => drop(events.remove(one)),
                    _ => change(&mut events[one], dice),
                }
            }
            Case::new(written(wire, &events).into_bytes(), true)
        };
        let cases: Vec<_> = (0..rounds(200)).map(|i| case(i, &mut dice)).collect();
        all(wire, &cases, |_, done, heard| sound(done, &heard));
    }
}
