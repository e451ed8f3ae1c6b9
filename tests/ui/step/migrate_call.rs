// The function of `migrate` is named, not called.
// errors: 1
use flujo::prelude::*;

fn from_1(old: u32) -> u64 {
    u64::from(old)
}

#[step(version = 2, migrate = from_1(old))]
async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

fn main() {}
