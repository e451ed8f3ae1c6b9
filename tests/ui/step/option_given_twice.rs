// An option is given once.
// errors: 1
use flujo::prelude::*;

#[step(retries = 3, retries = 4)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
