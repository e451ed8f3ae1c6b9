// One `&` is enough.
// errors: 1
use flujo::prelude::*;

struct Db;

#[step]
async fn find(id: u8, db: &&Db) -> Result<u8> {
    let _ = db;
    Ok(id)
}

fn main() {}
