// A function pointer cannot be recorded.
// errors: 1
use flujo::prelude::*;

#[step]
async fn call(f: fn(u8) -> u8) -> Result<u8> {
    Ok(f(1))
}

fn main() {}
