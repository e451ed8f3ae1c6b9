//! Who asks, and what that caller may do.

mod access_log;
mod authorizer;
mod caller;
mod form;
mod guard;
mod origin;
mod sealed;
mod session;
mod tokens;

pub(crate) use access_log::is_known;
pub use authorizer::Authorizer;
pub use caller::{Caller, ParseRoleError, Role};
pub(crate) use form::{Csrf, Form};
pub(crate) use guard::{Guard, guard};
pub(crate) use session::routes;

use crate::problem::{Kind, Problem};
use authorizer::CallerSource;
use axum::extract::ConnectInfo;
use axum::http::{header, request::Parts};
use flujo::Secret;
use sealed::Seal;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use tokens::Tokens;

/// The rules of access of a server.
pub(crate) struct Access {
    known: CallerSource,
    /// Names of this server that are no addresses, in lower case.
    hosts: Vec<String>,
    seal: Seal,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// The rules of access while they are put together.
#[derive(Default)]
pub(crate) struct AccessBuilder {
    pub(crate) tokens: Tokens,
    pub(crate) authorizer: Option<Arc<dyn Authorizer>>,
    pub(crate) hosts: Vec<String>,
}

impl AccessBuilder {
    pub(crate) fn token(&mut self, name: String, role: Role, secret: Secret) {
        self.tokens.add(name, role, secret);
    }

    /// Returns true if callers are authenticated.
    pub(crate) fn is_closed(&self) -> bool {
        self.authorizer.is_some() || !self.tokens.is_empty()
    }

    pub(crate) fn build(self) -> Access {
        let seal = Seal::new(&self.tokens);
        let known = match (self.authorizer, self.tokens.is_empty()) {
            (Some(authorizer), _) => CallerSource::Authorizer(authorizer, self.tokens),
            (None, false) => CallerSource::Tokens(self.tokens),
            (None, true) => CallerSource::ThisMachine,
        };
        let hosts = self.hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect();
        Access { known, hosts, seal }
    }
}

impl Access {
    /// Returns true if a person has to log in with a token.
    pub(crate) fn has_login(&self) -> bool {
        !matches!(self.known, CallerSource::ThisMachine)
    }

    /// Returns true if callers may be known by something else than a token.
    pub(crate) fn knows_others(&self) -> bool {
        matches!(self.known, CallerSource::Authorizer(..))
    }

    /// Finds out who asks.
    pub(crate) async fn caller(&self, request: &Parts) -> Result<Caller, Problem> {
        match &self.known {
            CallerSource::ThisMachine => this_machine(request),
            CallerSource::Tokens(tokens) => by_token(tokens, request).ok_or_else(unauthorized),
            CallerSource::Authorizer(authorizer, tokens) => match by_token(tokens, request) {
                Some(caller) => Ok(caller),
                None => authorizer.caller(request).await.ok_or_else(unauthorized),
            },
        }
    }
}

/// The caller with a token, in the header or in the session of a browser.
fn by_token(tokens: &Tokens, request: &Parts) -> Option<Caller> {
    match request.headers.get(header::AUTHORIZATION) {
        // A token that is wrong is refused, whatever the session says.
        Some(value) => tokens.find(bearer(value.to_str().ok()?)?),
        None => session::caller(tokens, request),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized() -> Problem {
    Problem::new(Kind::Unauthorized, "send `Authorization: Bearer` with a token of this server, or log in")
}

/// Without tokens, whoever asks from this machine is its admin. What a proxy passes on comes from somewhere else.
fn this_machine(request: &Parts) -> Result<Caller, Problem> {
    let peer = request.extensions.get::<ConnectInfo<SocketAddr>>();
    let is_local = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let passed_on =
        ["forwarded", "x-forwarded-for", "x-real-ip"].iter().any(|name| request.headers.contains_key(*name));
    if is_local && !passed_on && origin::is_this_machine(request) {
        return Ok(Caller::anonymous(Role::Admin));
    }
    let what = "without tokens, this server answers its own machine alone: add a token, or an `Authorizer`";
    Err(Problem::new(Kind::Unauthorized, what))
}
