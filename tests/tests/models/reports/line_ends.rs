//! Line ends, and where a network cuts them: the same answer for every cut.

use super::said::{Said, calls, text, written};
use super::{Done, SSE, asking, hears, models};
use crate::server::{Act, Server, chunks};
use crate::wires::{Heard, WIRES, begin, end, id, kind, piece};
use flujo::model::{FinishReason, ModelClient, ModelReply, Tokens};
use flujo_models::Wire;

/// Letters of one to four bytes.
const TEXTS: [&str; 3] = ["do not", " pay", " 5 €, é\n😀"];

fn ends(wire: Wire) -> &'static [&'static str] {
    if wire == Wire::Ollama { &["\n", "\r\n"] } else { &["\n", "\r\n", "\r"] }
}

/// The answers of one server, one after the other.
fn answers(wire: Wire, scripts: Vec<Vec<Act>>) -> Vec<(Done, String)> {
    let count = scripts.len();
    let server = Server::new(scripts);
    let models = models(wire, &server.url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut answers = Vec::with_capacity(count);
        for _ in 0..count {
            let mut heard = Heard::default();
            answers.push((models.call(asking(true), &mut heard).await, heard.0));
        }
        answers
    })
}

/// The stream arrives in two chunks, cut in each of these places.
fn cut_at(wire: Wire, stream: &str, places: &[usize], look: impl Fn(&ModelReply, &str, &str)) {
    let bytes = stream.as_bytes();
    let cut = |at: &usize| chunks(kind(wire), &[&bytes[..*at], &bytes[*at..]]);
    let answers = answers(wire, places.iter().map(cut).collect());
    for (at, (done, heard)) in places.iter().zip(answers) {
        let near =
            format!("{wire:?}, cut behind {:?}", String::from_utf8_lossy(&bytes[at.saturating_sub(12)..*at]));
        let reply = done.unwrap_or_else(|e| panic!("{near}: {e}"));
        look(&reply, &heard, &near);
    }
}

/// The places beside the end of a line, and inside of a letter of several bytes.
fn that_matter(stream: &str) -> Vec<usize> {
    let bytes = stream.as_bytes();
    let matters = |byte: u8| byte == b'\r' || byte == b'\n' || byte >= 0x80;
    (1..bytes.len()).filter(|at| matters(bytes[at - 1]) || matters(bytes[*at])).collect()
}

fn said<'a>(wire: Wire, call: &'a [(&'a str, &'a str)]) -> Said<'a> {
    Said { texts: &TEXTS, ..calls(wire, call) }
}

const CALL: [(&str, &str); 1] = [("id-1", r#"{"word":"größe"}"#)];

#[test]
fn a_stream_says_the_same_wherever_it_is_cut() {
    for wire in WIRES {
        let texts = TEXTS.iter().map(|text| piece(wire, text));
        let stream: String = begin(wire).into_iter().chain(texts).chain(end(wire, false)).collect();
        for end in ends(wire) {
            // What JSON escapes is no end of a line.
            let stream = stream.replace('\n', end);
            let places = if *end == "\r\n" { (1..stream.len()).collect() } else { that_matter(&stream) };
            cut_at(wire, &stream, &places, |reply, heard, near| {
                let ModelReply { content, usage, finish, id: said, calls, .. } = reply;
                assert_eq!((content.as_str(), heard), (&*TEXTS.concat(), &*TEXTS.concat()), "{near}");
                assert_eq!((*usage, finish), (Some(Tokens::new(9, 2)), &FinishReason::Stop), "{near}");
                assert_eq!((said, calls.len()), (&id(wire), 0), "{near}");
            });
        }
    }
}

#[test]
fn a_call_says_the_same_wherever_it_is_cut() {
    for wire in WIRES {
        let said = calls(wire, &CALL);
        for end in ends(wire) {
            let stream = written(wire, &said.events(wire)).replace('\n', end);
            cut_at(wire, &stream, &that_matter(&stream), |reply, heard, near| {
                assert_eq!((reply, heard), (&said.reply(wire), ""), "{near}");
            });
        }
    }
}

#[test]
fn a_stream_says_the_same_byte_by_byte() {
    for wire in WIRES {
        for end in ends(wire) {
            let said = said(wire, &CALL);
            let stream = written(wire, &said.events(wire)).replace('\n', end);
            let bytes: Vec<_> = stream.as_bytes().chunks(1).collect();
            let (done, heard) = hears(wire, chunks(kind(wire), &bytes), true);
            let reply = done.unwrap_or_else(|e| panic!("{wire:?} {end:?}: {e}"));
            assert_eq!((reply, heard), (said.reply(wire), TEXTS.concat()), "{wire:?} {end:?}");
        }
    }
}

#[test]
fn a_whole_answer_says_the_same_byte_by_byte() {
    for wire in WIRES {
        let said = said(wire, &CALL);
        let body = said.body(wire).to_string();
        let bytes: Vec<_> = body.as_bytes().chunks(1).collect();
        let (done, heard) = hears(wire, chunks("application/json", &bytes), false);
        let reply = done.unwrap_or_else(|e| panic!("{wire:?}: {e}"));
        assert_eq!((reply, heard), (said.reply(wire), TEXTS.concat()), "{wire:?}");
    }
}

#[test]
fn a_stream_may_begin_with_a_byte_order_mark() {
    for wire in SSE {
        let said = text(wire, &TEXTS);
        let stream = format!("\u{feff}{}", written(wire, &said.events(wire)));
        cut_in_its_mark(wire, &stream, &said.reply(wire));
    }
}

fn cut_in_its_mark(wire: Wire, stream: &str, expected: &ModelReply) {
    for at in 1..4 {
        let (start, rest) = stream.as_bytes().split_at(at);
        let (done, _) = hears(wire, chunks(kind(wire), &[start, rest]), true);
        assert_eq!(&done.unwrap_or_else(|e| panic!("{wire:?} {at}: {e}")), expected, "{wire:?} {at}");
    }
}

#[test]
fn no_space_or_several_lines_of_data_are_the_same() {
    for wire in SSE {
        let said = said(wire, &CALL);
        let stream = written(wire, &said.events(wire));
        let tight = stream.replace("data: ", "data:").replace("event: ", "event:");
        // An event of several lines of data: they are joined by line ends.
        let lines = said.events(wire).iter().fold(String::new(), |stream, event| {
            let name = event["type"].as_str().map(|name| format!("event: {name}\n")).unwrap_or_default();
            let pretty = serde_json::to_string_pretty(event).unwrap();
            let data = pretty.lines().fold(String::new(), |data, line| data + "data: " + line + "\n");
            format!("{stream}{name}{data}\n")
        });
        let mark = if wire == Wire::OpenAiChat { "data: [DONE]\n\n" } else { "" };
        for stream in [tight, lines + mark] {
            for end in ends(wire) {
                let stream = stream.replace('\n', end);
                let (done, _) = hears(wire, chunks(kind(wire), &[stream.as_bytes()]), true);
                let reply = done.unwrap_or_else(|e| panic!("{wire:?} {end:?} {stream}: {e}"));
                assert_eq!(reply, said.reply(wire), "{wire:?} {end:?} {stream}");
            }
        }
    }
}
