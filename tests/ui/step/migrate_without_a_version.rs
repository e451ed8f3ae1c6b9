// The first version has none before it.
// errors: 1
use flujo::prelude::*;

fn from_1(old: u32) -> u64 {
    u64::from(old)
}

#[step(migrate = from_1)]
async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

fn main() {}
