// A resource has a size.
// errors: 1
use flujo::prelude::*;

trait Mailer: Send + Sync {}

#[step]
async fn mail(text: String, mailer: &dyn Mailer) -> Result<String> {
    let _ = mailer;
    Ok(text)
}

fn main() {}
