// An input has a name.
// errors: 1
use flujo::prelude::*;

#[step]
async fn add((a, b): (u8, u8)) -> Result<u8> {
    Ok(a + b)
}

fn main() {}
