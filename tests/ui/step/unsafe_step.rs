// A step asks its caller for nothing.
// errors: 1
use flujo::prelude::*;

#[step]
async unsafe fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
