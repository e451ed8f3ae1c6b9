//! The help, which is in two columns.

use crate::text::wrap::{width, wrapped};

/// The column of explanations that have no room beside their words.
const BELOW: usize = 8;

/// Returns the help with its explanations broken to fit. The crate that writes it would bring four others for that.
pub(crate) fn fitted(help: &str, most: usize) -> String {
    let mut text = String::with_capacity(help.len());
    for line in help.lines() {
        if width(line) <= most {
            text.push_str(line);
            text.push('\n');
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        // Two spaces stand between a word and what it means.
        let gap = line.get(indent..).and_then(|rest| rest.find("  ")).map_or(indent, |at| indent + at);
        let (words, meaning) = line.split_at_checked(gap).unwrap_or((line, ""));
        let column = gap + meaning.len() - meaning.trim_start().len();
        let is_beside = column <= most / 2;
        let column = if is_beside { column } else { BELOW };
        if !is_beside {
            text.push_str(words);
            text.push('\n');
        }
        for (i, piece) in
            wrapped(meaning.trim_start(), Some(most.saturating_sub(column).max(1))).iter().enumerate()
        {
            let before = if i == 0 && is_beside { words } else { "" };
            text.push_str(before);
            text.extend(std::iter::repeat_n(' ', column.saturating_sub(width(before))));
            text.push_str(piece);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explanations_are_broken_beside_or_below_their_words() {
        let help = "Usage: app\n\n  start  Start a run of a pipeline\n      --token-env <NAME>  The variable that has it\n\
                    Exit codes: 0 ok, 1 failed\n";
        let narrow = "Usage: app\n\n  start  Start a run of\n         a pipeline\n      --token-env <NAME>\n        \
                      The variable\n        that has it\nExit codes: 0 ok, 1\nfailed\n";
        assert_eq!(fitted(help, 23), narrow);
        assert_eq!(fitted(help, 80), help);
    }
}
