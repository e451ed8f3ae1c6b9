//! The contract of a stream, on every wire: complete, or an error; never a short answer.

use crate::server::{End, Server, json, stream};
use crate::wires::*;
use flujo::model::{FinishReason, ModelFailure, Tokens};
use flujo_models::{Compatible, Models, Wire};
use std::time::Duration;

fn pieces(wire: Wire, texts: &[&str], tail: Vec<String>) -> Vec<String> {
    let texts = texts.iter().map(|text| piece(wire, text));
    begin(wire).into_iter().chain(texts).chain(tail).collect()
}

#[test]
fn a_whole_stream_is_the_answer() {
    for wire in WIRES {
        let server = Server::new(vec![stream(
            kind(wire),
            &pieces(wire, &["Hel", "lo"], end(wire, false)),
            End::Clean,
        )]);
        let (done, heard) = call(&models(wire, &server.url), request(true));
        let reply = done.unwrap_or_else(|e| panic!("{wire:?}: {e:?}"));
        assert_eq!((reply.content.as_str(), heard.as_str()), ("Hello", "Hello"), "{wire:?}");
        assert_eq!(reply.finish, FinishReason::Stop, "{wire:?}");
        assert_eq!(reply.usage, Some(Tokens::new(9, 2)), "{wire:?}");
        assert_eq!(reply.id, id(wire), "{wire:?}");
    }
}

#[test]
fn a_stream_cut_at_max_tokens_says_so() {
    for wire in WIRES {
        let server =
            Server::new(vec![stream(kind(wire), &pieces(wire, &["Hel"], end(wire, true)), End::Clean)]);
        let (done, _) = call(&models(wire, &server.url), request(true));
        assert_eq!(done.unwrap().finish, FinishReason::Length, "{wire:?}");
    }
}

#[test]
fn fault_1_refused_before_it_began() {
    let body = r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#;
    for wire in WIRES {
        let server = Server::new(vec![json(429, "retry-after: 2\r\n", body)]);
        let (done, heard) = call(&models(wire, &server.url), request(true));
        let error = done.unwrap_err();
        assert_eq!(error.failure, ModelFailure::RateLimited, "{wire:?}: {error:?}");
        assert_eq!(error.retry_after, Some(Duration::from_secs(2)), "{wire:?}");
        assert_eq!(
            (error.to_string(), heard),
            ("rate limited: status 429: slow down".to_owned(), String::new())
        );
    }
}

#[test]
fn fault_2_the_connection_is_cut() {
    for wire in WIRES {
        let server = Server::new(vec![stream(kind(wire), &pieces(wire, &["Hel"], vec![]), End::Cut)]);
        let (done, heard) = call(&models(wire, &server.url), request(true));
        let error = done.unwrap_err();
        assert_eq!((error.failure, heard.as_str()), (ModelFailure::Truncated, "Hel"), "{wire:?}: {error:?}");
    }
}

#[test]
fn fault_3_the_connection_ends_as_if_all_were_well() {
    for wire in WIRES {
        let server = Server::new(vec![stream(kind(wire), &pieces(wire, &["Hel"], vec![]), End::Clean)]);
        let (done, heard) = call(&models(wire, &server.url), request(true));
        let error = done.unwrap_err();
        assert_eq!((error.failure, heard.as_str()), (ModelFailure::Truncated, "Hel"), "{wire:?}: {error:?}");
    }
}

#[test]
fn fault_4_an_error_stands_in_the_stream() {
    for wire in WIRES {
        // What comes after it does not mend it.
        let tail = [vec![trouble(wire)], end(wire, false)].concat();
        let server = Server::new(vec![stream(kind(wire), &pieces(wire, &["Hel"], tail), End::Clean)]);
        let (done, _) = call(&models(wire, &server.url), request(true));
        let error = done.expect_err(&format!("{wire:?}"));
        assert!(error.is_retryable(), "{wire:?}: {error:?}");
        assert!(error.to_string().contains("too busy"), "{wire:?}: {error}");
    }
}

#[test]
fn fault_5_a_piece_makes_no_sense() {
    for wire in WIRES {
        let garbage =
            if wire == Wire::Ollama { "{\"mess\n".to_owned() } else { "data: {\"cho\n\n".to_owned() };
        let tail = [vec![garbage, piece(wire, "lo")], end(wire, false)].concat();
        let server = Server::new(vec![stream(kind(wire), &pieces(wire, &["Hel"], tail), End::Clean)]);
        let (done, _) = call(&models(wire, &server.url), request(true));
        let error = done.expect_err(&format!("{wire:?}"));
        assert_eq!(error.failure, ModelFailure::Unreadable, "{wire:?}: {error:?}");
    }
}

#[test]
fn fault_6_it_says_why_it_ends_but_not_that_it_ends() {
    // Only OpenAI's chat has a mark of its own behind the reason.
    let mut tail = end(Wire::OpenAiChat, false);
    tail.pop();
    let script = stream("text/event-stream", &pieces(Wire::OpenAiChat, &["Hel", "lo"], tail), End::Clean);
    let server = Server::new(vec![script]);
    let (done, _) = call(&models(Wire::OpenAiChat, &server.url), request(true));
    assert_eq!(done.unwrap_err().failure, ModelFailure::Truncated);
    // Whoever knows that a server never sends it may say so.
    let known = Compatible::at(&server.url).without_end_mark();
    let models = Models::builder().provider("test", known).build().unwrap();
    let (done, heard) = call(&models, request(true));
    let reply = done.unwrap();
    assert_eq!((reply.content.as_str(), heard.as_str()), ("Hello", "Hello"));
    assert_eq!(reply.usage, Some(Tokens::new(9, 2)));
}

#[test]
fn fault_7_it_falls_silent() {
    for wire in WIRES {
        let server = Server::new(vec![stream(kind(wire), &pieces(wire, &["Hel"], vec![]), End::Hang)]);
        let (done, heard) = call(&models(wire, &server.url), request(true));
        let error = done.unwrap_err();
        assert_eq!((error.failure, heard.as_str()), (ModelFailure::TimedOut, "Hel"), "{wire:?}: {error:?}");
    }
}

#[test]
fn nobody_answers_at_all() {
    for wire in WIRES {
        for streaming in [true, false] {
            let server = Server::new(vec![vec![crate::server::Act::Hang]]);
            let (done, _) = call(&models(wire, &server.url), request(streaming));
            assert_eq!(done.unwrap_err().failure, ModelFailure::TimedOut, "{wire:?}");
            // Nobody listens there any more.
            let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let (done, _) = call(&models(wire, &format!("http://{gone}/")), request(streaming));
            assert_eq!(done.unwrap_err().failure, ModelFailure::Unreachable, "{wire:?}");
        }
    }
}
