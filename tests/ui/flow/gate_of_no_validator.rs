// A gate asks validators.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

struct NoPii;

pipeline! {
    fn moderate(text: String) -> String {
        gate(text, NoPii)
    }
}

fn main() {}
