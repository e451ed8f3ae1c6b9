// What is recorded is carried over at once: nothing can be waited for.
// errors: 1
use flujo::prelude::*;

async fn from_1(old: u32) -> u64 {
    u64::from(old)
}

#[step(version = 2, migrate = from_1)]
async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

fn main() {}
