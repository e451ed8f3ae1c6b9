//! Prompts that a provider does not let through to the model.

use super::said::text;
use super::{pieces, whole};
use flujo::model::{ModelFailure, Tokens};
use flujo_models::Wire;
use serde_json::{Value, json};

fn blocked(reason: &str) -> Value {
    json!({
        "promptFeedback": {"blockReason": reason},
        "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9}, "modelVersion": "m-2", "responseId": "g"
    })
}

#[test]
fn a_blocked_prompt_is_not_tried_again() {
    for reason in ["PROHIBITED_CONTENT", "SAFETY", "BLOCKLIST", "IMAGE_SAFETY", "OTHER", "UNHEARD_OF"] {
        let mut bare = blocked(reason);
        bare.as_object_mut().unwrap().retain(|name, _| name == "promptFeedback");
        let mut empty = blocked(reason);
        empty["candidates"] = json!([]);
        for (body, usage) in
            [(blocked(reason), Some(Tokens::new(9, 0))), (empty, Some(Tokens::new(9, 0))), (bare, None)]
        {
            let done = [("whole", whole(Wire::Gemini, &body)), ("in pieces", pieces(Wire::Gemini, &[body]))];
            for (way, done) in done {
                let error = done.expect_err(&format!("{reason} {way}"));
                assert_eq!(error.failure, ModelFailure::ContentFilter, "{reason} {way}: {error}");
                assert!(
                    !error.is_retryable() && error.to_string().contains(reason),
                    "{reason} {way}: {error}"
                );
                assert_eq!(error.usage, usage, "{reason} {way}");
            }
        }
    }
}

#[test]
fn a_prompt_that_was_looked_at_is_not_blocked() {
    let said = text(Wire::Gemini, &["Hel", "lo"]);
    let (mut body, mut events) = (said.body(Wire::Gemini), said.events(Wire::Gemini));
    let looked =
        json!({"safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]});
    body["promptFeedback"] = looked.clone();
    events[0]["promptFeedback"] = looked;
    assert_eq!(whole(Wire::Gemini, &body).unwrap(), said.reply(Wire::Gemini));
    assert_eq!(pieces(Wire::Gemini, &events).unwrap(), said.reply(Wire::Gemini));
}
