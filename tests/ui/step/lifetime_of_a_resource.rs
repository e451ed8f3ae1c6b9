// What a step borrows needs no lifetime.
// errors: 1
use flujo::prelude::*;

struct Db;

#[step]
async fn find<'a>(id: u8, db: &'a Db) -> Result<u8> {
    let _ = db;
    Ok(id)
}

fn main() {}
