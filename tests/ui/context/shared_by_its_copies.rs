// Copies of an `Arc` share what is in it.
// errors: 1
use flujo::prelude::*;
use std::sync::{Arc, Mutex};

#[context]
struct State {
    #[context(part)]
    seen: Option<Arc<Mutex<Vec<String>>>>,
}

fn main() {}
