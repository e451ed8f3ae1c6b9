use super::Caller;
use crate::problem::{Kind, Refused};
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

/// The name of the caller, once it is known.
#[derive(Clone, Debug, Default)]
struct Who(Arc<OnceLock<Option<String>>>);

/// Notes the caller for the log.
pub(crate) fn is_known(request: &Parts, caller: &Caller) {
    if let Some(Who(name)) = request.extensions.get() {
        // A request may be authenticated twice.
        let _ = name.set(caller.name().map(str::to_owned));
    }
}

/// The facts of a request for the log of refused callers.
#[derive(Debug)]
pub(super) struct AccessLog {
    method: Method,
    path: String,
    peer: Option<SocketAddr>,
    who: Who,
}

impl AccessLog {
    pub(super) fn of(request: &mut Parts) -> Self {
        let who = Who::default();
        request.extensions.insert(who.clone());
        let peer = request.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
        Self { method: request.method.clone(), path: request.uri.path().to_owned(), peer, who }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Writes a line for a caller who is refused. Tokens are no part of it, and texts of the caller are escaped, so that a
    /// line cannot be forged.
    pub(super) fn log(&self, response: &Response) {
        let status = response.status();
        let kind = response.extensions().get::<Refused>().map(|Refused(kind)| *kind);
        let is_refused = match kind {
            Some(kind) => kind.is_refusal(),
            // Pages say it without a mark.
            None => matches!(
                status,
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST
            ),
        };
        if !is_refused {
            return;
        }
        let caller = self.who.0.get().and_then(Option::as_deref);
        let (method, path) = (&self.method, self.path.as_str());
        let peer = self.peer.map(|peer| peer.to_string());
        let (status, why) = (status.as_u16(), kind.map(Kind::word));
        tracing::warn!(target: "flujo_server", %method, ?path, status, why, peer, ?caller, "a caller was refused");
    }
}
