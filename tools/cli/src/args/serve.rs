use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 lets the system choose one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    pub(crate) address: SocketAddr,
    /// The callers, one on a line: a name, a role (viewer, operator or admin) and a token [default: `FLUJO_TOKENS`]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// A name by which the server is reached, where that is no address; may be given several times
    #[arg(long = "host", value_name = "NAME")]
    pub(crate) hosts: Vec<String>,
    /// Work on runs too: those of processes that are gone, and those whose reply has arrived
    #[arg(long)]
    pub(crate) work: bool,
}

/// Reads an address with a port. Of names only `localhost` has an address that does not change.
fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let parsed = local.as_deref().unwrap_or(text).parse();
    parsed.map_err(|_| "give an address and a port, such as `127.0.0.1:8080` or `[::1]:8080`".to_owned())
}
