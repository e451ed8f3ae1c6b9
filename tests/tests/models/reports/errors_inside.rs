//! Errors that come with status 200: each is the error that it is with its own status.

use super::said::{Said, event, text, written};
use super::{Done, SSE, hears, pieces, whole};
use crate::server::{chunks, json as answered};
use crate::wires::{WIRES, kind};
use flujo::model::ModelFailure as F;
use flujo_models::Wire;
use serde_json::{Value, json};

/// What servers and gateways put in place of an answer.
fn errors() -> Vec<(Value, F)> {
    let numbered = [
        (400, F::BadRequest),
        (401, F::Unauthorized),
        (402, F::Quota),
        (403, F::Unauthorized),
        (404, F::NotFound),
        (408, F::TimedOut),
        (429, F::RateLimited),
        (500, F::Overloaded),
        (502, F::Overloaded),
        (503, F::Overloaded),
        (504, F::TimedOut),
        (529, F::Overloaded),
    ];
    let mut all = Vec::new();
    for (code, failure) in numbered {
        all.push((json!({"error": {"message": "not now", "code": code}}), failure));
        all.push((json!({"error": {"message": "not now", "code": code.to_string()}}), failure));
    }
    all.extend([
        (json!({"error": {"message": "not now", "code": "insufficient_quota"}}), F::Quota),
        (
            json!({"error": {"message": "not now", "code": "rate_limit_exceeded", "type": "tokens"}}),
            F::RateLimited,
        ),
        (json!({"error": {"message": "not now", "code": "invalid_api_key"}}), F::Unauthorized),
        (json!({"error": {"message": "not now", "code": "context_length_exceeded"}}), F::BadRequest),
        (json!({"error": {"message": "not now", "code": "content_filter"}}), F::ContentFilter),
        (json!({"error": {"message": "not now", "type": "server_error"}}), F::Overloaded),
        (
            json!({"error": {"message": "not now", "code": 429, "status": "RESOURCE_EXHAUSTED"}}),
            F::RateLimited,
        ),
        (
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "not now"}}),
            F::Overloaded,
        ),
        (
            json!({"type": "error", "error": {"type": "invalid_request_error", "message": "not now"}}),
            F::BadRequest,
        ),
        // Without a code it is the provider's.
        (json!({"error": {"message": "not now"}}), F::Overloaded),
        (json!({"error": "not now"}), F::Overloaded),
    ]);
    all
}

fn is(wire: Wire, way: &str, body: &Value, done: Done, failure: F) {
    let error = done.expect_err(&format!("{wire:?} {way} {body}"));
    assert_eq!(error.failure, failure, "{wire:?} {way} {body}: {error}");
    assert!(error.to_string().contains("not now"), "{wire:?} {way} {body}: {error}");
}

#[test]
fn in_place_of_an_answer() {
    for wire in WIRES {
        for (body, failure) in errors() {
            is(wire, "whole", &body, whole(wire, &body), failure);
            is(wire, "in pieces", &body, pieces(wire, std::slice::from_ref(&body)), failure);
            // Whoever asked for a stream is told in JSON.
            let script = answered(200, "", &body.to_string());
            is(wire, "JSON for a stream", &body, hears(wire, script, true).0, failure);
        }
    }
}

#[test]
fn it_is_the_error_that_it_is_with_its_own_status() {
    for wire in WIRES {
        for code in [400, 401, 402, 403, 404, 408, 409, 422, 425, 429, 500, 502, 503, 504, 524, 529] {
            let body = json!({"error": {"message": "not now", "code": code}});
            let with_status = hears(wire, answered(code, "", &body.to_string()), false).0.unwrap_err();
            let inside = whole(wire, &body).unwrap_err();
            assert_eq!(inside.failure, with_status.failure, "{wire:?} {code}: {inside}");
        }
    }
}

#[test]
fn behind_a_part_of_the_answer() {
    for wire in WIRES {
        for (body, failure) in errors() {
            // What comes after it does not mend it.
            for at in [1, 2] {
                let mut events = text(wire, &["Hel", "lo"]).events(wire);
                let at = if at == 1 { 1 } else { events.len() - 1 };
                events.insert(at, body.clone());
                is(wire, "midway", &body, pieces(wire, &events), failure);
                events.truncate(at + 1);
                is(wire, "at the end", &body, pieces(wire, &events), failure);
            }
        }
    }
}

#[test]
fn beside_an_answer() {
    for wire in WIRES {
        let error = json!({"message": "not now", "code": 429});
        let said = text(wire, &["Hello"]);
        let (mut body, mut events) = (said.body(wire), said.events(wire));
        body["error"] = error.clone();
        let last = events.len() - 1;
        events[last]["error"] = error;
        is(wire, "whole", &body, whole(wire, &body), F::RateLimited);
        is(wire, "in pieces", &body, pieces(wire, &events), F::RateLimited);
    }
}

#[test]
fn in_an_event_named_error() {
    for wire in SSE {
        for (body, failure) in errors() {
            let stream = format!("event: error\ndata: {body}\n\n");
            let done = hears(wire, chunks(kind(wire), &[stream.as_bytes()]), true).0;
            is(wire, "event", &body, done, failure);
        }
    }
}

#[test]
fn gemini_sends_a_list_of_one() {
    let list = json!([{"error": {"code": 503, "message": "not now", "status": "UNAVAILABLE"}}]);
    is(Wire::Gemini, "whole", &list, whole(Wire::Gemini, &list), F::Overloaded);
    let script = answered(200, "", &list.to_string());
    is(Wire::Gemini, "JSON for a stream", &list, hears(Wire::Gemini, script, true).0, F::Overloaded);
}

#[test]
fn in_a_choice() {
    let said = Said { finish: "error", ..text(Wire::OpenAiChat, &["Hel"]) };
    for (code, failure) in [
        (json!(429), F::RateLimited),
        (json!(402), F::Quota),
        (json!(502), F::Overloaded),
        (json!(400), F::BadRequest),
        (json!("server_error"), F::Overloaded),
    ] {
        let error = json!({"code": code, "message": "not now", "metadata": {"raw": "{}"}});
        // Whatever the choice says of its end.
        for finish in [json!("error"), json!("stop"), json!(null)] {
            let mut body = said.body(Wire::OpenAiChat);
            body["choices"][0]["error"] = error.clone();
            body["choices"][0]["finish_reason"] = finish.clone();
            is(Wire::OpenAiChat, "whole", &body, whole(Wire::OpenAiChat, &body), failure);
            let mut events = said.events(Wire::OpenAiChat);
            let at = events.len() - 2;
            events[at]["choices"][0]["error"] = error.clone();
            events[at]["choices"][0]["finish_reason"] = finish;
            is(Wire::OpenAiChat, "in pieces", &body, pieces(Wire::OpenAiChat, &events), failure);
        }
        // Beside the choices.
        let mut events = said.events(Wire::OpenAiChat);
        let at = events.len() - 2;
        events[at]["error"] = error.clone();
        is(Wire::OpenAiChat, "beside", &error, pieces(Wire::OpenAiChat, &events), failure);
    }
}

#[test]
fn responses_that_failed() {
    for (code, failure) in [
        ("rate_limit_exceeded", F::RateLimited),
        ("server_error", F::Overloaded),
        ("insufficient_quota", F::Quota),
        ("unheard_of", F::Overloaded),
    ] {
        let wire = Wire::OpenAiResponses;
        let error = json!({"code": code, "message": "not now"});
        for texts in [&[][..], &["Hel"]] {
            let said = Said { finish: "failed", ..text(wire, texts) };
            let (mut body, mut events) = (said.body(wire), said.events(wire));
            body["error"] = error.clone();
            let last = events.len() - 1;
            events[last]["response"]["error"] = error.clone();
            is(wire, "whole", &body, whole(wire, &body), failure);
            is(wire, "in pieces", &body, pieces(wire, &events), failure);
        }
        // An event of its own, in both of the forms that there are.
        let flat = json!({"type": "error", "code": code, "message": "not now", "param": null});
        let nested = json!({"type": "error", "error": {"type": code, "code": code, "message": "not now"}});
        for error in [flat, nested] {
            let mut events = text(wire, &["Hel"]).events(wire);
            let at = events.len() - 1;
            events.insert(at, error.clone());
            is(wire, "event", &error, pieces(wire, &events), failure);
        }
    }
    // Nothing says why.
    let said = Said { finish: "failed", ..text(Wire::OpenAiResponses, &["Hel"]) };
    let error = whole(Wire::OpenAiResponses, &said.body(Wire::OpenAiResponses)).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let error = pieces(Wire::OpenAiResponses, &said.events(Wire::OpenAiResponses)).unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

#[test]
fn a_whole_answer_where_a_stream_was_asked_for() {
    // Some gateways take no notice of `stream`. It is the answer, or an error; never a part of it.
    for wire in WIRES {
        let said = text(wire, &["Hello"]);
        let (done, heard) = hears(wire, answered(200, "", &said.body(wire).to_string()), true);
        match done {
            Ok(reply) => assert_eq!((reply, heard.as_str()), (said.reply(wire), "Hello"), "{wire:?}"),
            Err(error) => assert!(error.is_retryable(), "{wire:?}: {error}"),
        }
    }
}

#[test]
fn pieces_that_make_no_sense_are_no_answer() {
    for wire in WIRES {
        for nonsense in ["7", "null", "\"Hello\"", "[]", "[7]", "true", "{\"cho", "<html>", "Hello"] {
            let good = text(wire, &["Hel", "lo"]).events(wire);
            let piece =
                if wire == Wire::Ollama { format!("{nonsense}\n") } else { format!("data: {nonsense}\n\n") };
            let rest = written(wire, &good[1..]);
            let stream = event(wire, &good[0]) + &piece + &rest;
            let done = hears(wire, chunks(kind(wire), &[stream.as_bytes()]), true).0;
            let error = done.expect_err(&format!("{wire:?} {nonsense}"));
            assert_eq!(error.failure, F::Unreadable, "{wire:?} {nonsense}: {error}");
        }
    }
}
