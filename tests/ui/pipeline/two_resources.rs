// A pipeline has one resources struct; its steps may ask for several of its fields.
// errors: 1

use flujo::prelude::*;

struct Db;
struct Mailer;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, db: &Db, mailer: &Mailer) -> String {
        triage(text)
    }
}

fn main() {}
