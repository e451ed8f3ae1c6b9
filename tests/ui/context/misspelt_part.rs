// A misspelt word gets the one that was meant.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(prat)]
    notes: Vec<String>,
}

fn main() {}
