//! What was said to models, and what they answered.

use super::super::show;
use flujo::engine::Exchange;
use flujo::model::{Message, Role};
use maud::{Markup, html};

/// The most calls that are shown of one attempt.
const MOST: usize = 50;

pub(super) fn messages(exchanges: &[Exchange], whole: &str) -> Markup {
    html! {
        @if !exchanges.is_empty() {
            h4 { "Messages" }
            @for (i, exchange) in exchanges.iter().enumerate().take(MOST) {
                details open[i == 0] {
                    summary { "Call " (i + 1) " of " (show::text(&exchange.model)) }
                    @for (k, message) in exchange.sent.iter().enumerate() {
                        (said(message, &format!("{whole}&call={i}&m={k}")))
                    }
                    @if let Some(answer) = &exchange.answer { (said(answer, &format!("{whole}&call={i}&m=answer"))) }
                    @if let Some(error) = &exchange.error { p class="notice" { (show::text(error)) } }
                }
            }
            @if exchanges.len() > MOST { p class="quiet" { "The first " (MOST) " of " (exchanges.len()) " calls are shown." } }
        }
    }
}

fn said(message: &Message, whole: &str) -> Markup {
    html! {
        p class="kind" {
            (role(message.role))
            @if let Some(call) = &message.answers { ", the result of " code { (show::text(&call.name)) } }
        }
        @if !message.text.is_empty() { (show::block(&message.text, Some(whole))) }
        @for attachment in &message.attachments {
            p class="quiet" { "Attached: " (show::text(&attachment.media_type)) @if let Some(name) = &attachment.name { " " (show::text(name)) } }
        }
        @for call in &message.calls {
            p { "Calls " code { (show::text(&call.name)) } " with" }
            (show::block(&call.arguments, None))
        }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}
