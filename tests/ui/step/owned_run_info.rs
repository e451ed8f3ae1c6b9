// The run is borrowed.
// errors: 1
use flujo::prelude::*;

#[step]
async fn attempt(run: RunInfo) -> Result<u32> {
    Ok(run.attempt())
}

fn main() {}
