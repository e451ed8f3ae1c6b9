// A run is the run of a pipeline; a single step is called in one.
// errors: 1

use flujo::prelude::*;

#[step]
async fn shout(text: String) -> Result<String> {
    Ok(text.to_uppercase())
}

async fn run(flujo: Flujo) {
    let _result = flujo.run(shout("hi".to_owned())).await;
}

fn main() {}
