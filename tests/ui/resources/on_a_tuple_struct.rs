// The fields of resources have names.
// errors: 1
use flujo::prelude::*;

struct Db;

#[resources]
struct App(Db);

fn main() {}
