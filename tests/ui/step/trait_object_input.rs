// A trait object cannot be read back from a record.
// errors: 1
use flujo::prelude::*;

#[step]
async fn draw(shape: dyn std::fmt::Debug) -> Result<String> {
    Ok(String::new())
}

fn main() {}
