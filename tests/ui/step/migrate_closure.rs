// A closure is not carried over from build to build by name: `migrate` names a function.
// errors: 1
use flujo::prelude::*;

#[step(version = 2, migrate = |old: u32| u64::from(old))]
async fn count(text: String) -> Result<u64> {
    Ok(text.len() as u64)
}

fn main() {}
