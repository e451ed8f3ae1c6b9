// The run cannot be changed by a step.
// errors: 1
use flujo::prelude::*;

#[step]
async fn attempt(run: &mut RunInfo) -> Result<u32> {
    Ok(run.attempt())
}

fn main() {}
