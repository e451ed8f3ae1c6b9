// The next step gets the value alone.
// errors: 1
use flujo::prelude::*;

#[step]
async fn show(found: Costed<String>) -> Result<String> {
    Ok(found.value)
}

fn main() {}
