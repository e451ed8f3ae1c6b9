use crate::stop::{CliResult, Stop};
use hyper::Uri;
use hyper::http::uri::Scheme;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::net::IpAddr;

/// The address of a server, without a slash at its end.
#[derive(Clone, Debug)]
pub(super) struct Address(String);

impl Address {
    /// Reads the address that `serve` prints, or one below which a server is mounted.
    pub(super) fn parse(text: &str) -> CliResult<Self> {
        let wrong = |what: &str| {
            Stop::usage(format_args!("the address of the server {what}"))
                .next("give it as `serve` prints it: `--server http://127.0.0.1:8080`")
        };
        let uri: Uri = text.parse().map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        if !uri.scheme().is_some_and(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS) {
            return Err(wrong("begins with `http://` or `https://`"));
        }
        // It would be in what is printed and in what other users of the machine see.
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong("has no user: a token is given with `--token-env`"));
        }
        if uri.query().is_some() {
            return Err(wrong("has no `?`"));
        }
        let text = text.trim_end_matches('/');
        Ok(Self(text.strip_suffix("/api/v1").unwrap_or(text).to_owned()))
    }

    /// Returns true if others can read what is sent: it is not encrypted, and leaves the machine.
    pub(super) fn is_open(&self) -> bool {
        let Ok(uri) = self.0.parse::<Uri>() else { return true };
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_here =
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
        uri.scheme() != Some(&Scheme::HTTPS) && !is_here
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address of an operation: parts of the path, of any text, and a query.
    pub(super) fn of(&self, path: &[&str], query: &[(String, String)]) -> String {
        let mut url = format!("{}/api/v1", self.0);
        for part in path {
            url.push('/');
            url.extend(utf8_percent_encode(part, NON_ALPHANUMERIC));
        }
        if !query.is_empty() {
            url.push('?');
            url.push_str(&form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish());
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_extended() {
        let of = |text| Address::parse(text).unwrap().of(&["runs", "a/b c"], &[]);
        assert_eq!(of("http://127.0.0.1:8080"), "http://127.0.0.1:8080/api/v1/runs/a%2Fb%20c");
        assert_eq!(of("https://x.org/flujo/"), "https://x.org/flujo/api/v1/runs/a%2Fb%20c");
        assert_eq!(of("http://[::1]:80/api/v1"), "http://[::1]:80/api/v1/runs/a%2Fb%20c");
        let query = [("label[a]".to_owned(), "b&c".to_owned())];
        let listed = Address::parse("http://x").unwrap().of(&["runs"], &query);
        assert_eq!(listed, "http://x/api/v1/runs?label%5Ba%5D=b%26c");
        for wrong in
            ["", "x.org", "ftp://x.org", "http://", "http://a:b@x.org", "http://x.org?a=b", "http://x y"]
        {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_leaves_the_machine_unencrypted_is_open() {
        let is_open = |text| Address::parse(text).unwrap().is_open();
        assert!(is_open("http://10.0.0.1:8080") && is_open("http://flujo.internal"));
        assert!(!is_open("https://x.org") && !is_open("http://localhost:1") && !is_open("http://[::1]:1"));
    }
}
