// A step awaits what it calls.
// errors: 1
use flujo::prelude::*;

async fn complete(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn label(text: String) -> Result<String> {
    complete(text)
}

fn main() {}
