//! Sessions of browsers: a cookie that is given for a token, and is good for twelve hours.
//!
//! The server keeps nothing: the cookie holds the name of the token and a time, sealed with the token itself. It is good
//! after a restart, and no longer once the token is taken away.

use super::sealed::{fits, seal};
use super::tokens::{Token, Tokens};
use super::{Access, Caller, CallerSource, Form};
use crate::problem::{Kind, Refused};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

const COOKIE: &str = "flujo_session";
/// Twelve hours, in seconds.
const LIFE: u64 = 12 * 60 * 60;

/// The routes by which a browser gets and gives back its session.
pub(crate) fn routes(access: Arc<Access>) -> Router {
    Router::new().route("/login", post(log_in)).route("/logout", post(log_out)).with_state(access)
}

/// The form of the page `/login`.
#[derive(Deserialize)]
struct Login {
    token: String,
    /// The page to go to.
    #[serde(default)]
    next: String,
}

async fn log_in(State(access): State<Arc<Access>>, Form(login): Form<Login>) -> Response {
    let next = own_page(&login.next);
    let Some(cookie) = access.session(&login.token) else {
        let wrong = [(header::LOCATION, "/login?wrong")];
        return (StatusCode::SEE_OTHER, Extension(Refused(Kind::Unauthorized)), wrong).into_response();
    };
    go(next, &cookie)
}

#[derive(Deserialize)]
struct Logout {}

async fn log_out(Form(Logout {}): Form<Logout>) -> Response {
    go("/login", &cookie("", 0))
}

fn go(to: &str, cookie: &str) -> Response {
    let mut headers = HeaderMap::new();
    let pairs = [(header::LOCATION, to), (header::SET_COOKIE, cookie)];
    for (name, value) in pairs as [(HeaderName, &str); 2] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A page of this server: a path, and no address of somebody else.
fn own_page(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    if is_path && next.bytes().all(|byte| (b'!'..=b'~').contains(&byte)) { next } else { "/" }
}

fn cookie(value: &str, life: u64) -> String {
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={life}")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The value of the session's cookie.
pub(super) fn value(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The caller of a session that is still good.
pub(super) fn caller(tokens: &Tokens, request: &Parts) -> Option<Caller> {
    let (until, shown) = value(&request.headers)?.split_once('.')?;
    let until: u64 = until.parse().ok().filter(|until| *until > now())?;
    let is_of = |token: &&Token| fits(token.secret.expose().as_bytes(), shown, "session", &until.to_string());
    tokens.iter().find(is_of).map(Token::caller)
}

impl Access {
    /// Returns the cookie of a new session, if the token is right.
    pub(crate) fn session(&self, token: &str) -> Option<String> {
        let (CallerSource::Tokens(tokens) | CallerSource::Authorizer(_, tokens)) = &self.known else {
            return None;
        };
        let token = tokens.matching(token)?;
        let until = now().saturating_add(LIFE).to_string();
        let sealed = seal(token.secret.expose().as_bytes(), "session", &until);
        Some(cookie(&format!("{until}.{sealed}"), LIFE))
    }
}
