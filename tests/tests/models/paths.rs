//! Every path to a model: each wire, and each provider with a dialect of its own, whole and in pieces.

use crate::server::{Act, End, json, stream};
use crate::wires::*;
use flujo_models::{Capabilities, Models, Wire};

/// A path to a model.
#[derive(Clone, Copy, Debug)]
pub struct To {
    pub wire: Wire,
    pub provider: &'static str,
    pub pieces: bool,
}

/// The providers with an adapter of their own; all of them speak OpenAI's language.
const DIALECTS: [&str; 5] = ["openrouter", "groq", "deepseek", "mistral", "xai"];

impl To {
    pub fn all() -> impl Iterator<Item = Self> {
        Self::whole().flat_map(|to| [false, true].map(|pieces| Self { pieces, ..to }))
    }

    pub fn whole() -> impl Iterator<Item = Self> {
        let wires = WIRES.into_iter().map(|wire| Self { wire, provider: "test", pieces: false });
        let dialect = |provider| Self { wire: Wire::OpenAiChat, provider, pieces: false };
        wires.chain(DIALECTS.into_iter().map(dialect))
    }

    /// The model as a step names it.
    pub fn model(self) -> String {
        format!("{}:m", self.provider)
    }

    pub fn models(self, url: &str) -> Models {
        if self.provider == "test" {
            return models_that(self.wire, url, Capabilities::OPENAI);
        }
        let models = quick().key(self.provider, KEY).base_url(self.provider, url);
        models.can(self.provider, Capabilities::OPENAI).build().unwrap()
    }

    /// A whole answer, in one piece or several.
    pub fn says(self, text: &str) -> Vec<Act> {
        if !self.pieces {
            return json(200, "", &answer(self.wire, text));
        }
        let middle = text.chars().count() / 2;
        let (one, two): (String, String) =
            (text.chars().take(middle).collect(), text.chars().skip(middle).collect());
        self.streams(&[&one, &two], self.end(), End::Clean)
    }

    /// What says that the answer is whole. Groq says what it used in a place of its own.
    pub fn end(self) -> Vec<String> {
        if self.provider != "groq" {
            return end(self.wire, false);
        }
        let usage = serde_json::json!({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11});
        let choices = serde_json::json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]);
        let last = serde_json::json!({"choices": choices, "x_groq": {"id": "req", "usage": usage}});
        vec![sse(&last.to_string()), sse("[DONE]")]
    }

    pub fn streams(self, texts: &[&str], tail: Vec<String>, ends: End) -> Vec<Act> {
        let texts = texts.iter().map(|text| piece(self.wire, text));
        let pieces: Vec<_> = begin(self.wire).into_iter().chain(texts).chain(tail).collect();
        stream(kind(self.wire), &pieces, ends)
    }
}
