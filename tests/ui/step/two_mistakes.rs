// Independent mistakes come together.
// errors: 3
use flujo::prelude::*;

#[step(retires = 3)]
fn triage(text: &str) -> Result<String> {
    Ok(text.to_owned())
}

fn main() {}
