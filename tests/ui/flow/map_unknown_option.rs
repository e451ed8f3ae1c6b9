// A map has options of its own.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(items: Vec<String>) -> Vec<String> {
        map(items, triage).concurency(3)
    }
}

fn main() {}
