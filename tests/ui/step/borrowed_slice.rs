// An input is owned: `Vec<T>`, not `&[T]`.
// errors: 1
use flujo::prelude::*;

#[step]
async fn total(all: &[u64]) -> Result<u64> {
    Ok(all.iter().sum())
}

fn main() {}
