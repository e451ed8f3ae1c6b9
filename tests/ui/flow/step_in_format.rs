// An output is bound before `format!` shows it.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn shout(text: String) -> Result<String> {
    Ok(text.to_uppercase())
}

pipeline! {
    fn moderate(text: String) -> String {
        let line = format!("{}!", scan(text));
        shout(line)
    }
}

fn main() {}
