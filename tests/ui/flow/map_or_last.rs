// Only a loop has a last round.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(items: Vec<String>) -> Vec<String> {
        map(items, triage).or_last()
    }
}

fn main() {}
