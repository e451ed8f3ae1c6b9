// The engine's resources are those of the pipeline, or hold them.
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

async fn run() {
    let flujo = Flujo::builder().build().unwrap();
    let _result = flujo.run(storing("now".to_owned())).await;
}

fn main() {}
