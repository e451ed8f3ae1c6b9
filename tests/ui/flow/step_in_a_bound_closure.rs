// A step is not bound in a closure, and called later.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let twice = |text: String| scan(text);
        twice(text)
    }
}

fn main() {}
