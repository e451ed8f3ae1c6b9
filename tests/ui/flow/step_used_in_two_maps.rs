// A step in two bodies is used twice.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn shout(text: String) -> Result<String> {
    Ok(text.to_uppercase())
}

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        let texts = map(texts, scan);
        map(texts, |text| {
            let text = scan(text);
            shout(text)
        })
    }
}

fn main() {}
