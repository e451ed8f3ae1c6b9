// Items are what can be iterated over.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(n: u32) -> Vec<String> {
        map(n, |item| triage(item))
    }
}

fn main() {}
