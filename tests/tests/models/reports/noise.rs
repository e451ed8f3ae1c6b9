//! What stands between the pieces of an answer and says nothing: comments, pings, events without data.

use super::said::{Said, calls, event};
use super::{SSE, streamed};
use crate::wires::{WIRES, sse};
use flujo_models::Wire;
use serde_json::json;

const CALL: [(&str, &str); 1] = [("id-1", r#"{"word":"calm"}"#)];

fn said(wire: Wire) -> Said<'static> {
    Said { texts: &["Hel", "lo"], ..calls(wire, &CALL) }
}

/// The stream with this before, between and behind all of its events.
fn with(wire: Wire, noise: &str) -> String {
    let events = said(wire).events(wire);
    let mark = if wire == Wire::OpenAiChat { sse("[DONE]") } else { String::new() };
    let pieces = events.iter().map(|one| event(wire, one)).chain([mark]);
    pieces.fold(noise.to_owned(), |stream, piece| stream + &piece + noise)
}

fn is_skipped(wire: Wire, noise: &str) {
    let reply = streamed(wire, &with(wire, noise)).unwrap_or_else(|e| panic!("{wire:?} {noise:?}: {e}"));
    assert_eq!(reply, said(wire).reply(wire), "{wire:?} {noise:?}");
}

#[test]
fn comments_are_skipped() {
    for wire in SSE {
        for noise in [
            ": keepalive\n\n",
            ":\n\n",
            ":\n",
            ": OPENROUTER PROCESSING\n\n",
            ": data: {\"error\":{\"code\":429}}\n\n",
            // Gateways put them into the data.
            "data: : keepalive\n\n",
            "data: :\n\n",
            "data: : OPENROUTER PROCESSING\n\n",
        ] {
            is_skipped(wire, noise);
        }
    }
}

#[test]
fn events_without_data_are_skipped() {
    for wire in SSE {
        for noise in [
            "data:\n\n",
            "data: \n\n",
            "data\n\n",
            "event: ping\n\n",
            "event: ping\ndata:\n\n",
            "event: keep-alive\ndata: \n\n",
            "id: 7\n\n",
            "retry: 1000\n\n",
            "\n",
            "\n\n\n",
            "unheard-of: field\n",
        ] {
            is_skipped(wire, noise);
        }
    }
}

#[test]
fn blank_lines_are_skipped() {
    for noise in ["\n", "\r\n", "  \n", "\n\n"] {
        is_skipped(Wire::Ollama, noise);
    }
}

#[test]
fn events_that_are_no_part_of_the_answer_are_skipped() {
    for noise in [
        "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        // Its documentation says that there may be new ones.
        "event: weather\ndata: {\"type\":\"weather\",\"sky\":\"blue\"}\n\n",
    ] {
        is_skipped(Wire::Anthropic, noise);
    }
    for noise in [
        "event: response.queued\ndata: {\"type\":\"response.queued\",\"response\":{\"id\":\"r\",\"status\":\"queued\",\"output\":[]}}\n\n",
        "event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":3}\n\n",
        "data: {\"type\":\"response.weather\",\"sky\":\"blue\"}\n\n",
    ] {
        is_skipped(Wire::OpenAiResponses, noise);
    }
    // Azure begins with what its filters thought of the prompt.
    let filters = json!({"id": "c", "model": "m-2", "choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]});
    is_skipped(Wire::OpenAiChat, &sse(&filters.to_string()));
    is_skipped(
        Wire::OpenAiChat,
        &sse(&json!({"id": "c", "model": "m-2", "choices": [], "usage": null}).to_string()),
    );
}

#[test]
fn gateways_put_openais_mark_at_the_end_of_every_stream() {
    for wire in SSE {
        let stream = super::said::written(wire, &said(wire).events(wire)) + "data: [DONE]\n\n";
        let reply = streamed(wire, &stream).unwrap_or_else(|e| panic!("{wire:?}: {e}"));
        assert_eq!(reply, said(wire).reply(wire), "{wire:?}");
    }
}

#[test]
fn an_error_that_is_null_is_none() {
    for wire in WIRES {
        let mut events = said(wire).events(wire);
        for event in &mut events {
            event["error"] = json!(null);
        }
        let reply = super::pieces(wire, &events).unwrap_or_else(|e| panic!("{wire:?}: {e}"));
        assert_eq!(reply, said(wire).reply(wire), "{wire:?}");
        let mut body = said(wire).body(wire);
        body["error"] = json!(null);
        let reply = super::whole(wire, &body).unwrap_or_else(|e| panic!("{wire:?}: {e}"));
        assert_eq!(reply, said(wire).reply(wire), "{wire:?}");
    }
}

#[test]
fn nothing_but_noise_is_no_answer() {
    for wire in SSE {
        for noise in [
            "",
            ": keepalive\n\n",
            "data: : keepalive\n\n",
            "data:\n\n",
            "event: ping\n\n",
            "data: [DONE]\n\n",
        ] {
            let done = streamed(wire, noise);
            let error = done.expect_err(&format!("{wire:?} {noise:?}"));
            assert!(error.is_retryable(), "{wire:?} {noise:?}: {error}");
        }
    }
    for noise in ["", "\n", "\n\n"] {
        assert!(streamed(Wire::Ollama, noise).unwrap_err().is_retryable(), "{noise:?}");
    }
}
