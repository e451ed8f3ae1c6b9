// What a service answers is not recorded, so no branch depends on it.
// errors: 1

use flujo::prelude::*;

struct App {
    open: bool,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, app: &App) -> String {
        if app.open {
            triage(text)
        } else {
            text
        }
    }
}

fn main() {}
