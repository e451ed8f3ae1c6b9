// The output is in the signature, not behind an alias.
// errors: 1
use flujo::prelude::*;

mod io {
    pub type Result = flujo::Result<String>;
}

#[step]
async fn triage(text: String) -> io::Result {
    Ok(text)
}

fn main() {}
