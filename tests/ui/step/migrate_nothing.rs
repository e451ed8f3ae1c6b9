// `migrate` names at least one function.
// errors: 1
use flujo::prelude::*;

#[step(version = 2, migrate = [])]
async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

fn main() {}
