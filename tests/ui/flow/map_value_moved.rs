// A body runs for every item, so it borrows what it names.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn both(one: String, two: String) -> Result<String> {
    Ok(format!("{one}{two}"))
}

pipeline! {
    fn moderate(items: Vec<String>, text: String) -> Vec<String> {
        map(items, |item| both(item, text))
    }
}

fn main() {}
