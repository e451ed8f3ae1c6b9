// The resources have what a step asks for.
// errors: 1
use flujo::prelude::*;

struct Db;
struct Mailer;

#[step]
async fn find(id: u8, db: &Db) -> Result<u8> {
    let _ = db;
    Ok(id)
}

async fn test(mailer: &Mailer) {
    let _ = find(1).run(&mut (), mailer).await;
}

fn main() {}
