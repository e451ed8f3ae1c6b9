use crate::args::{Command, Installed};
use crate::backend::Backend;
use crate::console::Console;
use crate::exit::Exit;
use crate::run::{ended, execute, parse, program};
use crate::stop::{Done, Stop};
use clap::CommandFactory;
use flujo::Flujo;
use flujo::clock::BoxFuture;
use flujo_sqlite::Sqlite;
use std::ffi::OsString;
use std::path::Path;

/// Runs the command line of the binary `flujo`: on a database, without the code of its pipelines.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use flujo_cli::{Console, Exit, run_installed};
///
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let console = Console::new(std::io::empty(), &mut out, &mut err);
/// assert_eq!(run_installed(["flujo", "--db", "missing.db", "list"], console).await, Exit::Nothing);
/// assert!(String::from_utf8_lossy(&err).starts_with("error: there is no file `missing.db`"));
/// # }
/// ```
pub fn run_installed<'a, A: Into<OsString>>(
    args: impl IntoIterator<Item = A>,
    mut console: Console<'a>,
) -> BoxFuture<'a, Exit> {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    Box::pin(async move {
        console.command = program(&args);
        let opened = parse::<Installed>(&args, &mut console).and_then(|installed| {
            let backend = opened(&installed)?;
            Ok((installed, backend))
        });
        match opened {
            Ok((Installed { db, common, command }, backend)) => {
                if let Some(db) = &db {
                    console.command = console.command(&["--db", db]);
                }
                execute(&backend, Installed::command(), &common, &command, &mut console).await
            }
            Err(stop) => ended(Err(stop), &mut console),
        }
    })
}

fn opened(installed: &Installed) -> Done<Backend> {
    let without = |engine: Option<Sqlite>| -> Done<Backend> {
        let builder = Flujo::builder();
        let builder = match engine {
            Some(engine) => builder.engine(engine),
            None => builder,
        };
        Ok(Backend::without_code(builder.build()?))
    };
    let Some(db) = &installed.db else {
        return match &installed.command {
            // The one command that looks at no runs.
            Command::Completions(_) => without(None),
            _ => Err(Stop::usage(
                "which runs? give the file of their database: `flujo --db runs.db list`, for instance",
            )),
        };
    };
    if let Some((scheme, _)) = db.split_once("://") {
        return Err(Stop::usage(match scheme {
            "postgres" | "postgresql" => {
                "there is no engine for PostgreSQL in this version; give the file of a database of flujo-sqlite"
                    .to_owned()
            }
            _ => format!("`{db}` is no file; give the path of a database of flujo-sqlite"),
        }));
    }
    let length = match std::fs::metadata(db) {
        Ok(file) if file.is_dir() => {
            return Err(Stop::failed(format_args!("`{db}` is a folder; give the file of a database")));
        }
        Ok(file) => file.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Stop::nothing(format_args!(
                "there is no file `{db}`; the binary with the pipelines creates it with its first run"
            )));
        }
        Err(error) => return Err(Stop::failed(format_args!("`{db}` cannot be read: {error}"))),
    };
    // The engine would make a database of it, and whoever looks changes nothing.
    if length == 0 {
        let what = format_args!("`{db}` is empty: it has no runs, and nothing was changed");
        return Err(Stop::failed(what));
    }
    without(Some(Sqlite::open(Path::new(db))?))
}
