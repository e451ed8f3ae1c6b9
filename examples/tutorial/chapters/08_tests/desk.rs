//! No test waits, and none asks a model or a person.

use flujo::engine::Memory;
use flujo::prelude::*;
use flujo_testing::{
    Crash, Moment, PausedClock, Replies, StubAgent, assert_asks, assert_done, assert_failed, assert_paths,
};
use helpdesk::desk::*;
use std::sync::Arc;
use std::time::Duration;

fn shop() -> Shop {
    Shop { orders: Orders::open(), bank: Bank::default() }
}

fn ticket() -> Ticket {
    Ticket { customer: "Ada".to_string(), text: "See below.".to_string() }
}

/// A stub of `classify`: no model is called.
fn wants(kind: Kind, order: u32) -> StubAgent<classify> {
    StubAgent::new([Request { kind, orders: vec![order], summary: "A summary.".to_string() }])
}

#[tokio::test]
async fn a_parcel_is_handed_on() -> Result<(), flujo::Error> {
    let parcel = track(Parcel::sent(1041)).run(&mut (), &()).await?;
    assert_eq!((parcel.carrier.as_str(), parcel.is_found()), ("RailFast", false));
    Ok(())
}

#[tokio::test]
async fn a_draft_is_written_again_until_both_critics_accept_it() -> Result<(), flujo::Error> {
    let classified = wants(Kind::Status, 1041);
    let drafted = StubAgent::<draft>::new(["It comes tomorrow.", "It is on its way."].map(str::to_string));
    let policy = StubAgent::<check_policy>::new([Critique::revise("promise no date"), Critique::Accept]);
    let tone = StubAgent::<check_tone>::new([Critique::Accept, Critique::Accept]);
    let flujo = Flujo::builder()
        .stub(&classified)
        .stub(&drafted)
        .stub(&policy)
        .stub(&tone)
        .resources(shop())
        .build()?;

    let result = flujo.run(support(ticket())).await;
    assert_done(&result, &"It is on its way.".to_string());
    let feedback: Vec<_> = drafted.calls().into_iter().map(|(_, _, _, feedback)| feedback).collect();
    assert_eq!(feedback, [None, Some(Feedback("promise no date".to_string()))]);
    Ok(())
}

#[tokio::test]
async fn an_order_that_is_not_there_goes_to_a_colleague() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().stub(&wants(Kind::Status, 999)).resources(shop()).build()?;
    let result = flujo.run(support(ticket())).await;
    assert_paths(
        &result,
        [
            "support/open_case",
            "support/classify",
            "support/found[0]/look_up",
            "support/hand_over",
            "support/gate",
        ],
    );
    assert_eq!(result.context.notes, ["for a colleague: A summary."]);
    Ok(())
}

#[tokio::test]
async fn a_large_refund_is_paid_when_a_person_says_so() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().stub(&wants(Kind::Refund, 2207)).resources(shop()).build()?;
    let mut people = Replies::new().reply("support/decision", Decision::Pay).by("Zoe");
    people.run(flujo.run(support(ticket()))).await?.into_output()?;
    assert_eq!(flujo.resources().bank.paid(), 12_900);
    Ok(())
}

#[tokio::test]
async fn after_two_days_without_a_reply_nothing_is_paid() -> Result<(), flujo::Error> {
    let clock = PausedClock::default();
    let flujo = Flujo::builder()
        .clock(Arc::new(clock.clone()))
        .stub(&wants(Kind::Refund, 2207))
        .resources(shop())
        .build()?;
    assert_asks(&flujo.run(support(ticket())).id("chair").await, ["support/decision"]);

    clock.advance(Duration::from_secs(2 * 86_400));
    let result = flujo.resume::<support>("chair").await?;
    assert_done(&result, &"We cannot refund this: it was not decided in time.".to_string());
    assert_eq!(flujo.resources().bank.paid(), 0);
    Ok(())
}

#[tokio::test]
async fn a_carrier_that_does_not_answer_fails_the_ticket() -> Result<(), flujo::Error> {
    let clock = PausedClock::default();
    let parcels = [0; 3].map(|_| Parcel::sent(1041));
    let slow = StubAgent::<track>::new(parcels).after(clock.clone(), Duration::from_secs(6));
    let flujo = Flujo::builder()
        .clock(Arc::new(clock))
        .stub(&wants(Kind::Status, 1041))
        .stub(&slow)
        .resources(shop())
        .build()?;
    let result = flujo.run(support(ticket())).await;
    assert_failed(&result, "support/parcels[0]/track#1: timed out after 5s (attempt 3 of 3)");
    Ok(())
}

/// Kills the process after each command of the run in turn, and continues in a new one.
#[tokio::test]
async fn wherever_the_process_dies_the_refund_is_paid_once() -> Result<(), flujo::Error> {
    for at in 1.. {
        let (memory, bank, stub) = (Arc::new(Memory::new()), Bank::default(), wants(Kind::Refund, 2207));
        let process = || {
            let shop = Shop { orders: Orders::open(), bank: bank.clone() };
            Flujo::builder().stub(&stub).resources(shop)
        };
        let crash = Arc::new(Crash::new(Arc::clone(&memory), at, Moment::After));
        let mut people = Replies::new().reply("support/decision", Decision::Pay);
        let dying = process().engine(Arc::clone(&crash)).build()?;
        drop(people.run(dying.run(support(ticket())).id("chair")).await);

        let next = process().engine(memory).build()?;
        let mut people = Replies::new().reply("support/decision", Decision::Pay);
        people.resume::<support, _>(&next, "chair").await?.into_output()?;
        assert_eq!((bank.paid(), stub.calls().len()), (12_900, 1), "it died after command {at}");
        if crash.struck().is_none() {
            assert!(at > 5, "the run has {at} commands");
            return Ok(());
        }
    }
    Ok(())
}
