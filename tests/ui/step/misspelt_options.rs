// Each misspelt option gets the one that was meant.
// errors: 2
use flujo::prelude::*;

#[step(retires = 3, tiemout = "30s")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
