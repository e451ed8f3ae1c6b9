//! Why an answer ends, in the words of all protocols.

use crate::failure::Failure;
use flujo::model::{FinishReason, ModelFailure};

/// The reason why an answer ends, as the provider writes it.
#[derive(Debug)]
pub(crate) struct Ending {
    word: String,
}

impl Ending {
    pub(crate) fn of(word: &str) -> Self {
        Self { word: word.to_owned() }
    }

    /// Returns the finish reason.
    ///
    /// # Errors
    /// The answer is no complete one, and no one that was cut off at `max_tokens`.
    pub(crate) fn finish(self) -> Result<FinishReason, Failure> {
        let stopped = || format!("it stopped with `{}`", self.word);
        match self.word.to_lowercase().as_str() {
            // The first four are OpenAI's, Gemini's and Ollama's, then Anthropic's, then those of OpenAI's Responses API
            // and of compatible servers. Some of those say nothing.
            "stop" | "tool_calls" | "function_call" | "eos" | "end_turn" | "stop_sequence" | "tool_use"
            | "completed" | "eos_token" | "" => Ok(FinishReason::Stop),
            "length"
            | "max_tokens"
            | "max_output_tokens"
            | "incomplete"
            | "model_length"
            | "model_context_window_exceeded" => Ok(FinishReason::Length),
            "refusal" => Err(Failure::new(ModelFailure::Refused, stopped())),
            // Gemini has one word for each of its filters.
            "content_filter"
            | "content_filtered"
            | "safety"
            | "recitation"
            | "blocklist"
            | "prohibited_content"
            | "spii"
            | "image_safety"
            | "image_prohibited_content"
            | "image_recitation"
            | "sensitive"
            | "guardrail_intervened" => Err(Failure::new(ModelFailure::ContentFilter, stopped())),
            "error" | "failed" | "insufficient_system_resource" | "network_error" => {
                Err(Failure::new(ModelFailure::Overloaded, stopped()))
            }
            // Not known to be an end: another attempt may come to one.
            _ => Err(Failure::unreadable(stopped())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_ends_are_ends() {
        let finish = |word: &str| Ending::of(word).finish().map_err(|failure| failure.without(None));
        for word in ["stop", "STOP", "tool_calls", "end_turn", "tool_use", "completed", ""] {
            assert_eq!(finish(word).unwrap(), FinishReason::Stop, "{word}");
        }
        for word in ["length", "MAX_TOKENS", "max_output_tokens"] {
            assert_eq!(finish(word).unwrap(), FinishReason::Length, "{word}");
        }
        for (word, failure) in [
            ("refusal", ModelFailure::Refused),
            ("SAFETY", ModelFailure::ContentFilter),
            ("content_filter", ModelFailure::ContentFilter),
            ("insufficient_system_resource", ModelFailure::Overloaded),
            ("MALFORMED_FUNCTION_CALL", ModelFailure::Unreadable),
            ("pause_turn", ModelFailure::Unreadable),
            ("something_new", ModelFailure::Unreadable),
        ] {
            let error = finish(word).unwrap_err();
            assert_eq!(error.failure, failure, "{word}");
            assert!(error.to_string().ends_with(&format!("it stopped with `{word}`")), "{error}");
        }
    }
}
