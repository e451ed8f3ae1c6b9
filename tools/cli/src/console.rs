use crate::by;
use crate::place::Place;
use crate::stop::CliResult;
use crate::terminal::Terminal;
use crate::text::colour::Colour;
use crate::text::escape;
use crate::text::table::Table;
use crate::text::wrap::wrapped;
use flujo::clock::{Clock, SystemClock, Timestamp};
use serde::Serialize;
use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;

/// The surroundings of a command: where it reads and writes, and what it knows of the terminal.
///
/// [`Console::of_process`] is that of the process. Tests make their own:
///
/// ```
/// use flujo::prelude::*;
/// use flujo_cli::{Cli, Console, Exit};
///
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// pipeline! {
///     fn welcome(name: String) -> String { greet(name) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let cli = Cli::new(Flujo::builder().pipeline::<welcome>().build()?);
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let console = Console::new(std::io::empty(), &mut out, &mut err);
/// let args = ["app", "start", "welcome", "--input", "\"Ada\"", "--id", "r-1", "--wait"];
/// assert_eq!(cli.run_from(args, console).await, Exit::Ok);
/// assert_eq!(String::from_utf8_lossy(&out), "r-1 is done: \"Hello, Ada!\"\n");
/// # Ok(())
/// # }
/// ```
pub struct Console<'c> {
    pub(crate) input: Box<dyn Read + Send + 'c>,
    pub(crate) out: Box<dyn Write + Send + 'c>,
    pub(crate) err: Box<dyn Write + Send + 'c>,
    pub(crate) terminal: Terminal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) user: Option<String>,
    /// True if Ctrl-C is heard.
    pub(crate) signals: bool,
    /// The beginning of the command that the next step is made of: `flujo --db runs.db`.
    pub(crate) command: String,
    /// Where the runs of the command are: the next step depends on it.
    pub(crate) place: Place,
    /// Looks a variable of the environment up.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only servers have tokens"))]
    pub(crate) variable: fn(&str) -> Option<String>,
    /// True if answers are JSON.
    pub(crate) json: bool,
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Console");
        out.field("terminal", &self.terminal).finish_non_exhaustive()
    }
}

impl<'c> Console<'c> {
    /// Creates a console that is no terminal: without a width, colours, progress, signals and environment.
    pub fn new(
        input: impl Read + Send + 'c,
        out: impl Write + Send + 'c,
        err: impl Write + Send + 'c,
    ) -> Self {
        Self {
            input: Box::new(input),
            out: Box::new(out),
            err: Box::new(err),
            terminal: Terminal::default(),
            clock: Arc::new(SystemClock::new()),
            user: None,
            signals: false,
            command: String::new(),
            place: Place::Binary,
            variable: |_| None,
            json: false,
        }
    }

    /// Creates the console of this process. `NO_COLOR` turns colours off, `COLUMNS` is the width where it is set, and
    /// the user is that of the session: `USER`, `LOGNAME` or `USERNAME`.
    ///
    /// ```
    /// use flujo_cli::Console;
    /// use flujo::clock::SystemClock;
    /// // The console of the process, for a terminal of 80 columns that shows no colours.
    /// let console = Console::of_process().width(80).colours(false).clock(SystemClock::new());
    /// # drop(console);
    /// ```
    pub fn of_process() -> Self {
        Self {
            terminal: Terminal::look(),
            user: by::user(),
            signals: true,
            variable: |name| std::env::var(name).ok(),
            ..Self::new(std::io::stdin(), std::io::BufWriter::new(std::io::stdout()), std::io::stderr())
        }
    }

    /// Sets the width of the terminal, in columns.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.terminal.width = Some(columns);
        self
    }

    /// Allows colours, or forbids them.
    #[must_use]
    pub fn colours(mut self, colours: bool) -> Self {
        (self.terminal.colours, self.terminal.error_colours) = (colours, colours);
        self
    }

    /// Sets the clock: `list --created-since 2h` counts from its time. Defaults to that of the system.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets the name of the caller of changes, where `--by` does not give one.
    #[must_use]
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self
    }
}

impl Console<'_> {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Prints text that is no data of a run, as it is.
    pub(crate) fn print(&mut self, text: impl fmt::Display) -> CliResult<()> {
        write!(self.out, "{text}")?;
        Ok(())
    }

    /// Prints a line. Text from anywhere in it is escaped.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> CliResult<()> {
        writeln!(self.out, "{}", escape::line(text.as_ref()))?;
        Ok(())
    }

    /// Prints a line in a colour, broken to fit.
    pub(crate) fn coloured(&mut self, text: &str, colour: Option<Colour>) -> CliResult<()> {
        for (i, line) in wrapped(&escape::line(text), self.terminal.width.map(|width| width.max(12) - 2))
            .iter()
            .enumerate()
        {
            let indent = if i == 0 { "" } else { "  " };
            match colour.filter(|_| self.terminal.colours) {
                Some(colour) => writeln!(self.out, "{indent}{}", colour.paint(line))?,
                None => writeln!(self.out, "{indent}{line}")?,
            }
        }
        Ok(())
    }

    /// Prints a line in a colour, as a whole: people copy what is in it.
    pub(crate) fn whole(&mut self, text: &str, colour: Colour) -> CliResult<()> {
        let text = escape::line(text);
        let text = if self.terminal.colours { colour.paint(&text) } else { text.into_owned() };
        writeln!(self.out, "{text}")?;
        Ok(())
    }

    /// Prints text of any number of lines, indented, and broken to fit.
    pub(crate) fn block(&mut self, indent: usize, text: &str) -> CliResult<()> {
        let most = self.terminal.width.map(|width| width.saturating_sub(indent).max(1));
        for line in wrapped(&escape::lines(text), most) {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    /// Prints `title  text` with its text broken to fit beside the title.
    pub(crate) fn field(&mut self, title: &str, text: &str) -> CliResult<()> {
        const TITLE: usize = 11;
        let most = self.terminal.width.map(|width| width.saturating_sub(TITLE).max(1));
        for (i, line) in wrapped(&escape::lines(text), most).iter().enumerate() {
            let title = if i == 0 { format!("{title:TITLE$}") } else { " ".repeat(TITLE) };
            let title = if self.terminal.colours { Colour::Dim.paint(&title) } else { title };
            writeln!(self.out, "{title}{line}")?;
        }
        Ok(())
    }

    pub(crate) fn table(&mut self, table: &Table) -> CliResult<()> {
        for line in table.lines(self.terminal.width, self.terminal.colours) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Prints an answer as one JSON value on a line.
    pub(crate) fn answer(&mut self, answer: &impl Serialize) -> CliResult<()> {
        let text = serde_json::to_string(answer)?;
        writeln!(self.out, "{}", escape::json(&text))?;
        Ok(())
    }

    /// Says something beside the answer, which is for people and no part of it.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) {
        // In their order on a terminal. Who closed a stream does not want to read it.
        _ = self.out.flush();
        _ = writeln!(self.err, "{}", escape::line(text.as_ref()));
    }

    pub(crate) fn error(&mut self, what: &str, next: Option<&str>) {
        _ = self.out.flush();
        let word =
            if self.terminal.error_colours { Colour::Red.paint("error:") } else { "error:".to_owned() };
        _ = writeln!(self.err, "{word} {}", escape::line(what));
        if let Some(next) = next {
            _ = writeln!(self.err, "{}", escape::line(next));
        }
    }

    /// Returns the command of a next step.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let words = words.iter().map(|word| crate::text::shell::quoted(word));
        std::iter::once(self.command.clone()).chain(words).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn flush(&mut self) -> CliResult<()> {
        self.out.flush()?;
        Ok(())
    }
}
