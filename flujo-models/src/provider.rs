use crate::Capabilities;
use flujo::model::ReasoningEffort;

/// The protocol that a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wire {
    /// OpenAI's chat completions, which many other servers speak too.
    OpenAiChat,
    /// OpenAI's Responses API.
    OpenAiResponses,
    /// Anthropic's Messages API.
    Anthropic,
    /// Gemini's `generateContent`.
    Gemini,
    /// Ollama's own API.
    Ollama,
}

impl Wire {
    /// Parses the word of the settings.
    #[cfg(feature = "settings")]
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        match word {
            "openai-chat" => Some(Self::OpenAiChat),
            "openai-responses" => Some(Self::OpenAiResponses),
            "anthropic" => Some(Self::Anthropic),
            "gemini" => Some(Self::Gemini),
            "ollama" => Some(Self::Ollama),
            _ => None,
        }
    }
}

/// A provider of the models whose names begin with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name before the colon.
    pub name: &'static str,
    /// The protocol.
    pub wire: Wire,
    /// The environment variable of the API key; `None` if no key is needed.
    pub key: Option<&'static str>,
    /// The base URL, with a slash at the end.
    pub url: &'static str,
    /// The capabilities.
    pub can: Capabilities,
}

impl Provider {
    /// The known providers.
    ///
    /// ```
    /// # use flujo_models::Provider;
    /// let openai = Provider::ALL.iter().find(|provider| provider.name == "openai").unwrap();
    /// assert_eq!(openai.key, Some("OPENAI_API_KEY"));
    /// ```
    pub const ALL: &'static [Self] = &[
        Self {
            name: "openai",
            wire: Wire::OpenAiChat,
            key: Some("OPENAI_API_KEY"),
            url: "https://api.openai.com/v1/",
            can: Capabilities::OPENAI,
        },
        Self {
            name: "openai-responses",
            wire: Wire::OpenAiResponses,
            key: Some("OPENAI_API_KEY"),
            url: "https://api.openai.com/v1/",
            can: Capabilities::OPENAI_RESPONSES,
        },
        Self {
            name: "anthropic",
            wire: Wire::Anthropic,
            key: Some("ANTHROPIC_API_KEY"),
            url: "https://api.anthropic.com/v1/",
            can: Capabilities::ANTHROPIC,
        },
        Self {
            name: "gemini",
            wire: Wire::Gemini,
            key: Some("GEMINI_API_KEY"),
            url: "https://generativelanguage.googleapis.com/v1beta/",
            can: Capabilities::GEMINI,
        },
        Self {
            name: "openrouter",
            wire: Wire::OpenAiChat,
            key: Some("OPENROUTER_API_KEY"),
            url: "https://openrouter.ai/api/v1/",
            can: Capabilities { reasoning_text: true, ..Capabilities::OPENAI },
        },
        Self {
            name: "groq",
            wire: Wire::OpenAiChat,
            key: Some("GROQ_API_KEY"),
            url: "https://api.groq.com/openai/v1/",
            can: Capabilities {
                efforts: &[
                    ReasoningEffort::None,
                    ReasoningEffort::Low,
                    ReasoningEffort::Medium,
                    ReasoningEffort::High,
                ],
                service_tiers: &["auto", "on_demand", "flex", "performance"],
                ..Capabilities::COMPATIBLE
            },
        },
        Self {
            name: "deepseek",
            wire: Wire::OpenAiChat,
            key: Some("DEEPSEEK_API_KEY"),
            url: "https://api.deepseek.com/v1/",
            can: Capabilities { stop: 16, seed: false, parallel_calls: false, ..Capabilities::COMPATIBLE },
        },
        Self {
            name: "mistral",
            wire: Wire::OpenAiChat,
            key: Some("MISTRAL_API_KEY"),
            url: "https://api.mistral.ai/v1/",
            can: Capabilities { seed: false, ..Capabilities::COMPATIBLE },
        },
        Self {
            name: "xai",
            wire: Wire::OpenAiChat,
            key: Some("XAI_API_KEY"),
            url: "https://api.x.ai/v1/",
            can: Capabilities {
                efforts: &[ReasoningEffort::Low, ReasoningEffort::High],
                ..Capabilities::COMPATIBLE
            },
        },
        Self {
            name: "ollama",
            wire: Wire::Ollama,
            key: None,
            url: "http://localhost:11434/",
            can: Capabilities::OLLAMA,
        },
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for (i, provider) in Provider::ALL.iter().enumerate() {
            assert!(provider.url.ends_with('/'), "{}", provider.name);
            assert!(
                Provider::ALL.iter().take(i).all(|other| other.name != provider.name),
                "{}",
                provider.name
            );
            assert_eq!(provider.url.starts_with("https://"), provider.name != "ollama");
            assert_eq!(provider.key.is_none(), provider.name == "ollama");
        }
    }
}
