// An output is bound before it replaces a field.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Post {
    text: String,
    title: String,
}

pipeline! {
    fn moderate(post: Post) -> Post {
        Post { text: scan(post.text.clone()), ..post }
    }
}

fn main() {}
