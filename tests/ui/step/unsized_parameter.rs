// A type parameter of a step has a size.
// errors: 1
use flujo::prelude::*;

#[step]
async fn count<T: ?Sized>(text: String) -> Result<usize> {
    Ok(text.len())
}

fn main() {}
