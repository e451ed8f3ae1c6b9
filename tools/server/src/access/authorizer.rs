use super::{Caller, Tokens};
use async_trait::async_trait;
use axum::http::request::Parts;
use std::sync::Arc;

/// A rule of the user's own that finds out who asks: by the headers that a proxy adds, or by the session of an
/// application that the server is a part of.
///
/// It is asked for every request that brings no token of the server. State that a browser sends by itself, such as a
/// cookie, is protected from other pages: the server compares `Origin` with `Host` before it changes anything.
///
/// ```
/// use flujo_server::{Authorizer, Caller, Role};
///
/// struct Proxy;
///
/// #[flujo::async_trait]
/// impl Authorizer for Proxy {
///     async fn caller(&self, request: &axum::http::request::Parts) -> Option<Caller> {
///         let name = request.headers.get("x-remote-user")?.to_str().ok()?;
///         Some(Caller::new(name, Role::Operator))
///     }
/// }
/// ```
#[async_trait]
pub trait Authorizer: Send + Sync + 'static {
    /// Returns the caller; `None` if the request is refused.
    async fn caller(&self, request: &Parts) -> Option<Caller>;
}

/// Where callers are known from.
pub(super) enum CallerSource {
    /// No one has a name: whoever is on this machine.
    ThisMachine,
    /// From their tokens.
    Tokens(Tokens),
    /// From a rule of the user, after tokens.
    Authorizer(Arc<dyn Authorizer>, Tokens),
}
