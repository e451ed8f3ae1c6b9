// A mistake in a step is no mistake of the pipeline that calls it.
// errors: 1
use flujo::prelude::*;

struct Db;

#[step]
async fn find(id: &str, db: &Db) -> Result<String> {
    let _ = db;
    Ok(id.to_owned())
}

#[step]
async fn show(text: String) -> Result<String> {
    Ok(text)
}

#[resources]
struct App {
    db: Db,
}

pipeline! {
    fn look_up(id: String, app: &App) -> String {
        let found = find(id).retries(2);
        show(found)
    }
}

fn main() {}
