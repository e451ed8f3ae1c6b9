// A pipeline is called where the context has its own as a part.

use flujo::prelude::*;

#[context]
#[derive(Default)]
struct Billing {
    cents: u64,
}

#[context]
struct Desk {
    #[context(part)]
    billing: Billing,
}

#[step]
async fn charge(cents: u64, billing: &mut Billing) -> Result<u64> {
    billing.cents += cents;
    Ok(billing.cents)
}

pipeline! {
    fn bill(cents: u64, billing: &mut Billing) -> u64 {
        charge(cents)
    }
}

pipeline! {
    fn serve(cents: u64, desk: &mut Desk) -> u64 {
        bill(cents)
    }
}

fn main() {}
