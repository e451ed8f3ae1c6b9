// A secret would be recorded as what the step returned.
// errors: 1

use flujo::Secret;
use flujo::prelude::*;

#[step]
async fn fetch_key(name: String) -> Result<Secret> {
    Ok(Secret::from(name))
}

fn main() {}
