// An output has a type with a name.
// errors: 1
use flujo::prelude::*;

#[step]
async fn count() -> Result<impl Iterator<Item = u8>> {
    Ok(0..3)
}

fn main() {}
