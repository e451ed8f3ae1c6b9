// A step has type parameters of its own, and not those of an impl.
// errors: 1

use flujo::prelude::*;

struct Desk<T> {
    items: Vec<T>,
}

impl<T: Clone> Desk<T>
where
    T: Send,
{
    #[step]
    async fn triage(text: String, ctx: &mut Vec<T>) -> Result<bool> {
        Ok(text.is_empty() && ctx.is_empty())
    }
}

fn main() {}
