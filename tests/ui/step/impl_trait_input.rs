// An input has a type with a name.
// errors: 1
use flujo::prelude::*;

#[step]
async fn shout(text: impl Into<String>) -> Result<String> {
    Ok(text.into().to_uppercase())
}

fn main() {}
