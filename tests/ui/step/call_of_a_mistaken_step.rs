// A mistake in a step is no mistake of those who call it.
// errors: 1
use flujo::prelude::*;

#[step]
fn triage(text: String) -> Result<String> {
    Ok(text)
}

async fn test() {
    let text: String = triage("x".to_owned()).retries(2).run(&mut (), &()).await.unwrap();
    drop(text);
}

fn main() {}
