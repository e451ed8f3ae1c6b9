//! Which address a request was sent to, and by which page.

use super::Access;
use crate::problem::{Kind, Problem};
use axum::http::request::Parts;
use axum::http::{Method, header};
use std::net::IpAddr;

/// The name and the port that a request was sent to.
fn host(request: &Parts) -> Option<&str> {
    let header = request.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    header.or_else(|| request.uri.authority().map(axum::http::uri::Authority::as_str))
}

/// The name without the port.
fn name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

fn address(name: &str) -> Option<IpAddr> {
    name.parse().ok()
}

/// Returns true if the request was sent to a name of the machine itself.
pub(super) fn is_this_machine(request: &Parts) -> bool {
    let name = name(host(request).unwrap_or_default());
    name.eq_ignore_ascii_case("localhost") || address(name).is_some_and(|ip| ip.to_canonical().is_loopback())
}

impl Access {
    /// Refuses a request that a page of somebody else made a browser send.
    ///
    /// A page can give its own name the address of this server (DNS rebinding), but the browser still sends that name:
    /// names are `localhost`, addresses, and those that the server was given. What changes something has to come from a
    /// page of this server, if it comes from one.
    pub(super) fn came_directly(&self, request: &Parts) -> Result<(), Problem> {
        let host = host(request).unwrap_or_default();
        let name = name(host).to_ascii_lowercase();
        let is_known = name == "localhost" || address(&name).is_some() || self.hosts.contains(&name);
        if !is_known {
            let what =
                format!("this server has no name `{}`: it is given with `.host(..)`", host.escape_debug());
            return Err(Problem::new(Kind::UnknownHost, what));
        }
        if matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return Ok(());
        }
        let text = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let of_page = text("origin").is_none_or(|origin| {
            origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
        });
        let by_page = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
        if of_page && by_page {
            return Ok(());
        }
        Err(Problem::new(Kind::ForeignPage, "a page of another origin sent this: it was not carried out"))
    }
}
