// A plain expression calls a function that does not exist.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        value(trimed(&text))
    }
}

fn main() {}
