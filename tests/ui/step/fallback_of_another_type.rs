// A fallback has the same input and output.
// errors: 1
use flujo::prelude::*;

#[step]
async fn count(text: String) -> Result<usize> {
    Ok(text.len())
}

#[step(fallback = count)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
