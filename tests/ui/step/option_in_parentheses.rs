// An option's value stands after `=`.
// errors: 1
use flujo::prelude::*;

#[step(retries(3))]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
