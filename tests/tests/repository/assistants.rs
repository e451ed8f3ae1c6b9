//! The page for coding assistants: its table of mistakes is held to the programs in `ui/` and to the programs of the page.

use crate::markdown::{Checked, blocks, read};
use crate::messages;
use std::error::Error;

const PAGE: &str = "docs/book/assistants.md";
const ABOVE: &str = "<!-- each wrong cell is in tests/ui, each right cell in a program of this page";

/// One mistake: the name that ends its message, or rustc's code, wrong code, right code.
#[derive(Debug, PartialEq)]
struct Row {
    name: String,
    wrong: String,
    right: String,
}

/// The text of the only code span of a cell, which may be linked.
fn code(cell: &str) -> Option<String> {
    let cell = cell.trim();
    let linked = cell.strip_prefix("[`").and_then(|rest| rest.strip_suffix(')')?.split_once("`]("));
    let text = match linked {
        Some((text, _)) => text,
        None => cell.strip_prefix('`')?.strip_suffix('`')?,
    };
    (!text.contains('`')).then(|| text.replace("\\|", "|"))
}

/// The cells of a row of a table, in which `\|` is no border.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_matches('|').replace("\\|", "\u{0}");
    line.split('|').map(|cell| cell.replace('\u{0}', "\\|")).collect()
}

fn rows(page: &str) -> Result<Vec<Row>, Box<dyn Error>> {
    let (_, table) = page.split_once(ABOVE).ok_or("the comment above the table is gone")?;
    let lines = table.lines().skip(1).take_while(|line| line.starts_with('|')).skip(2);
    lines
        .map(|line| match cells(line).iter().map(|cell| code(cell)).collect::<Option<Vec<_>>>().as_deref() {
            Some([name, wrong, right]) => {
                Ok(Row { name: name.clone(), wrong: wrong.clone(), right: right.clone() })
            }
            _ => Err(format!("three cells with one code span each are expected: {line}").into()),
        })
        .collect()
}

/// Whether a fixture has this code, and a message with this name or code of rustc.
fn is_in_a_fixture(fixtures: &[messages::Fixture], name: &str, wrong: &str) -> bool {
    let (ends, begins) = (format!(" [{name}]"), format!("error[{name}]"));
    let has_it = |line: &str| line.ends_with(&ends) || line.starts_with(&begins);
    fixtures
        .iter()
        .any(|fixture| fixture.code.contains(wrong) && messages::headlines(&fixture.printed).any(has_it))
}

#[test]
fn mistakes_are_those_of_the_fixtures_and_right_code_compiles() -> Checked {
    let page = read(PAGE)?;
    let programs: String =
        blocks(&page).into_iter().filter(|block| block.language == "rust").map(|block| block.text).collect();
    let rows = rows(&page)?;
    let fixtures = messages::fixtures()?;
    assert!(rows.len() >= 30, "{} rows", rows.len());
    for Row { name, wrong, right } in rows {
        assert!(
            is_in_a_fixture(&fixtures, &name, &wrong),
            "no program of tests/ui with `{wrong}` gives [{name}]"
        );
        assert!(programs.contains(&right), "no program of {PAGE} contains `{right}`");
    }
    Ok(())
}

#[test]
fn rows_are_read_with_borders_in_their_code() -> Checked {
    let page = format!(
        "{ABOVE} -->\n| message | wrong | right |\n|---|---|---|\n| [`a`](b.md#a) | `\\|x\\| y` | `z` |\n\ntext\n"
    );
    let [name, wrong, right] = ["a", "|x| y", "z"].map(str::to_owned);
    assert_eq!(rows(&page)?, [Row { name, wrong, right }]);
    assert!(rows(&page.replace("`z`", "z")).is_err());
    let fixtures = messages::fixtures()?;
    assert!(is_in_a_fixture(&fixtures, "question_mark", "triage(text)?"));
    assert!(!is_in_a_fixture(&fixtures, "used_twice", "triage(text)?"));
    assert!(!is_in_a_fixture(&fixtures, "there_is_no_such_mistake", "triage(text)?"));
    Ok(())
}
