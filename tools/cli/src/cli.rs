use crate::args::{Binary, Command, Common};
use crate::commands;
use crate::console::Console;
use crate::exit::Exit;
use crate::place::Place;
use crate::run::{ended, parse, program};
use crate::runs::{Local, Runs};
use crate::signals::Interrupts;
use clap::CommandFactory;
use flujo::Flujo;
use flujo::clock::BoxFuture;
use flujo::error::RunResult;
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
    pub(crate) runs: Box<dyn Runs>,
    pub(crate) place: Place,
    /// The engine in this process; `None` if a server has the runs.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "what is served"))]
    pub(crate) control: Option<Arc<dyn Control>>,
    /// Works on runs until the future completes; the number is how many at once. `None` without code.
    pub(crate) worker: Option<Work>,
    #[cfg(feature = "server")]
    pub(crate) settings: Vec<Setting>,
    /// True if `serve` works on runs without being told.
    #[cfg(feature = "server")]
    pub(crate) works: bool,
}

/// Where a worker of some resources becomes one without types.
type Work =
    Box<dyn Fn(Option<usize>, BoxFuture<'static, ()>) -> BoxFuture<'static, RunResult<u64>> + Send + Sync>;

#[cfg(feature = "server")]
type Setting = Box<dyn Fn(flujo_server::Server) -> flujo_server::Server + Send + Sync>;

impl fmt::Debug for Cli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cli").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Cli {
    /// Creates the command line of a binary with pipelines: those that are registered with its [`Flujo`].
    pub fn new<R: Send + Sync + 'static>(flujo: Flujo<R>) -> Self {
        let working = flujo.clone();
        let worker = move |together: Option<usize>, stop| {
            let mut worker = working.worker();
            if let Some(together) = together {
                worker = worker.together(together);
            }
            Box::pin(worker.until(stop)) as BoxFuture<'static, _>
        };
        Self { worker: Some(Box::new(worker)), ..Self::local(Arc::new(flujo), Place::Binary) }
    }

    /// Creates a command line without code, such as that of a database: what needs the code of a pipeline is refused.
    pub fn without_code(control: impl Control + 'static) -> Self {
        Self::local(Arc::new(control), Place::Database)
    }

    fn local(control: Arc<dyn Control>, place: Place) -> Self {
        let runs = Box::new(Local(Arc::clone(&control)));
        Self { control: Some(control), ..Self::on(runs, place) }
    }

    pub(crate) fn on(runs: Box<dyn Runs>, place: Place) -> Self {
        Self {
            runs,
            place,
            control: None,
            worker: None,
            #[cfg(feature = "server")]
            settings: Vec::new(),
            #[cfg(feature = "server")]
            works: false,
        }
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
        self.settings.push(Box::new(setting));
        self
    }

    /// Lets `serve` work on runs too, as `serve --work` does: on those of processes that are gone, and on those whose reply
    /// has arrived. It is for a binary that is the one process of its runs.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn works(mut self) -> Self {
        self.works = true;
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
        (console.json, console.place) = (common.json, self.place);
        // A service listens itself, because it ends its work first.
        let hears = console.signals && !matches!(command, Command::Worker(_) | Command::Serve(_));
        let mut interrupts = hears.then(|| Interrupts::listen(false).ok()).flatten();
        let done = {
            let working = Box::pin(commands::execute(self, grammar, command, console));
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
