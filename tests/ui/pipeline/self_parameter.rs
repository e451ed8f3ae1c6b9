// A pipeline is a free function.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(&self, text: String) -> String {
        triage(text)
    }
}

fn main() {}
