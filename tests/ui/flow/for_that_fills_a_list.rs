// A loop that fills a list is a `map`.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        let mut all = Vec::new();
        for text in texts {
            all.push(triage(text));
        }
        all
    }
}

fn main() {}
