// A type with a lifetime is borrowed too.
// errors: 1
use flujo::prelude::*;

use std::borrow::Cow;

#[step]
async fn triage<'a>(text: Cow<'a, str>) -> Result<String> {
    Ok(text.into_owned())
}

fn main() {}
