//! Lines that fit.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns the number of columns that a line takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Returns the beginning of a line that fits, with `…` where something is left out.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut short = beginning(text, most.saturating_sub(1)).trim_end().to_owned();
    short.push('…');
    short
}

/// Returns the lines of a text, each of at most this width, broken between words where that is possible.
pub(crate) fn wrapped(text: &str, most: Option<usize>) -> Vec<String> {
    let Some(most) = most else { return text.lines().map(str::to_owned).collect() };
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        while width(rest) > most.max(1) {
            let piece = beginning(rest, most.max(1));
            // At the last space, if there is one that is not at the beginning.
            let fits = rest.get(piece.len()..).is_some_and(|rest| rest.starts_with(' '));
            let at = if fits { Some(piece.len()) } else { piece.rfind(' ').filter(|at| *at > 0) };
            let at = at.unwrap_or(piece.len()).max(rest.chars().next().map_or(1, char::len_utf8));
            let (one, more) = rest.split_at_checked(at).unwrap_or((rest, ""));
            lines.push(one.trim_end().to_owned());
            rest = more.trim_start();
        }
        if !rest.is_empty() || line.is_empty() {
            lines.push(rest.to_owned());
        }
    }
    lines
}

/// Returns the longest beginning that takes at most this width.
fn beginning(text: &str, most: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > most {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_by_what_they_take_on_a_terminal() {
        assert_eq!(cut("hello", 5), "hello");
        assert_eq!(cut("hello you", 7), "hello…");
        assert_eq!(cut("世界世界", 5), "世界…");
        assert_eq!(cut("世界世界", 4), "世…");
        assert_eq!(cut("ab", 0), "…");
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("one two three", Some(7)), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij", Some(4)), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("a\n\nb", Some(4)), ["a", "", "b"]);
        assert_eq!(wrapped("世界", Some(1)), ["世", "界"]);
        assert_eq!(wrapped("one two", None), ["one two"]);
    }
}
