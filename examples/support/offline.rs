//! Who answers where no real model does.

use flujo::model::{ModelError, ModelFailure, ModelReply, Prices, Rates, Script, Tokens};
use flujo::prelude::*;
use flujo::run::Builder;
use flujo_testing::PausedClock;
use serde_json::json;
use std::error::Error;
use std::sync::Arc;

/// An engine's builder with a script and with prices.
pub(crate) fn builder(script: Script) -> std::result::Result<Builder<()>, Box<dyn Error>> {
    let claude = Rates::usd("3", "15")?.cached_usd("0.30")?.cache_write_usd("3.75", "6")?;
    let gpt = Rates::usd("2.50", "10")?.cached_usd("1.25")?;
    let prices = Prices::new().model("anthropic:claude-sonnet-4-6", claude).model("openai:gpt-4o", gpt);
    Ok(Flujo::builder().models(script).prices(prices))
}

/// One whose clock stands still where nothing sleeps, so that it prints the same every time. Nothing real may be waited
/// for on it: a timeout would come at once.
pub(crate) fn standing_still(script: Script) -> std::result::Result<Builder<()>, Box<dyn Error>> {
    Ok(builder(script)?.clock(Arc::new(PausedClock::default())))
}

/// A reply that found most of its prompt in the provider's cache.
pub(crate) fn says(text: &str) -> ModelReply {
    ModelReply::new(text).used(Tokens::new(800, 60).cached(600))
}

/// What the models say of both letters, call by call.
pub(crate) fn script() -> Script {
    Script::new()
        // No bill comes with it, so the call is charged at the most that it may have cost.
        .then(ModelError::new(ModelFailure::Overloaded, "try later"))
        .then(
            says("")
                .calls("look_up_order", r#"{"order":"1041"}"#)
                .calls("search", r#"{"query":"arrived chipped"}"#)
                .used(Tokens::new(800, 60)),
        )
        .then(
            says("")
                .calls("refund", r#"{"order":"1041","cents":1800}"#)
                .used(Tokens::new(800, 60).cache_write(600, 0)),
        )
        .then(says("We are sorry about the mug: its 18 dollars are on their way back to you."))
        .then(says("").calls("look_up_order", r#"{"order":"2207"}"#))
        .then(says("").calls("refund", r#"{"order":"2207","cents":12900}"#))
        .otherwise(|request| match request.messages.last().map(|message| message.text.as_str()) {
            Some(result) if result.starts_with("denied: ") => says("")
                .calls("escalate", json!({"why": format!("refund of order 2207 {result}")}).to_string()),
            Some(result) if result.ends_with("takes over") => {
                says("A colleague looks at your chair, and writes to you.")
            }
            Some(result) if result.contains("changed") => {
                says("We refund half of what the chair cost; please keep it.")
            }
            _ => says("We are sorry about the chair: its 129 dollars are on their way back to you."),
        })
}
