// A secret would be recorded with every attempt.
// errors: 1

use flujo::Secret;
use flujo::prelude::*;

#[step]
async fn login(name: String, password: Secret) -> Result<String> {
    Ok(format!("{name} {}", password.expose().len()))
}

fn main() {}
