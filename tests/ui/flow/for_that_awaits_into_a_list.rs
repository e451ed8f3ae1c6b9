// A loop that fills a list is a `map`, whose calls are not awaited.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> usize {
        let mut all: Vec<String> = Vec::with_capacity(texts.len());
        for text in texts {
            all.push(triage(text).retries(2).await?);
        }
        value(all.len())
    }
}

fn main() {}
