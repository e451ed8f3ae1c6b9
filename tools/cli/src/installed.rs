use crate::args::{Command, Installed};
use crate::cli::Cli;
use crate::console::Console;
use crate::exit::Exit;
use crate::parse::{ended, parse, program};
use crate::stop::{CliResult, Stop};
use clap::CommandFactory;
use flujo::Flujo;
use flujo::clock::BoxFuture;
use flujo_sqlite::Sqlite;
use std::ffi::OsString;
use std::path::Path;

/// Runs the command line of the binary `flujo`: on a database, without the code of its pipelines, or on a server.
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
pub fn run_installed<A: Into<OsString>>(
    args: impl IntoIterator<Item = A>,
    mut console: Console<'_>,
) -> BoxFuture<'_, Exit> {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    Box::pin(async move {
        console.command = program(&args);
        let opened = parse::<Installed>(&args, &mut console).and_then(|installed| {
            let cli = opened(&installed, &mut console)?;
            Ok((installed, cli))
        });
        match opened {
            Ok((installed, cli)) => {
                let Installed { db, server, token_env, common, command } = installed;
                for (word, value) in [("--db", db), ("--server", server), ("--token-env", token_env)] {
                    if let Some(value) = value {
                        console.command = console.command(&[word, &value]);
                    }
                }
                cli.execute(Installed::command(), &common, &command, &mut console).await
            }
            Err(stop) => ended(Err(stop), &mut console),
        }
    })
}

fn opened(installed: &Installed, console: &mut Console<'_>) -> CliResult<Cli> {
    let Installed { db, server, token_env, command, .. } = installed;
    match (db, server) {
        (Some(_), Some(_)) => {
            Err(Stop::usage("the runs are in a database or in a server: give one of `--db` and `--server`"))
        }
        (Some(_), None) if token_env.is_some() => Err(Stop::usage("`--token-env` is for `--server`")),
        (Some(db), None) => database(db),
        (None, Some(url)) => self::server(url, token_env.as_deref(), console),
        // The commands that look at no runs.
        (None, None) if matches!(command, Command::Completions(_) | Command::Explain(_)) => {
            without_code(None)
        }
        (None, None) => Err(Stop::usage(
            "which runs? give the file of their database, `flujo --db runs.db list`, or `--server` with an address",
        )),
    }
}

#[cfg(feature = "remote")]
fn server(url: &str, token_env: Option<&str>, console: &mut Console<'_>) -> CliResult<Cli> {
    use crate::place::Place;
    use crate::remote::Remote;
    let found = (console.variable)(token_env.unwrap_or("FLUJO_TOKEN")).filter(|token| !token.is_empty());
    if let (Some(name), None) = (token_env, &found) {
        return Err(Stop::usage(format_args!("there is no variable `{name}` with a token, or it is empty")));
    }
    let remote = Remote::new(url, found.as_deref())?;
    if remote.shows_its_token() {
        console
            .note("the token is not encrypted on its way: give an address with `https://`, or use a tunnel");
    }
    Ok(Cli::on(Box::new(remote), Place::Server))
}

#[cfg(not(feature = "remote"))]
fn server(_: &str, _: Option<&str>, _: &mut Console<'_>) -> CliResult<Cli> {
    Err(Stop::feature("`--server`", "remote"))
}

fn without_code(engine: Option<Sqlite>) -> CliResult<Cli> {
    let builder = Flujo::builder();
    let builder = match engine {
        Some(engine) => builder.engine(engine),
        None => builder,
    };
    Ok(Cli::without_code(builder.build()?))
}

fn database(db: &str) -> CliResult<Cli> {
    if let Some((scheme, _)) = db.split_once("://") {
        return Err(Stop::usage(match scheme {
            "postgres" | "postgresql" => {
                "there is no engine for PostgreSQL in this version; give the file of a database of flujo-sqlite"
                    .to_owned()
            }
            "http" | "https" => format!("`{db}` is a server: give it with `--server`"),
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
        let what = format!("`{db}` is empty: it has no runs, and nothing was changed");
        return Err(Stop::failed(what));
    }
    without_code(Some(Sqlite::open(Path::new(db))?))
}
