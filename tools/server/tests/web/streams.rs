//! Streams of events: each event once, whatever breaks in between.

use super::support::*;
use serde_json::{Value, json};
use std::time::Duration;

/// A run that asks, is answered, and is done.
async fn refunded(shop: &Shop, id: &str) {
    drop(shop.flujo.run(refund(9)).id(id).await);
    shop.clock.advance(Duration::from_nanos(1));
    shop.flujo.resume::<refund>(id).reply(true).by("ops").await.unwrap().into_output().unwrap();
}

#[tokio::test]
async fn a_stream_tells_all_that_is_recorded() {
    let shop = Shop::new();
    refunded(&shop, "r").await;
    let mut stream = Stream::open(&shop.caller(), "/api/v1/runs/r/events").await;
    let all = stream.state("done").await;
    assert_eq!(names(&all), ["record", "question", "reply", "state"]);
    assert_eq!((&all[0].2["path"], &all[0].2["succeeded"]), (&json!("refund/pay"), &json!(true)));
    assert_eq!((&all[1].2["message"], &all[1].2["shown"]), (&json!("Refund this?"), &json!(9)));
    assert_eq!((&all[2].2["value"], &all[2].2["by"]), (&json!(true), &json!("ops")));
    assert_eq!(all[3].2["usage"]["cost_nanos"], 9000);
    let ids: Vec<_> = all.iter().map(|(_, id, _)| id.as_deref().unwrap()).collect();
    assert_eq!(
        ids,
        [1, 2, 3, 4].map(|n| {
            let (asked, answered, state) =
                (u8::from(n > 1), u8::from(n > 2), if n > 3 { "done" } else { "-" });
            format!("{START}.1.{asked}.{answered}.0.{state}")
        })
    );
}

#[tokio::test]
async fn a_viewer_goes_on_where_it_was_in_each_place() {
    let shop = Shop::new();
    drop(shop.flujo.run(fragile("odd".into())).id("r").await);
    shop.world.good.lock().unwrap().insert("odd".into());
    flujo::run::Control::retry(&shop.flujo, &"r".into(), Some("ops")).await.unwrap();
    let caller = shop.caller();
    let path = "/api/v1/runs/r/events";
    let all = Stream::open(&caller, path).await.state("done").await;
    assert_eq!(names(&all), ["record", "record", "record", "action", "state"]);
    for (n, (_, id, _)) in all.iter().enumerate() {
        let id = id.as_deref().unwrap();
        let rest = &all[n + 1..];
        // By the header, and by the query; in this process, and after a restart of the server.
        let restarted = Shop::over(shop.engine.clone(), shop.clock.clone()).caller();
        for caller in [&caller, &restarted] {
            for (caller, path) in [
                (caller.with("last-event-id", id), path.to_owned()),
                (caller.clone(), format!("{path}?after={id}")),
            ] {
                let mut stream = Stream::open(&caller, &path).await;
                for wanted in rest {
                    assert_eq!(stream.next().await.as_ref(), Some(wanted));
                }
                assert!(tokio::time::timeout(Duration::from_millis(60), stream.next()).await.is_err());
            }
        }
    }
}

#[tokio::test]
async fn each_event_comes_once_while_servers_come_and_go() {
    let shop = Shop::new();
    let (engine, clock) = (shop.engine.clone(), shop.clock.clone());
    let writer = tokio::spawn(async move {
        for n in 0..20 {
            shop.clock.advance(Duration::from_nanos(1));
            refunded(&shop, &format!("r{n}")).await;
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    });
    // One viewer of one run and one of all, each cut off again and again.
    let mut all: Vec<(String, String)> = Vec::new();
    let mut place: Option<String> = Some("0.".to_owned());
    while !all.iter().any(|(id, state)| id == "r19" && state == "done") {
        let caller = Shop::over(engine.clone(), clock.clone()).caller();
        let mut stream =
            Stream::open(&caller.with("last-event-id", place.as_deref().unwrap()), "/api/v1/events").await;
        for _ in 0..3 {
            let Ok(sent) = tokio::time::timeout(Duration::from_millis(100), stream.next()).await else {
                break;
            };
            let (name, id, run) = sent.unwrap();
            assert_eq!(name, "run");
            place = id;
            all.push((run["id"].as_str().unwrap().to_owned(), run["state"].as_str().unwrap().to_owned()));
        }
    }
    writer.await.unwrap();
    for n in 0..20 {
        let done = all.iter().filter(|(id, state)| *id == format!("r{n}") && state == "done").count();
        assert_eq!(done, 1, "r{n}: {all:?}");
    }
}

#[tokio::test]
async fn what_happens_is_told_at_once_with_texts() {
    let shop = Shop::new();
    let caller = Caller::of(shop.server().poll_every(Duration::from_secs(3600)).router());
    let start = json!({ "pipeline": "slow", "id": "s", "input": ["x"] });
    // The stream is there before the run says anything: the step waits.
    caller.post("/api/v1/runs", &start).await.ok();
    let mut stream = Stream::open(&caller, "/api/v1/runs/s/events").await;
    let mut all = stream.until(|(name, _, _)| name == "state").await;
    shop.world.gate.0.add_permits(1);
    all.extend(stream.state("done").await);
    let told: Vec<_> = all
        .iter()
        .filter(|(name, ..)| name != "state")
        .map(|(name, id, _)| (name.as_str(), id.is_some()))
        .collect();
    let without = |name: &str| told.iter().filter(|(known, _)| *known == name).count();
    assert_eq!((without("record"), told.last()), (1, Some(&("record", true))));
    assert!(without("chunk") >= 1 && told.iter().all(|(name, id)| *id == (*name == "record")), "{told:?}");
    let two = all.iter().find(|(name, _, data)| name == "chunk" && data["text"] == "two").unwrap();
    assert_eq!(two.2, json!({ "path": "slow/say", "attempt": 1, "text": "two" }));
}

#[tokio::test]
async fn without_an_observer_changes_are_seen_too() {
    let shop = Shop::new();
    let server = flujo_server::Server::new(shop.flujo.clone()).poll_every(Duration::from_millis(10));
    let caller = Caller::of(server.router());
    drop(shop.flujo.run(refund(9)).id("r").await);
    let mut one = Stream::open(&caller, "/api/v1/runs/r/events").await;
    let mut all = Stream::open(&caller, "/api/v1/events").await;
    assert_eq!(names(&one.state("paused").await), ["question", "state"]);
    assert_eq!(all.next().await, Some(("ready".into(), Some(format!("{START}.r")), Value::Null)));
    tokio::time::sleep(Duration::from_millis(40)).await;
    shop.clock.advance(Duration::from_nanos(1));
    shop.flujo.resume::<refund>("r").reply(true).await.unwrap().into_output().unwrap();
    let told = one.state("done").await;
    let kinds: Vec<_> = names(&told).into_iter().filter(|name| *name != "state").collect();
    assert_eq!(kinds, ["record", "reply"]);
    let told = all.until(|(_, _, run)| run["state"] == "done").await;
    assert!(told.iter().all(|(name, _, run)| name == "run" && run["id"] == "r"));
}

#[tokio::test]
async fn a_slow_viewer_is_told_what_it_missed_and_misses_no_record() {
    use flujo::prelude::*;
    #[step]
    async fn chatter(n: u32, run: &RunInfo) -> Result<u32> {
        for n in 0..n {
            run.emit(&format!("{n} "));
            if n % 50 == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok(n)
    }
    pipeline! {
        fn talk(n: u32) -> u32 { chatter(n) }
    }
    let live = flujo_server::Live::new();
    let flujo = Flujo::builder().pipeline::<talk>().observer(live.clone()).build().unwrap();
    let caller = Caller::of(flujo_server::Server::new(flujo.clone()).live(live).router());
    // A run has to be there before it is watched.
    caller.post("/api/v1/runs", &json!({ "pipeline": "talk", "id": "t", "input": [3000] })).await.ok();
    let mut slow = Stream::open(&caller, "/api/v1/runs/t/events").await;
    flujo::run::Control::attach(&flujo, &"t".into()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let told = slow.state("done").await;
    let count = |name: &str| names(&told).iter().filter(|known| **known == name).count();
    assert_eq!((count("record"), count("chunk") <= 256), (1, true));
    let rest = async {
        let mut told = Vec::new();
        while let Ok(Some(sent)) = tokio::time::timeout(Duration::from_millis(100), slow.next()).await {
            told.push(sent);
        }
        told
    };
    let all: Vec<_> = told.into_iter().chain(rest.await).collect();
    let dropped: u64 = all
        .iter()
        .filter(|(name, ..)| name == "dropped")
        .map(|(_, _, data)| data["events"].as_u64().unwrap())
        .sum();
    let chunks = all.iter().filter(|(name, ..)| name == "chunk").count() as u64;
    assert!(dropped > 0 && chunks <= 256, "{dropped} dropped, {chunks} told");
}

#[tokio::test]
async fn viewers_have_places_and_give_them_back() {
    let shop = Shop::new();
    shop.welcome("r").await;
    let caller = Caller::of(shop.server().viewers(2).router());
    let one = Stream::open(&caller, "/api/v1/runs/r/events").await;
    let two = Stream::open(&caller, "/api/v1/events").await;
    for path in ["/api/v1/runs/r/events", "/api/v1/events"] {
        caller.get(path).await.is(503, "too-many");
    }
    drop(one);
    drop(Stream::open(&caller, "/api/v1/events").await);
    // A stream that cannot begin takes no place.
    for _ in 0..3 {
        caller.get("/api/v1/runs/none/events").await.is(404, "unknown-run");
    }
    drop(Stream::open(&caller, "/api/v1/runs/r/events").await);
    drop(two);
}

#[tokio::test]
async fn a_run_that_is_deleted_is_gone_and_its_id_may_come_again() {
    let shop = Shop::new();
    let caller = shop.caller();
    shop.welcome("r").await;
    let mut stream = Stream::open(&caller, "/api/v1/runs/r/events").await;
    let first = stream.state("done").await;
    shop.engine.forget(&"r".into()).unwrap();
    assert_eq!(stream.next().await, Some(("gone".into(), None, Value::Null)));
    assert_eq!(stream.next().await, None);
    shop.clock.advance(Duration::from_secs(1));
    shop.welcome("r").await;
    let place = first.last().unwrap().1.as_deref().unwrap();
    let mut again = Stream::open(&caller.with("last-event-id", place), "/api/v1/runs/r/events").await;
    assert_eq!(names(&again.state("done").await), ["reset", "record", "state"]);
}

#[tokio::test]
async fn a_quiet_stream_gives_signs_of_life() {
    use http_body_util::BodyExt;
    let shop = Shop::new();
    let caller = Caller::of(shop.server().heartbeat(Duration::from_millis(20)).router());
    let mut body = caller.send("GET", "/api/v1/events", "").await.into_body();
    let mut read = String::new();
    while !read.contains(":\n\n:\n\n") {
        read.push_str(std::str::from_utf8(body.frame().await.unwrap().unwrap().data_ref().unwrap()).unwrap());
    }
    assert!(read.starts_with("event: ready\ndata: null\nid: 0.\n\n:"), "{read}");
}

#[tokio::test]
async fn many_changes_are_read_page_by_page_while_more_come() {
    let shop = Shop::new();
    let caller = shop.caller();
    for n in 0..1700 {
        // Several runs with one time, across the ends of pages.
        if n % 7 == 0 {
            shop.clock.advance(Duration::from_nanos(1));
        }
        shop.welcome(&format!("r{n:04}")).await;
    }
    let mut stream = Stream::open(&caller, "/api/v1/events?after=0.").await;
    let mut seen = Vec::new();
    let mut read = async |stream: &mut Stream, until: usize| {
        while seen.len() < until {
            let (name, _, run) = stream.next().await.unwrap();
            assert_eq!((name.as_str(), &run["state"]), ("run", &json!("done")));
            seen.push(run["id"].as_str().unwrap().to_owned());
        }
        seen.clone()
    };
    read(&mut stream, 10).await;
    shop.clock.advance(Duration::from_nanos(1));
    shop.welcome("late").await;
    let seen = read(&mut stream, 1701).await;
    let expected: Vec<_> = (0..1700).map(|n| format!("r{n:04}")).chain(["late".to_owned()]).collect();
    assert_eq!(seen, expected);
    assert!(tokio::time::timeout(Duration::from_millis(100), stream.next()).await.is_err());
}

#[tokio::test]
async fn many_viewers_are_told_all_in_the_end() {
    let shop = Shop::new();
    let caller = Caller::of(shop.server().poll_every(Duration::from_secs(3600)).router());
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(Stream::open(&caller, "/api/v1/events").await);
    }
    // More at once than so many viewers may be told at once.
    for n in 0..300 {
        shop.clock.advance(Duration::from_nanos(1));
        shop.welcome(&format!("r{n:03}")).await;
    }
    let expected: Vec<_> = (0..300).map(|n| format!("r{n:03}")).collect();
    for stream in &mut streams {
        let told = stream.until(|(_, _, run)| run["id"] == "r299" && run["state"] == "done").await;
        let done = told.iter().filter(|(_, _, run)| run["state"] == "done");
        let mut done: Vec<_> = done.map(|(_, _, run)| run["id"].as_str().unwrap().to_owned()).collect();
        done.sort();
        assert_eq!(done, expected);
    }
}
