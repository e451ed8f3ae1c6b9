// A step is no function that an iterator can call.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        texts.into_iter().map(scan).collect()
    }
}

fn main() {}
