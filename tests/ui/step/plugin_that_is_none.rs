// A plugin implements `Plugin` for the output.
// errors: 1

use flujo::prelude::*;

struct Redact;

#[step(plugin = Redact)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
