// A context is declared as one.
// errors: 1
use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Billing {
    total: u64,
}

#[step]
async fn pay(sum: u64, billing: &mut Billing) -> Result<()> {
    billing.total += sum;
    Ok(())
}

async fn test(billing: &mut Billing) {
    let _ = pay(1).run(billing, &()).await;
}

fn main() {}
