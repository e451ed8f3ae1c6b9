use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretBox};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A secret value, which is never shown: a key, a password.
///
/// It shows as `[REDACTED]`, is wiped from memory when it is dropped, and can be read from settings but not written:
/// it is not `Serialize`, so it cannot be an input, an output or a part of a context, and what records, events,
/// logs and errors hold is never it. Keep it in `#[resources]`, and take it as `&Secret` where it is needed.
///
/// ```
/// use flujo::{Secret, prelude::*};
///
/// #[resources]
/// struct App {
///     key: Secret,
/// }
///
/// #[step]
/// async fn sign(text: String, key: &Secret) -> Result<String> {
///     Ok(format!("{text}, signed with {} letters", key.expose().len()))
/// }
///
/// pipeline! {
///     fn send(text: String, app: &App) -> String {
///         sign(text)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().resources(App { key: "open sesame".into() }).build()?;
/// assert_eq!(flujo.run(send("hi".into())).await.into_output()?, "hi, signed with 11 letters");
/// assert_eq!(format!("{:?}", Secret::from("open sesame")), "Secret([REDACTED])");
/// # Ok(())
/// # }
/// ```
pub struct Secret<T: Zeroize = String>(SecretBox<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    ///
    /// ```
    /// use flujo::Secret;
    /// let key = Secret::new("sk-123".to_owned());
    /// assert!(!format!("{key:?}").contains("123"));
    /// ```
    pub fn new(value: T) -> Self {
        Self(SecretBox::new(Box::new(value)))
    }

    /// The value: for the one call that needs it, not to be kept.
    pub fn expose(&self) -> &T {
        self.0.expose_secret()
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([REDACTED])")
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The message has no details: they could show the secret.
        T::deserialize(deserializer)
            .map(Self::new)
            .map_err(|_| serde::de::Error::custom("expected a secret of another form"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_and_never_shown_even_if_it_cannot_be_read() {
        let secret: Secret = serde_json::from_str(r#""planted""#).unwrap();
        assert_eq!(
            (secret.expose().as_str(), format!("{secret:?}")),
            ("planted", "Secret([REDACTED])".into())
        );
        let error = serde_json::from_str::<Secret<u8>>(r#""planted""#).unwrap_err();
        assert_eq!(error.to_string(), "expected a secret of another form");
    }
}
