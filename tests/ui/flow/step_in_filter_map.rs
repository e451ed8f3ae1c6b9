// A closure that filters runs no step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        texts.into_iter().filter_map(|text| Some(scan(text))).collect()
    }
}

fn main() {}
