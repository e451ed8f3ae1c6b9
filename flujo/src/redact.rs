use crate::secret::Secret;
use std::fmt;

/// The least that is worth hiding: shorter keys are part of ordinary words.
const SHORTEST: usize = 6;
/// How keys of well-known services begin.
const PREFIXES: &[&str] =
    &["sk-", "sk_", "pk_", "rk_", "gsk_", "xai-", "AIza", "AKIA", "ghp_", "gho_", "github_pat_", "xox"];

/// Removes secrets from prompts and answers before they are recorded in spans: keys that are known, words that look like
/// keys, and addresses of mail.
///
/// ```
/// use flujo::events::Redact;
///
/// let redact = Redact::new().secret("open sesame");
/// assert_eq!(redact.apply("open sesame, says ada@example.org"), "[REDACTED], says [REDACTED]");
/// assert_eq!(redact.apply("my key is sk-1234567890abcdef."), "my key is [REDACTED]");
/// assert_eq!(redact.apply("nothing to see"), "nothing to see");
/// ```
#[derive(Default)]
pub struct Redact {
    secrets: Vec<Secret>,
}

impl fmt::Debug for Redact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redact").field("secrets", &self.secrets.len()).finish()
    }
}

impl Redact {
    /// Creates a redaction of all words that look like keys, and of addresses of mail.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also this text, wherever it stands.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// The text without it.
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets.iter().map(Secret::expose).filter(|secret| secret.len() >= SHORTEST) {
            text = text.replace(secret.as_str(), "[REDACTED]");
        }
        let ends = |c: char| c.is_whitespace() || "\"'`,;:<>(){}[]=".contains(c);
        let mut out = String::with_capacity(text.len());
        for piece in text.split_inclusive(ends) {
            let word = piece.trim_end_matches(ends);
            let rest = piece.get(word.len()..).unwrap_or_default();
            out.push_str(if is_private(word) { "[REDACTED]" } else { word });
            out.push_str(rest);
        }
        out
    }
}

fn is_private(word: &str) -> bool {
    let key = word.len() >= 16 && PREFIXES.iter().any(|prefix| word.starts_with(prefix));
    let mail = word
        .split_once('@')
        .is_some_and(|(who, at)| !who.is_empty() && at.trim_end_matches('.').contains('.'));
    key || mail
}
