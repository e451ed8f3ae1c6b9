// An input owns all that it holds.
// errors: 1
use flujo::prelude::*;

#[step]
async fn first(all: Vec<&str>) -> Result<usize> {
    Ok(all.len())
}

fn main() {}
