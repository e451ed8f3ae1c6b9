// A misspelt rule gets the one that was meant.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, merge = apend)]
    notes: Vec<String>,
}

fn main() {}
