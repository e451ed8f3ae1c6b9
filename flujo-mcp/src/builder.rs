//! The description of a server.

use crate::config::{Bounds, Config, Program, Reach};
use crate::http::{RESERVED, header};
use crate::secrets::Secrets;
use crate::server::McpServer;
use flujo::Secret;
use flujo::error::{Error, ErrorKind};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The description of a server that is a process: see [`McpServer::stdio`].
#[derive(Debug)]
pub struct Stdio(Program);

/// The description of a server that is reached by HTTP: see [`McpServer::http`].
pub struct Http(String);

/// Without what a URL may hold besides the place of a server.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Http").finish_non_exhaustive()
    }
}

/// A description of an [`McpServer`].
///
/// ```
/// # fn main() -> Result<(), flujo::Error> {
/// use flujo_mcp::McpServer;
/// use std::time::Duration;
///
/// let docs = McpServer::http("docs", "https://docs.example.com/mcp")
///     .header("authorization", "Bearer open-sesame")
///     .call_timeout(Duration::from_secs(20))
///     .max_answer(200_000)
///     .build()?;
/// assert!(!format!("{docs:?}").contains("sesame"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a description is nothing until it is built"]
pub struct ServerBuilder<T> {
    name: String,
    way: T,
    secrets: Secrets,
    bounds: Bounds,
}

impl McpServer {
    /// Describes a server that is started as a process. `name` is its name in errors.
    ///
    /// Of this program's environment the process gets the variables that it needs to run: `PATH`, `HOME` and their like. What else
    /// it needs is given with [`env`](ServerBuilder::env), keys above all: those among the arguments are seen by everybody who may
    /// list processes, and are not taken out of messages.
    ///
    /// On Windows a script is named with its ending, `npx.cmd`, and a program without: `uvx`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), flujo::Error> {
    /// let time = flujo_mcp::McpServer::stdio("time", "uvx", ["mcp-server-time"]).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stdio<A: Into<OsString>>(
        name: impl Into<String>,
        command: impl Into<OsString>,
        args: impl IntoIterator<Item = A>,
    ) -> ServerBuilder<Stdio> {
        let args = args.into_iter().map(Into::into).collect();
        ServerBuilder::new(name, Stdio(Program { command: command.into(), args, dir: None }))
    }

    /// Describes a server that is reached by HTTP, with the transport that the protocol calls streamable. `name` is its name in errors.
    /// Requests go straight to the server: the proxies of the system are not used.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), flujo::Error> {
    /// let docs = flujo_mcp::McpServer::http("docs", "https://docs.example.com/mcp").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http(name: impl Into<String>, url: impl Into<String>) -> ServerBuilder<Http> {
        ServerBuilder::new(name, Http(url.into()))
    }
}

impl ServerBuilder<Stdio> {
    /// Sets a variable of the environment of the process. Its value is never shown, and is taken out of messages if it has
    /// at least six bytes.
    ///
    /// ```
    /// # fn main() -> Result<(), flujo::Error> {
    /// use flujo_mcp::{McpServer, ServerBuilder, Stdio};
    /// use std::time::Duration;
    ///
    /// let github: ServerBuilder<Stdio> = McpServer::stdio("github", "github-mcp-server", ["stdio"])
    ///     .env("GITHUB_TOKEN", "a token")
    ///     .current_dir("/srv/github")
    ///     .connect_timeout(Duration::from_secs(10))
    ///     .max_tools(64)
    ///     .max_list(500_000);
    /// let github = github.build()?;
    /// assert!(!format!("{github:?}").contains("a token"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn env(mut self, key: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.secrets.push(key.into(), value.into());
        self
    }

    /// Sets the folder in which the process starts; the default is that of this process.
    pub fn current_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.way.0.dir = Some(dir.into());
        self
    }

    /// Returns the server. Nothing is started yet.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`]: the name, the command or the name of a variable is none.
    pub fn build(self) -> Result<McpServer, Error> {
        if self.way.0.command.is_empty() {
            return Err(setup(&self.name, "the command is empty"));
        }
        for (key, value) in self.secrets.iter() {
            if key.is_empty() || key.contains(['=', '\0']) || value.contains('\0') {
                return Err(setup(
                    &self.name,
                    &format!("the variable `{}` cannot be set", key.escape_debug()),
                ));
            }
        }
        self.server(|Stdio(program)| Reach::Process(program))
    }
}

impl ServerBuilder<Http> {
    /// Sets a header of every request, for instance `authorization`. Its value is never shown, and is taken out of messages if it
    /// has at least six bytes.
    ///
    /// ```
    /// # fn main() -> Result<(), flujo::Error> {
    /// use flujo_mcp::{Http, McpServer, ServerBuilder};
    ///
    /// let docs: ServerBuilder<Http> = McpServer::http("docs", "https://docs.example.com/mcp");
    /// let docs = docs.header("authorization", "Bearer open-sesame").build()?;
    /// # drop(docs);
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.secrets.push(name.into(), value.into());
        self
    }

    /// Returns the server. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`]: the name, the URL or a header is none.
    pub fn build(self) -> Result<McpServer, Error> {
        let url = self.way.0.parse::<hyper::Uri>().ok();
        let url =
            url.filter(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some());
        // The text is not shown: a URL may hold a password.
        let Some(url) = url else {
            return Err(setup(&self.name, "the URL is none that begins with `http://` or `https://`"));
        };
        if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            let text = "the URL holds a user or a password: give them as the header `authorization`";
            return Err(setup(&self.name, text));
        }
        for (name, value) in self.secrets.iter() {
            header(name, value).map_err(|error| setup(&self.name, &error))?;
            if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
                return Err(setup(&self.name, &format!("the header `{name}` is set by the protocol")));
            }
        }
        self.server(|Http(url)| Reach::Http(url))
    }
}

impl<T> ServerBuilder<T> {
    fn new(name: impl Into<String>, way: T) -> Self {
        Self { name: name.into(), way, secrets: Secrets::default(), bounds: Bounds::default() }
    }

    fn server(self, reach: impl FnOnce(T) -> Reach) -> Result<McpServer, Error> {
        if self.name.trim().is_empty() {
            return Err(Error::new(ErrorKind::Setup("an MCP server has no name".to_owned())));
        }
        let Self { name, way, secrets, bounds } = self;
        Ok(McpServer::new(Config { name, reach: reach(way), secrets, bounds }))
    }

    /// Sets how long starting or reaching the server may take, with the first words that are exchanged; the default is 30 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.bounds.connect = limit;
        self
    }

    /// Sets how long a call may take, and the whole list of tools; the default is 60 seconds. The time to connect comes on top.
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.bounds.call = limit;
        self
    }

    /// Sets how many bytes a message of the server may have, as JSON; the default is 1 MiB. A longer one is refused before it is all
    /// in memory. A process whose message is too long is ended, because which call it answers is not known; calls beside it fail
    /// too, and may be tried again.
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.bounds.answer = bytes;
        self
    }

    /// Sets how many tools the server may offer; the default is 256.
    pub fn max_tools(mut self, tools: usize) -> Self {
        self.bounds.tools = tools;
        self
    }

    /// Sets how many bytes the names, descriptions and schemas of all tools may have; the default is 1 MiB. Each page of the list
    /// is also bounded by [`max_answer`](Self::max_answer).
    pub fn max_list(mut self, bytes: usize) -> Self {
        self.bounds.list = bytes;
        self
    }
}

fn setup(name: &str, what: &str) -> Error {
    Error::new(ErrorKind::Setup(format!("MCP server `{name}`: {what}")))
}
