// A step that runs elsewhere is no function for iterators either.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        let first = scan("first".to_owned());
        texts.into_iter().map(scan).chain([first]).collect()
    }
}

fn main() {}
