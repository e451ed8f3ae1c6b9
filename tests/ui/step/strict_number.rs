// `strict` is yes or no.
// errors: 1
use flujo::prelude::*;

#[step(strict = 1)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
