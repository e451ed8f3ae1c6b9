// The signature says that the cost comes with the output.
// errors: 1
use flujo::prelude::*;

#[step]
async fn search(query: String) -> Result<Costed<String>> {
    Ok(query)
}

fn main() {}
