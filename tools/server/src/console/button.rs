//! Buttons that an application adds to every page.

use super::fields::Form;
use super::visit::{Answer, Visit};
use crate::access::Role;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::extract::{Path, State};
use flujo::clock::BoxFuture;
use maud::{Markup, html};
use std::fmt;
use std::sync::Arc;

/// A button of the application, for its admins.
#[derive(Clone)]
pub(crate) struct Button {
    label: String,
    /// What is asked before it is done.
    sure: String,
    press: Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
}

impl Button {
    pub(crate) fn new<F>(label: String, sure: String, press: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { label, sure, press: Arc::new(move || Box::pin(press())) }
    }
}

impl fmt::Debug for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Button").field("label", &self.label).finish_non_exhaustive()
    }
}

/// The buttons, for whoever may press them.
pub(super) fn buttons(visit: &Visit) -> Markup {
    html! {
        @if visit.caller.role() == Role::Admin {
            @for (n, button) in visit.buttons.iter().enumerate() {
                form method="post" action=(format!("/buttons/{n}")) {
                    (visit.seal())
                    button type="submit" data-sure=(button.sure) { (button.label) }
                }
            }
        }
    }
}

/// `POST /buttons/{n}`
pub(super) async fn press(
    State(state): State<AppState>,
    visit: Visit,
    Path(n): Path<usize>,
    _: Form,
) -> Answer {
    visit.caller.require(Role::Admin)?;
    let Some(button) = state.buttons.get(n) else {
        return Err(Problem::new(Kind::UnknownRoute, "there is no such button").into());
    };
    (button.press)().await;
    Ok(visit.go("/"))
}
