//! Whole answers, and failures, on every wire.

use crate::server::{Server, json};
use crate::wires::*;
use flujo::model::{FinishReason, ModelFailure, Tokens};
use flujo_models::Wire;
use std::time::Duration;

#[test]
fn a_whole_answer_with_what_it_used() {
    for wire in WIRES {
        let server = Server::new(vec![json(200, "", &answer(wire, "Hello"))]);
        let (done, heard) = call(&models(wire, &server.url), request(false));
        let reply = done.unwrap_or_else(|e| panic!("{wire:?}: {e:?}"));
        assert_eq!((reply.content.as_str(), heard.as_str()), ("Hello", "Hello"), "{wire:?}");
        assert_eq!(reply.finish, FinishReason::Stop);
        let usage = reply.usage.unwrap();
        assert_eq!((usage.input, usage.output), (9, 2), "{wire:?}");
        let (cached, reasoning) = match wire {
            Wire::OpenAiChat | Wire::OpenAiResponses => (4, 1),
            Wire::Anthropic | Wire::Gemini => (4, 0),
            _ => (0, 0),
        };
        assert_eq!((usage.cached, usage.reasoning), (cached, reasoning), "{wire:?}");
        assert!(reply.served_model.unwrap().starts_with("test:m"), "{wire:?}");
        assert_eq!(reply.id, id(wire), "{wire:?}");
    }
}

#[test]
fn usage_that_nobody_tells_is_not_nothing() {
    for wire in WIRES {
        let body: serde_json::Value = serde_json::from_str(&answer(wire, "Hello")).unwrap();
        let mut body = body.as_object().unwrap().clone();
        for word in ["usage", "usageMetadata", "prompt_eval_count", "eval_count"] {
            body.remove(word);
        }
        let body = serde_json::to_string(&body).unwrap();
        let server = Server::new(vec![json(200, "", &body)]);
        let (done, _) = call(&models(wire, &server.url), request(false));
        assert_eq!(done.unwrap_or_else(|e| panic!("{wire:?}: {e:?}")).usage, None, "{wire:?}");
    }
    // Compatible servers say this.
    let body = r#"{"choices":[{"message":{"content":"Hello"},"finish_reason":""}],"usage":{}}"#;
    let server = Server::new(vec![json(200, "", body)]);
    let (done, _) = call(&models(Wire::OpenAiChat, &server.url), request(false));
    let reply = done.unwrap();
    assert_eq!((reply.content.as_str(), reply.finish, reply.usage), ("Hello", FinishReason::Stop, None));
    let _: Option<Tokens> = reply.usage;
}

#[test]
fn failures_are_told_apart_on_every_wire() {
    let quota = r#"{"error":{"message":"no money","code":"insufficient_quota"}}"#;
    for (status, headers, body, failure, wait) in [
        (401, "", "{\"error\":{\"message\":\"wrong key\"}}", ModelFailure::Unauthorized, None),
        (404, "", "{}", ModelFailure::NotFound, None),
        (400, "", "{}", ModelFailure::BadRequest, None),
        (429, "", "{}", ModelFailure::RateLimited, None),
        (429, "retry-after: 3\r\n", "{}", ModelFailure::RateLimited, Some(3_000)),
        (429, "retry-after-ms: 250\r\n", "{}", ModelFailure::RateLimited, Some(250)),
        (429, "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "{}", ModelFailure::RateLimited, Some(0)),
        (429, "retry-after: 1\r\n", quota, ModelFailure::Quota, Some(1_000)),
        (500, "", "oops", ModelFailure::Overloaded, None),
        (529, "", "{}", ModelFailure::Overloaded, None),
        (200, "", "<html>", ModelFailure::Unreadable, None),
    ] {
        for wire in WIRES {
            let server = Server::new(vec![json(status, headers, body)]);
            let (done, _) = call(&models(wire, &server.url), request(false));
            let error = done.expect_err(&format!("{wire:?} {status}"));
            assert_eq!(error.failure, failure, "{wire:?} {status} {body}: {error}");
            assert_eq!(error.retry_after, wait.map(Duration::from_millis), "{wire:?} {status}");
            // One call is one request: who tries again is the step.
            assert_eq!(server.sent().len(), 1, "{wire:?} {status}");
        }
    }
}

#[test]
fn a_page_of_a_proxy_is_no_answer() {
    let page =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: 6\r\n\r\n<html>";
    for wire in WIRES {
        let server = Server::new(vec![vec![crate::server::Act::Say(page.to_owned())]]);
        let (done, _) = call(&models(wire, &server.url), request(false));
        let error = done.unwrap_err();
        assert_eq!(error.failure, ModelFailure::Unreadable, "{wire:?}: {error}");
    }
}

#[test]
fn what_a_filter_holds_back_is_fatal() {
    let body = answer(Wire::OpenAiChat, "").replace("\"stop\"", "\"content_filter\"");
    let server = Server::new(vec![json(200, "", &body)]);
    let (done, _) = call(&models(Wire::OpenAiChat, &server.url), request(false));
    let error = done.unwrap_err();
    assert_eq!(error.failure, ModelFailure::ContentFilter);
    // It cost all the same.
    assert_eq!(error.usage.unwrap().input, 9);
    let body = answer(Wire::Anthropic, "").replace("\"end_turn\"", "\"refusal\"");
    let server = Server::new(vec![json(200, "", &body)]);
    let (done, _) = call(&models(Wire::Anthropic, &server.url), request(false));
    assert_eq!(done.unwrap_err().failure, ModelFailure::Refused);
}
