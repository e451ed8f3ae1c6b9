//! Why an answer ends: what is no good end is no answer, whole and in pieces.

use super::said::{Said, calls, text};
use super::{both, pieces, whole};
use flujo::model::{FinishReason, ModelError, ModelFailure, Tokens};
use flujo_models::Wire;
use serde_json::json;

/// An answer that is there, and ends with this word.
fn ends(wire: Wire, finish: &str) -> [(&'static str, super::Done); 2] {
    let said = Said { finish, ..text(wire, &["Hel", "lo"]) };
    both(wire, &said.body(wire), &said.events(wire))
}

fn fails(wire: Wire, finish: &str) -> Vec<ModelError> {
    let one = |(way, done): (&str, super::Done)| {
        let error = done.expect_err(&format!("{wire:?} {finish} {way}"));
        // The error names what the provider said, and costs what it cost.
        let word = finish.rsplit(':').next().unwrap();
        assert!(error.to_string().contains(word), "{wire:?} {finish} {way}: {error}");
        assert_eq!(error.usage, Some(Tokens::new(9, 2)), "{wire:?} {finish} {way}: {error}");
        error
    };
    ends(wire, finish).into_iter().map(one).collect()
}

#[test]
fn good_ends() {
    for (wire, words) in [
        (Wire::OpenAiChat, &["stop"][..]),
        (Wire::OpenAiResponses, &["completed"]),
        (Wire::Anthropic, &["end_turn", "stop_sequence"]),
        (Wire::Gemini, &["STOP"]),
        (Wire::Ollama, &["stop"]),
    ] {
        for word in words {
            for (way, done) in ends(wire, word) {
                let reply = done.unwrap_or_else(|e| panic!("{wire:?} {word} {way}: {e}"));
                assert_eq!(
                    (reply.content.as_str(), reply.finish),
                    ("Hello", FinishReason::Stop),
                    "{wire:?} {way}"
                );
            }
        }
    }
}

#[test]
fn an_answer_that_is_too_long_is_cut() {
    for (wire, words) in [
        (Wire::OpenAiChat, &["length", "model_length"][..]),
        (Wire::OpenAiResponses, &["incomplete:max_output_tokens"]),
        (Wire::Anthropic, &["max_tokens", "model_context_window_exceeded"]),
        (Wire::Gemini, &["MAX_TOKENS"]),
        (Wire::Ollama, &["length"]),
    ] {
        for word in words {
            for (way, done) in ends(wire, word) {
                let reply = done.unwrap_or_else(|e| panic!("{wire:?} {word} {way}: {e}"));
                let came = (reply.content.as_str(), reply.finish, reply.usage);
                assert_eq!(
                    came,
                    ("Hello", FinishReason::Length, Some(Tokens::new(9, 2))),
                    "{wire:?} {word} {way}"
                );
            }
        }
    }
}

#[test]
fn what_a_filter_holds_back_is_not_tried_again() {
    for (wire, words) in [
        (Wire::OpenAiChat, &["content_filter"][..]),
        (Wire::OpenAiResponses, &["incomplete:content_filter"]),
        (Wire::Gemini, &["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "IMAGE_SAFETY"]),
    ] {
        for word in words {
            for error in fails(wire, word) {
                assert_eq!(error.failure, ModelFailure::ContentFilter, "{wire:?} {word}: {error}");
                assert!(!error.is_retryable(), "{wire:?} {word}: {error}");
            }
        }
    }
}

#[test]
fn an_end_that_is_no_end_is_tried_again() {
    for (wire, words) in [
        (Wire::OpenAiChat, &["error", "insufficient_system_resource", "unheard_of"][..]),
        (
            Wire::OpenAiResponses,
            &["incomplete:unheard_of", "cancelled", "in_progress", "queued", "unheard_of"],
        ),
        (Wire::Anthropic, &["pause_turn", "unheard_of"]),
        (
            Wire::Gemini,
            &[
                "MALFORMED_FUNCTION_CALL",
                "UNEXPECTED_TOOL_CALL",
                "TOO_MANY_TOOL_CALLS",
                "OTHER",
                "UNHEARD_OF",
            ],
        ),
        (Wire::Ollama, &["load", "unload", "unheard_of"]),
    ] {
        for word in words {
            for error in fails(wire, word) {
                assert!(error.is_retryable(), "{wire:?} {word}: {error:?}");
            }
        }
    }
}

#[test]
fn an_end_that_is_no_end_is_none_without_a_text_or_with_calls() {
    let call = [("a", r#"{"word":"calm"}"#)];
    for (wire, word) in [
        (Wire::OpenAiChat, "error"),
        (Wire::OpenAiChat, "unheard_of"),
        (Wire::OpenAiChat, "content_filter"),
        (Wire::Anthropic, "pause_turn"),
        (Wire::Anthropic, "refusal"),
        (Wire::Gemini, "MALFORMED_FUNCTION_CALL"),
        (Wire::Gemini, "SAFETY"),
        (Wire::Ollama, "load"),
        (Wire::OpenAiResponses, "incomplete:content_filter"),
        (Wire::OpenAiResponses, "cancelled"),
    ] {
        for said in [text(wire, &[]), calls(wire, &call)] {
            let said = Said { finish: word, ..said };
            for (way, done) in both(wire, &said.body(wire), &said.events(wire)) {
                let error = done.expect_err(&format!("{wire:?} {word} {way}"));
                assert!(
                    error.to_string().contains(word.rsplit(':').next().unwrap()),
                    "{wire:?} {way}: {error}"
                );
            }
        }
    }
    // Gemini leaves the content out.
    for word in ["MALFORMED_FUNCTION_CALL", "SAFETY", "RECITATION", "OTHER"] {
        let mut body = text(Wire::Gemini, &[]).body(Wire::Gemini);
        body["candidates"][0] = json!({"finishReason": word, "index": 0, "finishMessage": "no good"});
        let error = whole(Wire::Gemini, &body).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(error.is_retryable(), matches!(word, "MALFORMED_FUNCTION_CALL" | "OTHER"), "{error}");
        let error = pieces(Wire::Gemini, &[body]).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(error.is_retryable(), matches!(word, "MALFORMED_FUNCTION_CALL" | "OTHER"), "{error}");
    }
}

#[test]
fn a_call_that_is_cut_says_so() {
    // Arguments that end in the middle are for the core to judge: it knows that the answer was cut.
    for (wire, word) in [
        (Wire::OpenAiChat, "length"),
        (Wire::OpenAiResponses, "incomplete:max_output_tokens"),
        (Wire::Anthropic, "max_tokens"),
        (Wire::Gemini, "MAX_TOKENS"),
        (Wire::Ollama, "length"),
    ] {
        let said = Said { finish: word, ..calls(wire, &[("a", r#"{"word":"calm"}"#)]) };
        for (way, done) in both(wire, &said.body(wire), &said.events(wire)) {
            let reply = done.unwrap_or_else(|e| panic!("{wire:?} {way}: {e}"));
            assert_eq!(reply.finish, FinishReason::Length, "{wire:?} {way}");
        }
    }
}

#[test]
fn ollama_is_not_done_before_it_says_so() {
    let mut body = text(Wire::Ollama, &["Hel"]).body(Wire::Ollama);
    body["done"] = json!(false);
    body.as_object_mut().unwrap().remove("done_reason");
    let error = whole(Wire::Ollama, &body).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let error = pieces(Wire::Ollama, &[body]).unwrap_err();
    assert_eq!(error.failure, ModelFailure::Truncated, "{error}");
}

#[test]
fn servers_that_give_no_reason() {
    // Old versions of Ollama, and servers that speak OpenAI's language.
    let mut body = text(Wire::Ollama, &["Hello"]).body(Wire::Ollama);
    body.as_object_mut().unwrap().remove("done_reason");
    assert_eq!(whole(Wire::Ollama, &body).unwrap().finish, FinishReason::Stop);
    assert_eq!(pieces(Wire::Ollama, &[body]).unwrap().finish, FinishReason::Stop);
    for none in [json!(null), json!("")] {
        let mut body = text(Wire::OpenAiChat, &["Hello"]).body(Wire::OpenAiChat);
        body["choices"][0]["finish_reason"] = none;
        let reply = whole(Wire::OpenAiChat, &body).unwrap();
        assert_eq!((reply.content.as_str(), reply.finish), ("Hello", FinishReason::Stop));
    }
}
