// The type of an input is written out.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: _) -> Result<String> {
    Ok(text)
}

fn main() {}
