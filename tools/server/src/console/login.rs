use super::fields::Pairs;
use super::page::{html_of, shell};
use super::show::printable;
use crate::access::Csrf;
use axum::extract::RawQuery;
use axum::response::Response;
use maud::html;

/// `GET /login`
pub(super) async fn login(Csrf(csrf): Csrf, RawQuery(query): RawQuery) -> Response {
    let pairs = Pairs::of_query(query.as_deref());
    let content = html! {
        h1 { "Log in" }
        @if pairs.has("wrong") { p class="notice" role="alert" { "This is not a token of this server." } }
        form class="filled" method="post" action="/login" {
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="next" value=(printable(pairs.get("next").unwrap_or("/")));
            div class="field" {
                label for="token" { "Token" }
                p class="doc" id="token-doc" { "Whoever runs this server has given you one." }
                input type="password" id="token" name="token" required autocomplete="current-password" aria-describedby="token-doc";
            }
            button type="submit" class="main" { "Log in" }
        }
    };
    html_of(shell("Log in", None, None, &content))
}
