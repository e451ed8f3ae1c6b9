//! The configuration of the providers of a client.

use crate::{Capabilities, Wire};
use secrecy::SecretString;
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// A provider as it is configured.
pub(crate) struct ProviderConfig {
    pub(crate) name: String,
    pub(crate) wire: Wire,
    pub(crate) url: String,
    /// The environment variable of its key.
    pub(crate) variable: Option<Cow<'static, str>>,
    pub(crate) key: Option<SecretString>,
    pub(crate) can: Capabilities,
    /// True if a stream may end without an end marker.
    pub(crate) unmarked_end: bool,
}

impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("url", &self.url)
            .field("has_key", &self.key.is_some())
            .finish_non_exhaustive()
    }
}

/// The timeouts of every call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
    pub(crate) silence: Duration,
}

impl Timeouts {
    pub(crate) const DEFAULT: Self = Self {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(600),
        silence: Duration::from_secs(120),
    };
}

impl ProviderConfig {
    /// Returns the URL of a request: the path below the base URL, whose query stays.
    pub(crate) fn url(&self, path: &str, query: Option<&str>) -> Option<reqwest::Url> {
        let mut url = reqwest::Url::parse(&self.url).ok()?;
        let base = url.path().trim_end_matches('/').to_owned();
        // Letters of a model's name that mean something in a URL are escaped.
        url.set_path(&format!("{base}/{path}"));
        let queries = [url.query(), query].into_iter().flatten().collect::<Vec<_>>().join("&");
        url.set_query((!queries.is_empty()).then_some(&queries));
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_below_the_base_url() {
        let known = |url: &str| ProviderConfig {
            name: "x".to_owned(),
            wire: Wire::OpenAiChat,
            url: url.to_owned(),
            variable: None,
            key: None,
            can: Capabilities::COMPATIBLE,
            unmarked_end: false,
        };
        for (base, path, query, url) in [
            ("http://x/v1", "chat/completions", None, "http://x/v1/chat/completions"),
            ("http://x/v1/", "messages", None, "http://x/v1/messages"),
            ("http://x", "api/chat", None, "http://x/api/chat"),
            ("https://x/a?api-version=1", "responses", None, "https://x/a/responses?api-version=1"),
            (
                "http://x/v1/",
                "models/a?b#c:generate",
                Some("alt=sse"),
                "http://x/v1/models/a%3Fb%23c:generate?alt=sse",
            ),
        ] {
            assert_eq!(known(base).url(path, query).unwrap().as_str(), url);
        }
    }
}
