// An output is bound before a method takes it.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        text.replace("a", &scan(text.clone()))
    }
}

fn main() {}
