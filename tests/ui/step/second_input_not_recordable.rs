// The input that cannot be recorded is the one that is named.
// errors: 1
use flujo::prelude::*;

struct Post;

#[step]
async fn triage(id: u64, post: Post) -> Result<u64> {
    let Post = post;
    Ok(id)
}

fn main() {}
