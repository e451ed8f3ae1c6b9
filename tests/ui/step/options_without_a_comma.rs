// Options are separated by commas.
// errors: 1
use flujo::prelude::*;

#[step(retries = 3 timeout = "20s")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
