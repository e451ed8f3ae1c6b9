//! Defaults of model steps: the models of roles, and the timeout of an attempt.

use crate::redact::Redact;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The defaults of model steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelDefaults {
    roles: BTreeMap<String, String>,
    /// The timeout of one attempt of a step that sets none.
    pub(crate) timeout: Option<Duration>,
    /// The redaction of prompts and answers in spans; `None` keeps them out of spans.
    pub(crate) contents: Option<Arc<Redact>>,
    /// The redaction of messages on record; `None` records none.
    pub(crate) messages: Option<Arc<Redact>>,
}

impl ModelDefaults {
    pub(crate) fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.timeout.is_none() && self.contents.is_none() && self.messages.is_none()
    }

    /// The model of a role.
    pub(crate) fn role(&self, role: &str) -> Option<&str> {
        self.roles.get(role).map(String::as_str)
    }

    /// Sets the model of a role.
    ///
    /// # Errors
    /// The role or the model is not a valid name.
    pub(crate) fn set_role(&mut self, role: String, model: String) -> Result<(), String> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if role.is_empty() || !role.chars().all(letters) {
            return Err(format!("`{role}` is no name of a role: use a-z, 0-9 and `_`"));
        }
        if !is_model(&model) {
            return Err(format!(
                "`{model}`, the model of the role `{role}`, names no model: write `provider:model`"
            ));
        }
        self.roles.insert(role, model);
        Ok(())
    }

    /// Fills what is unset from `others`.
    pub(crate) fn or(mut self, others: Self) -> Self {
        for (role, model) in others.roles {
            self.roles.entry(role).or_insert(model);
        }
        let contents = self.contents.or(others.contents);
        let messages = self.messages.or(others.messages);
        Self { timeout: self.timeout.or(others.timeout), contents, messages, roles: self.roles }
    }

    /// The message of a role without a model.
    pub(crate) fn unset(role: &str) -> String {
        format!(
            "no model for the role `{role}`: set `DEFAULT_{}_MODEL`, or give it with `.role(\"{role}\", ..)`",
            role.to_uppercase()
        )
    }
}

/// True if the text has the form `provider:model`.
pub(crate) fn is_model(text: &str) -> bool {
    text.split_once(':').is_some_and(|(provider, model)| {
        !provider.is_empty() && !model.is_empty() && !text.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_models_have_a_form() {
        let mut defaults = ModelDefaults::default();
        assert!(defaults.is_empty());
        defaults.set_role("review".into(), "ollama:llama3:8b".into()).unwrap();
        assert_eq!((defaults.role("review"), defaults.role("reviews")), (Some("ollama:llama3:8b"), None));
        assert_eq!(
            defaults.set_role("Review".into(), "a:b".into()).unwrap_err(),
            "`Review` is no name of a role: use a-z, 0-9 and `_`"
        );
        assert_eq!(
            defaults.set_role("review".into(), "gpt".into()).unwrap_err(),
            "`gpt`, the model of the role `review`, names no model: write `provider:model`"
        );
        assert!(!is_model(":m") && !is_model("p:") && !is_model("p: m"));
    }
}
