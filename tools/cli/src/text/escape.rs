//! Text from runs that is shown on a terminal.
//!
//! Ids, labels, messages and values come from anywhere: from models, from customers. None of it may move the cursor,
//! change the title of the window, or turn the direction of text around so that a question reads as another one.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the text as one line; what would control the terminal is written as an escape.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// Returns the text with its line breaks; what else would control the terminal is written as an escape.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c == '\n')
}

fn escaped(text: &str, keeps: impl Fn(char) -> bool) -> Cow<'_, str> {
    let controls = |c: char| is_control(c) && !keeps(c);
    if !text.contains(controls) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !controls(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            // A `String` takes every character.
            c => _ = write!(shown, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    Cow::Owned(shown)
}

/// Returns the JSON text with the same value in which such characters are escapes of JSON. Outside of its strings JSON
/// has none of them.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for c in text.chars() {
        if is_control(c) {
            for unit in c.encode_utf16(&mut units) {
                _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Returns true for control characters, for those that change the direction of text, and for those that are not seen.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_controls_the_terminal() {
        assert_eq!(
            line("a\u{1b}[2Jb\r\n\tc\0\u{7f}\u{9b}1m"),
            "a\\u{1b}[2Jb\\r\\n\\tc\\u{0}\\u{7f}\\u{9b}1m"
        );
        assert_eq!(line("pay \u{202e}100\u{2069}"), "pay \\u{202e}100\\u{2069}");
        assert_eq!(lines("a\nb\u{7}"), "a\nb\\u{7}");
        assert!(matches!(line("Grüße, 世界 🙂"), Cow::Borrowed("Grüße, 世界 🙂")));
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ "a\u{202e}": "\u{9b}1m \u{1b} \u{e0041} ü" });
        let shown = json(&value.to_string()).into_owned();
        assert_eq!(shown, r#"{"a\u202e":"\u009b1m \u001b \udb40\udc41 ü"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
