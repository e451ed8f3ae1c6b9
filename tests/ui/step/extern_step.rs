// A step is an ordinary function.
// errors: 1
use flujo::prelude::*;

#[step]
async extern "C" fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
