// An input has a name, also where it is not used.
// errors: 1
use flujo::prelude::*;

#[step]
async fn add(_: u8) -> Result<u8> {
    Ok(1)
}

fn main() {}
