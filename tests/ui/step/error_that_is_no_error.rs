// The error of a step is an error.
// errors: 1
use flujo::prelude::*;

#[derive(Debug)]
struct Oops;

#[step]
async fn label(text: String) -> Result<String, Oops> {
    drop(text);
    Err(Oops)
}

fn main() {}
