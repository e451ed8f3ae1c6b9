// A step runs at run time.
// errors: 1
use flujo::prelude::*;

#[step]
const fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
