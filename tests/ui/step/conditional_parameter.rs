// A step has the same parameters in every build.
// errors: 1
use flujo::prelude::*;

#[step]
async fn speak(#[cfg(unix)] word: String) -> Result<String> {
    Ok(word)
}

fn main() {}
