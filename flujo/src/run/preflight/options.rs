//! The options of a model step, read back from the graph.

use crate::graph::Place;
use crate::model::{CacheTime, CallOptions, ReasoningEffort, ToolChoice};

/// Returns the options of a place.
///
/// # Errors
/// A call decides about the value of one while it runs: then the options have some value of it.
pub(super) fn options_of(place: &Place) -> Result<CallOptions, CallOptions> {
    let mut options = CallOptions::new();
    let mut known = true;
    if let Some(word) = place.given("reasoning_effort") {
        let effort = ReasoningEffort::ALL.into_iter().find(|effort| effort.word() == word);
        known &= effort.is_some();
        options.reasoning_effort = effort.or(Some(ReasoningEffort::Low));
    }
    if let Some(word) = place.given("reasoning_text") {
        options.reasoning_text = Some(word != "false");
    }
    if let Some(list) = place.given("stop") {
        // A list as it was written has a text in quotes for each; anything else is at least one.
        let texts = list.split('"').skip(1).step_by(2).map(str::to_owned);
        options.stop = texts.collect();
        if options.stop.is_empty() {
            options.stop = vec![String::new()];
        }
    }
    if place.given("seed").is_some() {
        options.seed = Some(0);
    }
    options.tool_choice = match place.given("tool_choice") {
        None => None,
        Some("auto") => Some(ToolChoice::Auto),
        Some("none") => Some(ToolChoice::None),
        Some(_) => Some(ToolChoice::Required),
    };
    if let Some(word) = place.given("parallel_calls") {
        options.parallel_calls = Some(word == "true");
    }
    if let Some(tier) = place.given("service_tier") {
        // What is no word is an expression.
        known &= tier.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        options.service_tier = Some(tier.to_owned());
    }
    if let Some(time) = place.given("prompt_cache") {
        options.prompt_cache = Some(if time == "5m" { CacheTime::FiveMinutes } else { CacheTime::OneHour });
    }
    if known { Ok(options) } else { Err(options) }
}
