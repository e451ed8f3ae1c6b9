// The last function gives what the step gives now.
// errors: 1
use flujo::prelude::*;

fn from_1(old: u32) -> String {
    old.to_string()
}

#[step(version = 2, migrate = from_1)]
async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

fn main() {}
