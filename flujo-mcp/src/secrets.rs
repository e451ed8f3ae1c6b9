//! Values that no message may hold: headers and the environment of a process.

use flujo::Secret;
use std::fmt;

/// The minimum length in bytes of a value that is removed: shorter ones occur in ordinary words.
const SHORTEST: usize = 6;

/// The maximum length in characters of a text of the server in a message.
const LONGEST: usize = 300;

/// Names with values that are secrets.
#[derive(Default)]
pub(crate) struct Secrets(Vec<(String, Secret)>);

impl Secrets {
    pub(crate) fn push(&mut self, name: String, value: Secret) {
        self.0.push((name, value));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose().as_str()))
    }

    /// Removes the values from a text.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (_, value) in self.iter() {
            // `Bearer <key>`: the key alone is as secret as the header.
            let key = value.split_once(' ').map(|(_, key)| key.trim());
            for value in [Some(value), key].into_iter().flatten().filter(|value| value.len() >= SHORTEST) {
                text = text.replace(value, "[secret]");
            }
        }
        text
    }

    /// Returns a text of the server as a message may quote it: without secrets, in one line, and short. It is cut last, because
    /// half of a secret would not be found.
    pub(crate) fn quoted(&self, text: &str) -> String {
        let text = self.scrub(text);
        let line: Vec<_> = text.split_whitespace().collect();
        shortened(&line.join(" "), LONGEST)
    }
}

/// Cuts a text to so many characters.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The names alone.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_and_its_key_alone_are_removed() {
        let mut secrets = Secrets::default();
        secrets.push("authorization".to_owned(), "Bearer sk-planted".into());
        secrets.push("DEBUG".to_owned(), "1".into());
        assert_eq!(secrets.scrub("sk-planted, Bearer sk-planted, 1"), "[secret], [secret], 1");
        assert_eq!(format!("{secrets:?}"), r#"{"authorization", "DEBUG"}"#);
    }

    #[test]
    fn what_is_quoted_is_one_short_line() {
        let text = format!("a\n  b{}", "ä".repeat(1000));
        let quoted = Secrets::default().quoted(&text);
        assert!(quoted.starts_with("a bä") && quoted.ends_with("ä ..."), "{quoted}");
        assert_eq!(quoted.chars().count(), 304);
    }
}
