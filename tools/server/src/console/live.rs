//! Parts of a page that follow what happens: htmx asks for them again, and learns that nothing has changed by an empty
//! answer, so that what a person reads or types is not replaced in vain.

use super::page::html_of;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The events of one run that change its page, and a look now and then for when there is no stream. Events come in
/// bursts: a burst is one request.
pub(super) const RUN: &str = "sse:record delay:300ms, sse:question delay:300ms, sse:reply delay:300ms, \
                              sse:action delay:300ms, sse:state delay:300ms, sse:began delay:300ms, every 5s";
/// The events of all runs that change their pages.
pub(super) const ALL: &str = "sse:run delay:500ms, every 10s";

/// Wraps the live parts of a page: the events come from `address`.
pub(super) fn stream(address: Option<&str>, content: &Markup) -> Markup {
    html! {
        div hx-ext=[address.map(|_| "sse")] sse-connect=[address] { (content) }
    }
}

/// A part of a page that follows what happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live<'l> {
    /// The id of the element.
    pub(super) id: &'l str,
    /// The address of the part, with a query or without one.
    pub(super) address: &'l str,
    /// The heading that names it.
    pub(super) label: &'l str,
    /// When it is asked for again; `None` if nothing will change any more.
    pub(super) trigger: Option<&'l str>,
    /// True if it is not replaced while it has the focus.
    pub(super) keeps_focus: bool,
    /// The id and the content of another element that changes with it.
    pub(super) beside: Option<(&'l str, &'l Markup)>,
}

impl Live<'_> {
    fn known(&self, content: &Markup) -> String {
        let mut hasher = DefaultHasher::new();
        content.0.hash(&mut hasher);
        self.beside.map(|(_, content)| &content.0).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// The element with its content.
    pub(super) fn show(&self, content: &Markup) -> Markup {
        let joint = if self.address.contains('?') { '&' } else { '?' };
        let address = format!("{}{joint}known={}", self.address, self.known(content));
        html! {
            div id=(self.id) data-live="" data-keep=[self.keeps_focus.then_some("")] role="region" aria-label=(self.label)
                hx-get=[self.trigger.map(|_| address.as_str())] hx-trigger=[self.trigger] hx-swap="outerHTML" {
                (content)
            }
        }
    }

    /// The answer to htmx, which knows the content of this digest.
    pub(super) fn answer(&self, known: Option<&str>, content: &Markup) -> Response {
        if self.trigger.is_some() && known == Some(&self.known(content)) {
            return StatusCode::NO_CONTENT.into_response();
        }
        html_of(html! {
            (self.show(content))
            // htmx puts it where the element of this id is.
            @if let Some((id, content)) = self.beside { div id=(id) hx-swap-oob="true" { (content) } }
        })
    }
}
