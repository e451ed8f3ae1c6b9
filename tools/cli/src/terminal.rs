//! What the process knows of its terminal.

use console::Term;
use std::io::IsTerminal;

/// A terminal, or what stands in its place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terminal {
    pub(crate) width: Option<usize>,
    pub(crate) colours: bool,
    pub(crate) error_colours: bool,
    /// True if something that moves can be shown.
    pub(crate) live: bool,
}

impl Terminal {
    pub(crate) fn look() -> Self {
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        // https://no-color.org: any value that is not empty.
        let coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let terminal = || Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
        Self {
            width: columns.or_else(|| terminal().filter(|_| out)).filter(|width| *width > 0),
            colours: out && coloured && !dumb,
            error_colours: err && coloured && !dumb,
            live: out && err && !dumb,
        }
    }
}
