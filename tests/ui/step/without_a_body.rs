// A step has a body.
// errors: 1
use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String>;

fn main() {}
