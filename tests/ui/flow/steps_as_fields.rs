// Outputs are bound before a struct holds them.
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

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Post {
    text: String,
    title: String,
}

pipeline! {
    fn moderate(text: String) -> Post {
        Post { text: scan(text.clone()), title: shout(text) }
    }
}

fn main() {}
