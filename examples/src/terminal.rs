//! The person at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

/// Whether somebody can be asked: both what they type and what they see must be a terminal.
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks until the answer is one of `choices`; its first letter is enough. `None` when the input ends
/// (Ctrl-D): the person has left, and what was asked stays open.
///
/// # Errors
/// When the terminal cannot be read or written.
pub fn choose<'c>(choices: &[&'c str]) -> io::Result<Option<&'c str>> {
    choose_from(&mut io::stdin().lock(), &mut io::stdout().lock(), choices)
}

fn choose_from<'c>(
    input: &mut impl BufRead,
    output: &mut impl Write,
    choices: &[&'c str],
) -> io::Result<Option<&'c str>> {
    loop {
        write!(output, "    {} (Ctrl-D: later) > ", choices.join(" / "))?;
        output.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(output)?;
            return Ok(None);
        }
        let typed = line.trim().to_lowercase();
        if let Some(choice) = choices.iter().find(|choice| **choice == typed) {
            return Ok(Some(choice));
        }
        let mut meant = choices.iter().filter(|choice| !typed.is_empty() && choice.starts_with(&typed));
        match (meant.next(), meant.next()) {
            (Some(choice), None) => return Ok(Some(choice)),
            (Some(_), Some(_)) => writeln!(output, "    `{typed}` could be several of them")?,
            (None, _) => writeln!(output, "    `{typed}` is none of them")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> io::Result<(Option<&'static str>, String)> {
        let mut shown = Vec::new();
        let chosen = choose_from(&mut text.as_bytes(), &mut shown, &["yes", "no", "not now"])?;
        Ok((chosen, String::from_utf8_lossy(&shown).into_owned()))
    }

    #[test]
    fn the_first_letters_are_enough() -> io::Result<()> {
        assert_eq!(typed("Y\n")?.0, Some("yes"));
        assert_eq!(typed("not\n")?.0, Some("not now"));
        Ok(())
    }

    #[test]
    fn what_is_unknown_or_ambiguous_is_asked_again() -> io::Result<()> {
        let (chosen, shown) = typed("maybe\n\nn\nno\n")?;
        assert_eq!(chosen, Some("no"), "a whole word wins over the start of another");
        assert_eq!(shown.matches("is none of them").count(), 2);
        assert_eq!(shown.matches("could be several of them").count(), 1);
        Ok(())
    }

    #[test]
    fn a_person_who_leaves_is_no_answer() -> io::Result<()> {
        assert_eq!(typed("maybe\n")?.0, None);
        Ok(())
    }
}
