// Two types that cannot be recorded are two errors.
// errors: 2
use flujo::prelude::*;

struct Post;
struct Plan;

#[step]
async fn plan(post: Post) -> Result<Plan> {
    let Post = post;
    Ok(Plan)
}

fn main() {}
