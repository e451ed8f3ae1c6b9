//! The base URL of a provider.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hyper::Uri;
use hyper::header::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use std::fmt;

/// The characters that every part of a URL escapes.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');
/// The characters that mean something else in the path of a URL.
const ESCAPED_IN_NAMES: &AsciiSet = &ESCAPED.add(b'#').add(b'?').add(b'%').add(b'^').add(b'|').add(b'\\');

/// The base URL of a provider, without the password that it may hold.
pub(crate) struct Address {
    shown: String,
    base: Option<Uri>,
    authorization: Option<HeaderValue>,
}

impl Address {
    /// Takes a URL apart. A text that is no URL is kept for the message about it.
    pub(crate) fn new(text: &str) -> Self {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("", text.trim()));
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, host) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let path = utf8_percent_encode(path, ESCAPED);
        let shown =
            if scheme.is_empty() { format!("{host}{path}") } else { format!("{scheme}://{host}{path}") };
        let web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let base =
            shown.parse::<Uri>().ok().filter(|uri| web && uri.host().is_some_and(|host| !host.is_empty()));
        Self { shown, base, authorization: user.and_then(basic) }
    }

    /// Returns the URL of a request: the path below the base URL, whose query stays.
    pub(crate) fn below(&self, path: &str, query: Option<&str>) -> Option<Uri> {
        let base = self.base.as_ref()?;
        // Letters of a model's name that mean something in a URL are escaped.
        let mut all =
            format!("{}/{}", base.path().trim_end_matches('/'), utf8_percent_encode(path, ESCAPED_IN_NAMES));
        for (i, query) in
            [base.query(), query].into_iter().flatten().filter(|query| !query.is_empty()).enumerate()
        {
            all.push(if i == 0 { '?' } else { '&' });
            all.push_str(query);
        }
        let uri = Uri::builder().scheme(base.scheme()?.clone()).authority(base.authority()?.clone());
        uri.path_and_query(all).build().ok()
    }

    /// Returns the header of the user and the password of the URL, if it has them.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Returns the host and the port.
    pub(crate) fn server(&self) -> Option<(String, u16)> {
        let base = self.base.as_ref()?;
        let default = if base.scheme_str() == Some("https") { 443 } else { 80 };
        Some((base.host()?.to_owned(), base.port_u16().unwrap_or(default)))
    }

    /// Returns true if it has no letters that a host cannot have.
    pub(crate) fn is_ascii(&self) -> bool {
        self.shown.is_ascii()
    }

    /// Returns true if requests can be sent there.
    pub(crate) fn is_valid(&self) -> bool {
        self.base.is_some()
    }
}

/// As it may be shown: without a user and a password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown)
    }
}

/// Writes the header of `user:password`, as RFC 7617 has it.
fn basic(user: &str) -> Option<HeaderValue> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let mut credentials: Vec<u8> = percent_decode_str(name).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(password));
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(credentials))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_below_the_base_url() {
        for (base, path, query, url) in [
            ("http://x/v1", "chat/completions", None, "http://x/v1/chat/completions"),
            ("http://x/v1/", "messages", None, "http://x/v1/messages"),
            (" http://x ", "api/chat", None, "http://x/api/chat"),
            ("HTTPS://x:8443?", "api/chat", None, "https://x:8443/api/chat"),
            ("http://[::1]:80/#top", "a", None, "http://[::1]:80/a"),
            ("https://x/a?api-version=1", "responses", None, "https://x/a/responses?api-version=1"),
            ("http://x/größe {1}", "a", Some("b=c"), "http://x/gr%C3%B6%C3%9Fe%20%7B1%7D/a?b=c"),
            (
                "http://x/v1/?k=1",
                "models/a?b#c 100%:generate",
                Some("alt=sse"),
                "http://x/v1/models/a%3Fb%23c%20100%25:generate?k=1&alt=sse",
            ),
        ] {
            assert_eq!(Address::new(base).below(path, query).unwrap().to_string(), url, "{base}");
        }
    }

    #[test]
    fn what_is_no_url_is_known_at_once() {
        for text in [
            "",
            "x",
            "localhost:80",
            "ftp://x",
            "http://",
            "http://:80",
            "http:///v1",
            "http://a b",
            "://x",
            "http://grün.de",
        ] {
            let address = Address::new(text);
            assert!(
                !address.is_valid() && address.below("a", None).is_none() && address.server().is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_password_becomes_a_header_and_is_not_shown() {
        let address = Address::new("https://me:p%40ss:w@x/v1");
        let header = address.authorization().unwrap();
        // `me:p@ss:w`
        assert_eq!((header.to_str().unwrap(), header.is_sensitive()), ("Basic bWU6cEBzczp3", true));
        assert_eq!(address.below("a", None).unwrap().to_string(), "https://x/v1/a");
        assert_eq!(
            (address.to_string(), format!("{address:?}")),
            ("https://x/v1".to_owned(), "\"https://x/v1\"".to_owned())
        );
        assert!(!Address::new("ftp://me:pass@x").to_string().contains("pass"));
        assert_eq!(Address::new("http://key@x").authorization().unwrap(), "Basic a2V5Og==");
        assert!(Address::new("http://x/a@b").authorization().is_none());
    }

    #[test]
    fn a_server_has_the_port_of_its_scheme() {
        for (url, host, port) in
            [("https://x/v1", "x", 443), ("http://x", "x", 80), ("http://x:11434/", "x", 11_434)]
        {
            assert_eq!(Address::new(url).server().unwrap(), (host.to_owned(), port));
        }
    }
}
