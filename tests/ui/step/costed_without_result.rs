// A step returns a `Result`, what it has cost inside.
// errors: 1
use flujo::prelude::*;

#[step]
async fn search(query: String) -> Costed<String> {
    Costed::new(query, Default::default())
}

fn main() {}
