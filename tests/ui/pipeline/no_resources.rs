// A step asks for a service, and the pipeline has no resources.
// errors: 1

use flujo::prelude::*;

struct Mailer;

#[step]
async fn notify(text: String, mailer: &Mailer) -> Result<String> {
    let _ = mailer;
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        notify(text)
    }
}

fn main() {}
