//! How values are shown: texts, times, durations, money. Everything that comes from runs is text, never HTML.

use crate::drawing::short_time;
use crate::time::Time;
use flujo::Cost;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::{Labels, RunState};
use maud::{Markup, html};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest text in a page, in bytes. Of longer ones the beginning is shown, with a link to all of it.
pub(super) const LONGEST: usize = 64 * 1024;

/// Control characters as signs: a browser would drop or replace them.
pub(super) fn printable(text: &str) -> String {
    let sign = |c: char| match c {
        '\n' | '\t' => c,
        '\u{7f}' => '\u{2421}',
        c if c < ' ' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(sign).collect()
}

/// A short text in a line. Marks of writing direction in it end with it.
pub(super) fn text(text: &str) -> Markup {
    html! { bdi { (printable(text)) } }
}

/// The beginning of a text, as one line.
pub(super) fn line(text: &str, characters: usize) -> String {
    let mut line: String =
        text.chars().take(characters).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    if text.chars().nth(characters).is_some() {
        line.push('…');
    }
    printable(&line)
}

/// The beginning of a text of at most `bytes` bytes.
pub(super) fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A text of any length; `whole` is the address of all of it.
pub(super) fn block(text: &str, whole: Option<&str>) -> Markup {
    let shown = beginning(text, LONGEST);
    html! {
        // Focusable, because it scrolls.
        pre dir="auto" tabindex="0" { bdi { (printable(shown)) } }
        @if shown.len() < text.len() {
            p class="quiet" {
                "The first " (shown.len()) " of " (text.len()) " bytes. "
                @if let Some(whole) = whole { a href=(whole) { "Download the whole text" } }
            }
        }
    }
}

/// A value as indented JSON; a text that is long or has several lines, as such.
pub(super) fn pretty(json: &Json) -> String {
    match serde_json::from_str::<serde_json::Value>(json.as_str()) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| json.as_str().to_owned()),
        Err(_) => json.as_str().to_owned(),
    }
}

/// A value as a block.
pub(super) fn value(json: &Json, whole: Option<&str>) -> Markup {
    // Long values are not parsed: indenting makes them several times as long.
    if json.as_str().len() > LONGEST { block(json.as_str(), whole) } else { block(&pretty(json), whole) }
}

/// `2026-11-29`.
pub(super) fn date(at: Timestamp) -> String {
    let exact = Time(at).to_string();
    exact.split('T').next().unwrap_or_default().to_owned()
}

/// A moment, to the second, in UTC; exact for programs.
pub(super) fn time(at: Timestamp) -> Markup {
    let exact = Time(at).to_string();
    let (date, clock) = exact.split_once('T').unwrap_or_default();
    let clock = clock.split('.').next().unwrap_or_default();
    html! { time datetime=(exact) { (date) " " (clock) } }
}

/// A duration in short; exact for programs.
pub(super) fn duration(time: Duration) -> Markup {
    let exact = format!("PT{}.{:09}S", time.as_secs(), time.subsec_nanos());
    html! { time datetime=(exact) { (short_time(time)) } }
}

/// How long ago something was, in a unit so large that it seldom changes.
pub(super) fn age(at: Timestamp) -> String {
    match now().since(at).as_secs() {
        0..60 => "< 1m".to_owned(),
        seconds @ 60..3_600 => format!("{}m", seconds / 60),
        seconds @ 3_600..86_400 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// How long ago something was; exact for programs, and where a pointer rests on it.
pub(super) fn ago(at: Timestamp) -> Markup {
    let exact = Time(at).to_string();
    html! { time datetime=(exact) title=(exact) { (age(at)) } }
}

/// Money in a column: six digits behind the point, so that the columns of numbers are aligned; exact for programs.
pub(super) fn money(cost: Cost) -> Markup {
    let micros = cost.0.div_ceil(1_000);
    let exact = cost.to_string();
    html! { data value=(exact) title=(exact) { "$" (number(micros / 1_000_000)) "." (format!("{:06}", micros % 1_000_000)) } }
}

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// A number with separators: `1,234,567`.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub(super) fn state(state: RunState) -> Markup {
    html! { span class=(format!("state {state}")) { (state.word()) } }
}

pub(super) fn labels(labels: &Labels) -> Markup {
    html! {
        @for (name, value) in labels.iter() {
            span class="label" { (text(name)) ": " (text(value)) }
        }
    }
}

/// A text as part of an address: everything but letters, digits and `-_` is escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// The address of a run.
pub(super) fn run_address(id: &str) -> String {
    format!("/runs/{}", escaped(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_numbers_are_exact() {
        assert_eq!(date(Timestamp(0)), "1970-01-01");
        assert_eq!(date(Timestamp(951_782_400 * 1_000_000_000)), "2000-02-29");
        let last = time(Timestamp(1_795_998_634_000_000_007)).into_string();
        assert_eq!(last, "<time datetime=\"2026-11-30T00:30:34.000000007Z\">2026-11-30 00:30:34</time>");
        assert_eq!(
            (number(0), number(999), number(1_000), number(u64::MAX)),
            ("0".to_owned(), "999".to_owned(), "1,000".to_owned(), "18,446,744,073,709,551,615".to_owned())
        );
    }

    #[test]
    fn texts_are_shown_and_never_run() {
        assert_eq!(text("<b>\0\u{202e}x").into_string(), "<bdi>&lt;b&gt;\u{2400}\u{202e}x</bdi>");
        assert_eq!(escaped("a/b c?&ä"), "a%2Fb%20c%3F%26%C3%A4");
        assert_eq!((beginning("äb", 1), beginning("äb", 2), beginning("äb", 9)), ("", "ä", "äb"));
        assert_eq!(line("a\nb", 9), "a b");
        let long = block(&"x".repeat(LONGEST + 1), Some("/all")).into_string();
        assert!(
            long.contains("The first 65536 of 65537 bytes. <a href=\"/all\">"),
            "{}",
            &long[long.len() - 200..]
        );
    }
}
