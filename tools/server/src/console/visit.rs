//! Who visits a page, and how: by a whole page, or by a part of one that htmx asks for.

use super::page;
use crate::access::{Caller, Csrf, Role};
use crate::button::Button;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// A visit of a caller who is known.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) caller: Caller,
    /// The text that forms carry.
    pub(super) csrf: String,
    /// True if only a part of a page is asked for.
    pub(super) is_part: bool,
    pub(super) has_login: bool,
    pub(super) buttons: Arc<[Button]>,
}

impl Visit {
    /// True if the caller may change runs.
    pub(super) fn may_operate(&self) -> bool {
        self.caller.role() >= Role::Operator
    }

    /// Refuses a caller who may only look.
    pub(super) fn must_operate(&self) -> Result<(), Refused> {
        Ok(self.caller.require(Role::Operator)?)
    }

    pub(super) fn by(&self) -> Option<&str> {
        self.caller.name()
    }

    /// The input that proves that a form is of this server.
    pub(super) fn seal(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }

    /// The beginning of a form that htmx sends too. The hidden button is the one that the enter key presses.
    pub(super) fn form(&self, action: &str, id: &str, inside: &Markup) -> Markup {
        html! {
            form id=(id) class="filled" method="post" action=(action) hx-post=(action) hx-target="this" hx-swap="outerHTML" novalidate {
                (self.seal())
                button type="submit" class="unseen" tabindex="-1" aria-hidden="true" { "Send" }
                (inside)
            }
        }
    }

    /// Goes to another page.
    pub(super) fn go(&self, address: &str) -> Response {
        if !self.is_part {
            return Redirect::to(address).into_response();
        }
        let mut response = StatusCode::NO_CONTENT.into_response();
        if let Ok(address) = HeaderValue::from_str(address) {
            response.headers_mut().insert("hx-redirect", address);
            // htmx looks at the header of any answer, but swaps nothing for this one.
            *response.status_mut() = StatusCode::OK;
        }
        response
    }
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Response;
    async fn from_request_parts(request: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let is_part = request.headers.contains_key("hx-request");
        let has_login = state.access.has_login();
        match Caller::from_request_parts(request, state).await {
            Ok(caller) => {
                let csrf = match Csrf::from_request_parts(request, state).await {
                    Ok(Csrf(csrf)) => csrf,
                    Err(problem) => return Err(Refused(problem).into_response()),
                };
                Ok(Self { caller, csrf, is_part, has_login, buttons: Arc::clone(&state.buttons) })
            }
            Err(problem) if problem.kind == Kind::Unauthorized && has_login => {
                let whole = request.uri.path_and_query().map_or("/", |address| address.as_str());
                let next = if request.method == Method::GET && !is_part { whole } else { "/" };
                let login = format!("/login?next={}", super::show::escaped(next));
                if !is_part {
                    return Err(Redirect::to(&login).into_response());
                }
                let mut response = Refused(problem).into_response();
                if let Ok(login) = HeaderValue::from_str(&login) {
                    response.headers_mut().insert("hx-redirect", login);
                }
                Err(response)
            }
            Err(problem) => Err(Refused(problem).into_response()),
        }
    }
}

/// A page in place of the one that was asked for: what is wrong.
#[derive(Debug)]
pub(super) struct Refused(pub(super) Problem);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}
impl From<flujo::Error> for Refused {
    fn from(error: flujo::Error) -> Self {
        Self(Problem::from(error))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, said) = (self.0.kind.status(), self.0.detail);
        let content = html! {
            h1 { (status.canonical_reason().unwrap_or("This did not work")) }
            p class="notice" role="alert" { (super::show::text(&said)) }
            @if let Some(path) = &self.0.path { p { "At " code { (super::show::text(path)) } } }
            p { a href="/" { "To the list of runs" } }
        };
        let whole = page::shell("Something is wrong", None, None, &content);
        let mut response =
            (status, [(header::CONTENT_TYPE, page::HTML)], whole.into_string()).into_response();
        // htmx shows what is wrong as a page of its own.
        response.headers_mut().insert("hx-retarget", HeaderValue::from_static("body"));
        response
    }
}

/// What a page's handler returns.
pub(super) type Answer = Result<Response, Refused>;
