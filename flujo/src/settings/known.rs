//! The settings that there are: their key in `flujo.toml`, their variable, and what they are if nobody says so.

use super::value::Form;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// `section.key`, as in `flujo.toml`.
    pub(super) key: &'static str,
    /// Its variable in the environment and in `.env`.
    pub(super) variable: &'static str,
    pub(super) form: Form,
    /// What it is if nobody says so; nothing for what is off then.
    pub(super) default: Option<&'static str>,
}

const fn known(
    key: &'static str,
    variable: &'static str,
    form: Form,
    default: Option<&'static str>,
) -> Known {
    Known { key, variable, form, default }
}

/// All that have one name each.
pub(super) const KNOWN: &[Known] = &[
    known("agent.timeout", "AGENT_TIMEOUT", Form::Duration, None),
    known("models.connect_timeout", "FLUJO_CONNECT_TIMEOUT", Form::Duration, Some("10s")),
    known("models.answer_timeout", "FLUJO_ANSWER_TIMEOUT", Form::Duration, Some("10min")),
    known("models.silence_timeout", "FLUJO_SILENCE_TIMEOUT", Form::Duration, Some("2min")),
    known("limits.cost", "FLUJO_COST_LIMIT", Form::Dollars, None),
    known("limits.total_tokens", "FLUJO_TOKEN_LIMIT", Form::Count, None),
    known("limits.model_calls", "FLUJO_CALL_LIMIT", Form::Count, None),
    known("limits.active_time", "FLUJO_TIME_LIMIT", Form::Duration, None),
    known("prices.file", "FLUJO_PRICES_FILE", Form::Text, None),
    known("telemetry.endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", Form::Address, Some("http://localhost:4318")),
    known("telemetry.service_name", "OTEL_SERVICE_NAME", Form::Text, Some("flujo")),
    known(
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

/// What a provider may say.
pub(super) const OF_PROVIDERS: &[(&str, Form)] =
    &[("url", Form::Address), ("wire", Form::Wire), ("key_variable", Form::Variable)];

/// The key of a section within [`KNOWN`].
pub(super) fn find(section: &str, key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.key.split_once('.') == Some((section, key)))
}

/// The sections of `flujo.toml`.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections = vec![ROLES, PROVIDERS];
    for known in KNOWN {
        let section = known.key.split_once('.').map_or("", |(section, _)| section);
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    sections
}

/// The keys of a section.
pub(super) fn keys(section: &str) -> Vec<&'static str> {
    let of = |known: &'static Known| known.key.split_once('.').filter(|(s, _)| *s == section);
    KNOWN.iter().filter_map(of).map(|(_, key)| key).collect()
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
        for (i, known) in KNOWN.iter().enumerate() {
            assert!(
                KNOWN.iter().take(i).all(|other| other.key != known.key && other.variable != known.variable)
            );
            assert_eq!(known.key.matches('.').count(), 1, "{}", known.key);
            assert!(known.default.is_none_or(|default| known.form.check(default).is_ok()), "{}", known.key);
        }
        assert_eq!(sections(), ["roles", "providers", "agent", "models", "limits", "prices", "telemetry"]);
        assert_eq!(keys("prices"), ["file"]);
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
