// A function in a plain expression returns another type.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

fn words(text: &str) -> u64 {
    text.split(" ").map(|_| 1).sum()
}

pipeline! {
    fn moderate(text: String) -> usize {
        value(words(&text))
    }
}

fn main() {}
