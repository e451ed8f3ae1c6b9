//! All settings: the key in `flujo.toml`, the environment variable, the default.

use super::value::Form;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// `section.key`, as in `flujo.toml`.
    pub(super) path: &'static str,
    /// The variable in the environment and in `.env`.
    pub(super) variable: &'static str,
    pub(super) form: Form,
    /// The default; `None` for a setting that is off by default.
    pub(super) default: Option<&'static str>,
}

const fn key(path: &'static str, variable: &'static str, form: Form, default: Option<&'static str>) -> Key {
    Key { path, variable, form, default }
}

/// All that have one name each.
pub(super) const KEYS: &[Key] = &[
    key("agent.timeout", "AGENT_TIMEOUT", Form::Duration, None),
    key("models.connect_timeout", "FLUJO_CONNECT_TIMEOUT", Form::Duration, Some("10s")),
    key("models.answer_timeout", "FLUJO_ANSWER_TIMEOUT", Form::Duration, Some("10min")),
    key("models.silence_timeout", "FLUJO_SILENCE_TIMEOUT", Form::Duration, Some("2min")),
    key("limits.cost", "FLUJO_COST_LIMIT", Form::Dollars, None),
    key("limits.total_tokens", "FLUJO_TOKEN_LIMIT", Form::Count, None),
    key("limits.model_calls", "FLUJO_CALL_LIMIT", Form::Count, None),
    key("limits.active_time", "FLUJO_TIME_LIMIT", Form::Duration, None),
    key("prices.file", "FLUJO_PRICES_FILE", Form::Text, None),
    key("telemetry.endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", Form::Address, Some("http://localhost:4318")),
    key("telemetry.service_name", "OTEL_SERVICE_NAME", Form::Text, Some("flujo")),
    key(
        "telemetry.capture_content",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        Form::Flag,
        Some("false"),
    ),
];

/// The section of models by role: `review = "provider:model"`.
pub(super) const ROLES: &str = "roles";
/// The section of providers by name: `[providers.office]`.
pub(super) const PROVIDERS: &str = "providers";

/// The keys of a provider.
pub(super) const OF_PROVIDERS: &[(&str, Form)] = &[
    ("url", Form::Address),
    ("wire", Form::Wire),
    ("key_variable", Form::Variable),
    ("calls_per_minute", Form::Positive),
    ("tokens_per_minute", Form::Positive),
    ("concurrent", Form::Positive),
];

/// The keys of a provider that are variables too: `FLUJO_OPENAI_CALLS_PER_MINUTE`.
pub(super) const LIMITS: &[&str] = &["calls_per_minute", "tokens_per_minute", "concurrent"];

/// The form of a key of a provider.
pub(super) fn of_provider(word: &str) -> Option<Form> {
    OF_PROVIDERS.iter().find(|(known, _)| *known == word).map(|(_, form)| *form)
}

/// The provider, as variables write it, and the limit that a variable is.
pub(super) fn limit_of(variable: &str) -> Option<(&str, &'static str)> {
    let rest = variable.strip_prefix("FLUJO_")?;
    let letters = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    LIMITS.iter().find_map(|limit| {
        let provider = rest.strip_suffix(limit.to_uppercase().as_str())?.strip_suffix('_')?;
        (!provider.is_empty() && provider.chars().all(letters)).then_some((provider, *limit))
    })
}

/// The name of a provider as variables write it.
pub(super) fn in_variables(provider: &str) -> String {
    provider.to_uppercase().replace('-', "_")
}

/// Whether this can be the name of a provider.
pub(super) fn is_provider(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !name.is_empty() && name.chars().all(letters)
}

/// The key of a section within [`KEYS`].
pub(super) fn find(section: &str, key: &str) -> Option<&'static Key> {
    KEYS.iter().find(|known| known.path.split_once('.') == Some((section, key)))
}

/// The sections of `flujo.toml`.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections = vec![ROLES, PROVIDERS];
    for known in KEYS {
        let section = known.path.split_once('.').map_or("", |(section, _)| section);
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    sections
}

/// The keys of a section.
pub(super) fn keys(section: &str) -> Vec<&'static str> {
    let of = |known: &'static Key| known.path.split_once('.').filter(|(s, _)| *s == section);
    KEYS.iter().filter_map(of).map(|(_, key)| key).collect()
}

/// The variable of a role's model.
pub(super) fn variable_of(role: &str) -> String {
    format!("DEFAULT_{}_MODEL", role.to_uppercase())
}

/// The role whose model a variable is.
pub(super) fn role_of(variable: &str) -> Option<String> {
    let role = variable.strip_prefix("DEFAULT_")?.strip_suffix("_MODEL")?;
    let letters = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    (!role.is_empty() && role.chars().all(letters)).then(|| role.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for (i, known) in KEYS.iter().enumerate() {
            assert!(
                KEYS.iter().take(i).all(|other| other.path != known.path && other.variable != known.variable)
            );
            assert_eq!(known.path.matches('.').count(), 1, "{}", known.path);
            assert!(known.default.is_none_or(|default| known.form.check(default).is_ok()), "{}", known.path);
        }
        assert_eq!(sections(), ["roles", "providers", "agent", "models", "limits", "prices", "telemetry"]);
        assert_eq!(keys("prices"), ["file"]);
    }

    #[test]
    fn limits_and_their_variables() {
        assert_eq!(limit_of("FLUJO_OPENAI_CALLS_PER_MINUTE"), Some(("OPENAI", "calls_per_minute")));
        assert_eq!(limit_of("FLUJO_OPENAI_RESPONSES_CONCURRENT"), Some(("OPENAI_RESPONSES", "concurrent")));
        for other in ["FLUJO_CONCURRENT", "FLUJO__CONCURRENT", "FLUJO_openai_CONCURRENT", "OPENAI_CONCURRENT"]
        {
            assert_eq!(limit_of(other), None, "{other}");
        }
        assert!(LIMITS.iter().all(|limit| of_provider(limit) == Some(Form::Positive)));
        assert!(KEYS.iter().all(|known| limit_of(known.variable).is_none()));
    }

    #[test]
    fn roles_and_their_variables() {
        assert_eq!(variable_of("review"), "DEFAULT_REVIEW_MODEL");
        assert_eq!(role_of("DEFAULT_REVIEW_MODEL").as_deref(), Some("review"));
        for other in ["DEFAULT__MODEL_", "DEFAULT_MODEL", "DEFAULT_Review_MODEL", "REVIEW_MODEL"] {
            assert_eq!(role_of(other), None, "{other}");
        }
    }
}
