// A step is a free function.
// errors: 1
use flujo::prelude::*;

#[step]
async fn triage(&self, text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
