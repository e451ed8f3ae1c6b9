// Outputs are bound before `vec![..]` holds them.
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
    fn moderate(text: String) -> Vec<String> {
        vec![scan(text.clone()), shout(text)]
    }
}

fn main() {}
