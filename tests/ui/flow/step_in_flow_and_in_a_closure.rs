// A step that runs elsewhere does not run in a closure either.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        let first = scan("first".to_owned());
        texts.into_iter().map(|text| scan(text + &first)).collect()
    }
}

fn main() {}
