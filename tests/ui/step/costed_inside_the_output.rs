// `Costed` stands around the whole output.
// errors: 1
use flujo::prelude::*;

#[step]
async fn search(query: String) -> Result<Vec<Costed<String>>> {
    Ok(vec![Costed::new(query, Default::default())])
}

fn main() {}
