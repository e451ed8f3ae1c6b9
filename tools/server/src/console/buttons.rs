//! The buttons of the application.

use super::fields::Form;
use super::visit::{Answer, Visit};
use crate::access::Role;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::extract::{Path, State};
use maud::{Markup, html};

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
