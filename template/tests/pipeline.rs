//! Every test says what the models and the people would say: none waits, and none needs a key.

use flujo::prelude::*;
use flujo_testing::{Replies, StubAgent, assert_asks, assert_done, assert_paths};

use {{crate_name}}::{Request, Ticket, answer, read, reply};

fn ticket() -> Ticket {
    Ticket {
        customer: "Ada".to_owned(),
        text: "The lamp is broken.".to_owned(),
    }
}

fn flujo(request: Request) -> Result<Flujo, flujo::Error> {
    let read = StubAgent::<read>::new([request]);
    let reply = StubAgent::<reply>::new(["Dear Ada, ..".to_owned()]);
    Flujo::builder().stub(&read).stub(&reply).build()
}

#[tokio::test]
async fn a_small_refund_asks_no_person() -> Result<(), flujo::Error> {
    let result = flujo(Request::Refund { cents: 1_200 })?
        .run(answer(ticket()))
        .await;
    assert_paths(&result, ["answer/read", "answer/refund", "answer/reply"]);
    assert_done(&result, &"Dear Ada, ..".to_owned());
    Ok(())
}

#[tokio::test]
async fn a_large_refund_waits_for_a_person() -> Result<(), flujo::Error> {
    let result = flujo(Request::Refund { cents: 90_000 })?
        .run(answer(ticket()))
        .await;
    assert_asks(&result, ["answer/allowed"]);
    Ok(())
}

#[tokio::test]
async fn a_refund_that_is_denied_is_not_paid() -> Result<(), flujo::Error> {
    let flujo = flujo(Request::Refund { cents: 90_000 })?;
    let result = Replies::new()
        .reply("answer/allowed", false)
        .run(flujo.run(answer(ticket())))
        .await?;
    assert_paths(&result, ["answer/read", "answer/reply"]);
    Ok(())
}
