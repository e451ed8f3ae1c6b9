// One output, one cost.
// errors: 1
use flujo::prelude::*;

#[step]
async fn search(query: String) -> Result<Costed<Option<Costed<String>>>> {
    let found = Costed::new(query, Default::default());
    Ok(Costed::new(Some(found), Default::default()))
}

fn main() {}
