// A time to live has a unit.
// errors: 1

use flujo::prelude::*;

#[step(cached = "60")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
