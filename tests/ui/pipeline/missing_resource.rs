// A step asks for a service that the pipeline's resources do not have.
// errors: 1

use flujo::prelude::*;

struct Db;
struct Mailer;

#[resources]
struct App {
    db: Db,
}

#[step]
async fn notify(text: String, mailer: &Mailer) -> Result<String> {
    let _ = mailer;
    Ok(text)
}

pipeline! {
    fn moderate(text: String, app: &App) -> String {
        notify(text)
    }
}

fn main() {}
