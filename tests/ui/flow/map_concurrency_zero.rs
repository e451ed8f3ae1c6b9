// At least one item runs at a time.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(items: Vec<String>) -> Vec<String> {
        map(items, triage).concurrency(0)
    }
}

fn main() {}
