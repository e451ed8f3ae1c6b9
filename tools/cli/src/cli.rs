use crate::args::{Binary, Command, Common};
use crate::commands;
use crate::console::Console;
use crate::exit::Exit;
use crate::host::{Host, Problems};
use crate::parse::{ended, parse, program};
use crate::place::Place;
use crate::runs::{Local, Runs};
use crate::signals::Interrupts;
use crate::text::misfit;
use clap::CommandFactory;
use flujo::Flujo;
use flujo::clock::BoxFuture;
use flujo::run::Control;
use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

/// A command line on the runs of a [`Flujo`], with settings.
///
/// [`run`](crate::run) is the one without settings. With the feature `server`, which is on by default, this one says what
/// `serve` serves: an observer makes its pages live, and all other settings of a server can be given too.
///
/// ```no_run
/// # #[cfg(feature = "server")]
/// # mod example {
/// use flujo::Flujo;
/// use flujo_server::Live;
/// use std::process::ExitCode;
///
/// #[tokio::main]
/// async fn main() -> Result<ExitCode, flujo::Error> {
///     let live = Live::new();
///     let flujo = Flujo::builder().observer(live.clone()).build()?;
///     Ok(flujo_cli::Cli::new(flujo).live(live).server(|server| server.host("flujo.example.org")).run().await)
/// }
/// # }
/// ```
pub struct Cli {
    host: Host,
}

impl fmt::Debug for Cli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cli").field("place", &self.host.place).finish_non_exhaustive()
    }
}

impl Cli {
    /// Creates the command line of a binary with pipelines: those that are registered with its [`Flujo`].
    pub fn new<R: Send + Sync + 'static>(flujo: Flujo<R>) -> Self {
        let working = flujo.clone();
        let worker = move |together: Option<usize>, problems: Problems, stop| {
            let mut worker = working.worker().on_problem(move |id, error| {
                // Who does not listen has ended.
                _ = problems.send(misfit::problem(id, error));
            });
            if let Some(together) = together {
                worker = worker.together(together);
            }
            Box::pin(worker.until(stop)) as BoxFuture<'static, _>
        };
        let mut cli = Self::local(Arc::new(flujo), Place::Binary);
        cli.host.worker = Some(Box::new(worker));
        cli
    }

    /// Creates a command line without code, such as that of a database: what needs the code of a pipeline is refused.
    ///
    /// ```
    /// use flujo::Flujo;
    /// use flujo_cli::{Cli, Console, Exit};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let cli = Cli::without_code(Flujo::builder().build()?);
    /// let mut out = Vec::new();
    /// let code = cli.run_from(["app", "list"], Console::new(std::io::empty(), &mut out, std::io::sink())).await;
    /// // There are no runs yet.
    /// assert_eq!(code, Exit::Nothing);
    /// # Ok(())
    /// # }
    /// ```
    pub fn without_code(control: impl Control + 'static) -> Self {
        Self::local(Arc::new(control), Place::Database)
    }

    fn local(control: Arc<dyn Control>, place: Place) -> Self {
        let mut cli = Self::on(Box::new(Local(Arc::clone(&control))), place);
        cli.host.control = Some(control);
        cli
    }

    pub(crate) fn on(runs: Box<dyn Runs>, place: Place) -> Self {
        Self { host: Host::new(runs, place) }
    }

    /// Sets the observer that the [`Flujo`] has too: the pages of `serve` show changes at once, and texts of models
    /// while they are written. Without it they show what is recorded, a moment later.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn live(self, live: flujo_server::Live) -> Self {
        self.server(move |server| server.live(live.clone()))
    }

    /// Changes the server that `serve` begins, after the words of its command line: with names, limits, or an
    /// [`Authorizer`](flujo_server::Authorizer). With several calls the last one has the last word.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn server(
        mut self,
        setting: impl Fn(flujo_server::Server) -> flujo_server::Server + Send + Sync + 'static,
    ) -> Self {
        self.host.settings.push(Box::new(setting));
        self
    }

    /// Lets `serve` work on runs too, as `serve --work` does: on those of processes that are gone, and on those whose reply
    /// has arrived. It is for a binary that is the one process of its runs.
    ///
    /// ```no_run
    /// # use flujo::Flujo;
    /// # use std::process::ExitCode;
    /// # async fn f() -> Result<ExitCode, flujo::Error> {
    /// let flujo = Flujo::builder().build()?;
    /// Ok(flujo_cli::Cli::new(flujo).works().run().await)
    /// # }
    /// ```
    #[cfg(feature = "server")]
    #[must_use]
    pub fn works(mut self) -> Self {
        self.host.works = true;
        self
    }

    /// Runs the command line of this process, and returns the exit code.
    ///
    /// It needs a runtime with all drivers, as `#[tokio::main]` makes it: Ctrl-C is heard.
    pub async fn run(self) -> ExitCode {
        self.run_from(std::env::args_os(), Console::of_process()).await.into()
    }

    /// Runs a command line, whose first word is the name of the program, and returns its exit code. Errors are printed to
    /// the console.
    ///
    /// [`Console`] has an example.
    pub fn run_from<'a, A: Into<OsString>>(
        &'a self,
        args: impl IntoIterator<Item = A>,
        mut console: Console<'a>,
    ) -> BoxFuture<'a, Exit> {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        Box::pin(async move {
            console.command = program(&args);
            match parse::<Binary>(&args, &mut console) {
                Ok(Binary { common, command }) => {
                    self.execute(Binary::command(), &common, &command, &mut console).await
                }
                Err(stop) => ended(Err(stop), &mut console),
            }
        })
    }

    /// Executes a command, and prints its error.
    pub(crate) async fn execute(
        &self,
        grammar: clap::Command,
        common: &Common,
        command: &Command,
        console: &mut Console<'_>,
    ) -> Exit {
        (console.json, console.place) = (common.json, self.host.place);
        // A service listens itself, because it ends its work first.
        let hears = console.signals && !matches!(command, Command::Worker(_) | Command::Serve(_));
        let mut interrupts = hears.then(|| Interrupts::listen(false).ok()).flatten();
        let done = {
            let working = Box::pin(commands::execute(&self.host, grammar, command, console));
            match &mut interrupts {
                Some(interrupts) => tokio::select! {
                    done = working => Some(done),
                    () = interrupts.next() => None,
                },
                None => Some(working.await),
            }
        };
        if let Some(done) = done {
            return ended(done, console);
        }
        console.note("interrupted; what is recorded stays");
        Exit::Interrupted
    }
}
