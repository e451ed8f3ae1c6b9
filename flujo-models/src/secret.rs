use secrecy::{ExposeSecret, SecretString};

/// The minimum length in bytes of a secret that is removed: shorter ones occur in ordinary words.
const SHORTEST: usize = 6;

/// Removes a secret from a text that is shown to people.
pub(crate) fn scrub(text: &str, secret: Option<&SecretString>) -> String {
    match secret.map(ExposeSecret::expose_secret).filter(|secret| secret.len() >= SHORTEST) {
        Some(secret) => text.replace(secret, "[secret]"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_stay_in_a_text() {
        let key = SecretString::from("sk-planted");
        assert_eq!(scrub("wrong key sk-planted: sk-planted", Some(&key)), "wrong key [secret]: [secret]");
        assert_eq!(scrub("nothing", None), "nothing");
        assert!(!format!("{key:?}").contains("planted"));
    }
}
