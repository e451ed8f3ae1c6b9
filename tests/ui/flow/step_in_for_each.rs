// A closure that is called for each item runs no step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> usize {
        texts.iter().for_each(|text| {
            scan(text.clone());
        });
        value(texts.len())
    }
}

fn main() {}
