// A version is written out.
// errors: 1
use flujo::prelude::*;

const VERSION: u32 = 3;

#[step(version = VERSION)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
