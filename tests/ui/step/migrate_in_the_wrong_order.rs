// Each function takes what the one before it gives.
// errors: 1
use flujo::prelude::*;

fn from_1(old: bool) -> String {
    old.to_string()
}
fn from_2(old: u32) -> u64 {
    u64::from(old)
}

#[step(version = 3, migrate = [from_1, from_2])]
async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

fn main() {}
