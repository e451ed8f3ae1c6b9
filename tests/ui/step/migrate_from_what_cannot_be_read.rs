// What the older version gave has to be read from its record.
// errors: 1
use flujo::prelude::*;

struct CountV1 {
    count: u32,
}

fn from_1(old: CountV1) -> u64 {
    u64::from(old.count)
}

#[step(version = 2, migrate = from_1)]
async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

fn main() {}
