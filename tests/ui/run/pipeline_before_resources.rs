// A builder takes the resources before the pipelines that need them.
// errors: 1

use flujo::prelude::*;

pub struct Db;

#[resources]
pub struct App {
    db: Db,
}

#[step]
async fn store(text: String, db: &Db) -> Result<String> {
    let _ = db;
    Ok(text)
}

pipeline! {
    fn storing(text: String, app: &App) -> String {
        store(text)
    }
}

fn main() {
    let _flujo = Flujo::builder().pipeline::<storing>().resources(App { db: Db }).build();
}
