// An output is owned.
// errors: 1
use flujo::prelude::*;

#[step]
async fn word() -> Result<&'static str> {
    Ok("word")
}

fn main() {}
