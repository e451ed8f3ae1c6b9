// A step is cached for some time, or forever.
// errors: 1

use flujo::prelude::*;

#[step(cached = true)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
