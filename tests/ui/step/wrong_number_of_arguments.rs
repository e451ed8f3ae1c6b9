// A step is called with its inputs only.
// errors: 1
use flujo::prelude::*;

struct Db;

#[step]
async fn triage(text: String, db: &Db) -> Result<String> {
    let _ = db;
    Ok(text)
}

fn main() {
    let _ = triage(String::new(), &Db);
}
