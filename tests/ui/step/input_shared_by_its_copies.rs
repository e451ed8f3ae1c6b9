// Copies of an input share what is in an `Arc`.
// errors: 1
use flujo::prelude::*;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

#[step]
async fn count(text: String, total: Arc<AtomicU64>) -> Result<String> {
    total.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    Ok(text)
}

fn main() {}
