// The question before a step runs as a tool is a text.
// errors: 1

use flujo::prelude::*;

#[step(ask_first = 5)]
async fn refund(cents: u64) -> Result<String> {
    Ok(format!("{cents}"))
}

fn main() {}
