// What a service answers is not recorded, so a pipeline cannot ask it.
// errors: 1

use flujo::prelude::*;

struct App {
    greeting: String,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, app: &App) -> String {
        triage(format!("{} {text}", app.greeting))
    }
}

fn main() {}
