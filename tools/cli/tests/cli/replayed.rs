//! What `replay` prints of a run that other code began.

use crate::library::said;
use flujo::engine::Memory;
use flujo::prelude::*;
use flujo_cli::{Cli, Exit};
use std::sync::Arc;

mod before {
    use flujo::prelude::*;
    pipeline! {
        pub fn payment(cents: u64) -> bool {
            let agreed: bool = ask(format!("Pay {cents}?"));
            agreed
        }
    }
}

mod inserted {
    use flujo::prelude::*;
    #[step]
    async fn check(cents: u64) -> Result<u64> {
        Ok(cents)
    }
    pipeline! {
        pub fn payment(cents: u64) -> bool {
            let cents = check(cents);
            let agreed: bool = ask(format!("Pay {cents}?"));
            agreed
        }
    }
}

mod reworded {
    use flujo::prelude::*;
    pipeline! {
        pub fn payment(cents: u64) -> bool {
            let agreed: bool = ask(format!("Shall we pay {cents}?"));
            agreed
        }
    }
}

#[tokio::test]
async fn a_replay_says_how_far_it_came() {
    let storage = Arc::new(Memory::new());
    let builder = || Flujo::builder().engine(storage.clone());
    let old = builder().pipeline::<before::payment>().build().unwrap();
    drop(old.run(before::payment(12)).id("p-1").await);
    let replay = async |flujo: Flujo, more: &[&str]| {
        let words = [&["replay", "p-1"], more].concat();
        said(&Cli::new(flujo), &words, |console| console).await
    };

    let (exit, out, err) = replay(old, &[]).await;
    assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Ok, "p-1 fits this code: 0 records\n", ""));

    let inserted = builder().pipeline::<inserted::payment>().build().unwrap();
    let (exit, out, err) = replay(inserted.clone(), &[]).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(out, "p-1 fits this code as far as payment/check, without a record\n");
    assert_eq!(err, "what is recorded of payment/agreed is compared when the run goes on\n");
    let (_, out, _) = replay(inserted, &["--json"]).await;
    assert_eq!(
        out,
        r#"{"id":"p-1","fits":true,"mismatch":null,"ended_at":["payment/check"],"not_compared":["payment/agreed"]}"#
            .to_owned()
            + "\n"
    );

    let reworded = builder().pipeline::<reworded::payment>().build().unwrap();
    let (exit, out, err) = replay(reworded, &[]).await;
    assert_eq!(exit, Exit::Findings);
    assert_eq!(
        out,
        "p-1 does not fit this code: payment/agreed: its message or the value it shows changed since it was asked\n"
    );
    assert_eq!(err, "nothing was changed; the run goes on with the code that it knows\n");
}
