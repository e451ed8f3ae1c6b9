//! Answers in place of a model.

use flujo::model::{ModelReply, ModelRequest, Script, Tokens};

pub fn script() -> Script {
    // Each call is reported as 200 tokens sent and 80 received.
    Script::new().otherwise(|request| ModelReply::new(answer(request)).used(Tokens::new(200, 80)))
}

fn answer(request: &ModelRequest) -> &'static str {
    let prompt: Vec<_> = request.messages.iter().map(|message| message.text.as_str()).collect();
    let prompt = prompt.join("\n");
    let has = |words: &str| prompt.contains(words);
    let path = request.path.as_str();
    if path == "support/classify" && has("three legs") {
        return r#"{"kind": "refund", "orders": [2207], "summary": "The chair has three legs."}"#;
    }
    if path == "support/classify" && has("chipped") {
        return r#"{"kind": "refund", "orders": [1041], "summary": "The mug is chipped."}"#;
    }
    if path == "support/classify" && has("1041") {
        return r#"{"kind": "status", "orders": [1041], "summary": "Where is the mug?"}"#;
    }
    if path == "support/classify" {
        return r#"{"kind": "other", "orders": [], "summary": "Asks for lamps."}"#;
    }
    if path.starts_with("support/check_tone") && !has("Hello Ada") {
        return r#"{"Revise": "greet the customer by name"}"#;
    }
    if path.starts_with("support/check") {
        return r#""Accept""#;
    }
    // Only Ada's drafts improve with feedback.
    if has("Ada asks") && has("sent back") {
        "Hello Ada, your mug is on a bicycle in your town."
    } else {
        "Your mug is on a bicycle in your town."
    }
}
