// What a generic step is called with can be recorded.
// errors: 2
use flujo::prelude::*;

struct Post;

#[step]
async fn count<T>(all: Vec<T>) -> Result<usize> {
    Ok(all.len())
}

fn main() {
    let _ = count(vec![Post]);
}
