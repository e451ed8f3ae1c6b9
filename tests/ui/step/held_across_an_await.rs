// What a step holds while it waits can move to another thread.
// errors: 1
use flujo::prelude::*;

use std::rc::Rc;

#[step]
async fn fetch(url: String) -> Result<String> {
    let shared = Rc::new(url);
    tokio::task::yield_now().await;
    Ok(shared.to_string())
}

fn main() {}
