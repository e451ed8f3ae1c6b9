// There are not as many versions before this one.
// errors: 1
use flujo::prelude::*;

fn from_1(old: u16) -> u32 {
    u32::from(old)
}
fn from_2(old: u32) -> u64 {
    u64::from(old)
}

#[step(version = 2, migrate = [from_1, from_2])]
async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

fn main() {}
