// An input crosses a step boundary, so it can be recorded.
// errors: 1
use flujo::prelude::*;

struct Post;

#[step]
async fn triage(post: Post) -> Result<String> {
    let Post = post;
    Ok(String::new())
}

fn main() {}
