// A context is recorded, a secret is not.
// errors: 1

use flujo::Secret;
use flujo::prelude::*;

#[context]
pub struct Session {
    pub user: u64,
    pub token: Option<Secret<String>>,
}

fn main() {}
