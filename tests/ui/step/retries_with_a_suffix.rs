// Numbers of options have one type.
// errors: 1

use flujo::prelude::*;

#[step(retries = 3u8)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
