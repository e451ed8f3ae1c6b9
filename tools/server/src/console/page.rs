//! The frame of every page.

use super::assets::address;
use super::visit::Visit;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

pub(super) const HTML: &str = "text/html; charset=utf-8";

/// The settings of htmx: nothing is evaluated, no style is added, nothing is stored in the browser, and answers that
/// say what is wrong are shown.
const HTMX: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"historyCacheSize":0,"selfRequestsOnly":true,"responseHandling":[{"code":"204","swap":false},{"code":"[2345]..","swap":true}]}"#;

/// The pages that every page links to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Runs,
    Inbox,
    Pipelines,
    Usage,
}

impl Section {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Runs, "/", "Runs"),
        (Self::Inbox, "/inbox", "Inbox"),
        (Self::Pipelines, "/pipelines", "Pipelines"),
        (Self::Usage, "/usage", "Usage"),
    ];
}

/// Answers with a page.
pub(super) fn page(visit: &Visit, section: Section, title: &str, content: &Markup) -> Response {
    html_of(shell(title, Some(section), Some(visit), content))
}

/// Answers with a part of a page.
pub(super) fn html_of(markup: Markup) -> Response {
    ([(header::CONTENT_TYPE, HTML)], markup.into_string()).into_response()
}

pub(super) fn shell(
    title: &str,
    section: Option<Section>,
    visit: Option<&Visit>,
    content: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="htmx-config" content=(HTMX);
                title { (super::show::printable(title)) " · flujo" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(address("console", "css"));
                script src=(address("htmx", "js")) defer {}
                script src=(address("sse", "js")) defer {}
                script src=(address("console", "js")) defer {}
            }
            body {
                a class="skip" href="#content" { "Skip to the content" }
                header class="top" {
                    span class="brand" { "flujo" }
                    nav aria-label="Pages" {
                        ul {
                            @for (one, address, name) in Section::ALL {
                                li { a href=(address) aria-current=[(section == Some(one)).then_some("page")] { (name) } }
                            }
                        }
                    }
                    @if let Some(visit) = visit { (super::buttons::buttons(visit)) }
                    @if let Some(visit) = visit.filter(|visit| visit.has_login) {
                        form method="post" action="/logout" {
                            (visit.seal())
                            @if let Some(name) = visit.by() { span class="quiet" { (super::show::text(name)) " " } }
                            button type="submit" { "Log out" }
                        }
                    }
                }
                main id="content" tabindex="-1" { (content) }
                footer { "Times are in UTC." }
            }
        }
    }
}
