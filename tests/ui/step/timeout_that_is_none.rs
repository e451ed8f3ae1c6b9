// A duration that makes no sense.
// errors: 1
use flujo::prelude::*;

#[step(timeout = "soon")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
