// A constant of retries is a `u32`.
// errors: 1
use flujo::prelude::*;

const MANY: u64 = 3;

#[step(retries = MANY)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
