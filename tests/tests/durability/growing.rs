//! Lists that grow: what is recorded of them, how much that is, and what becomes of it.

use flujo::codec::Json;
use flujo::engine::{PartChange, RunView};
use flujo::error::Signal;
use flujo::model::{History, Keep};
use flujo::prelude::*;
use flujo_testing::{Crash, Moment};
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;

#[context]
#[derive(Debug, Default, PartialEq)]
struct Chat {
    /// Without a merge rule: no branch writes it beside another one.
    #[context(part)]
    history: History,
    #[context(part, merge = sum)]
    turns: u64,
}

fn question(n: u64) -> String {
    format!("q{n:05}?")
}

fn answer(n: u64) -> String {
    format!("\"a{n:05}\"")
}

#[step]
async fn turn(n: u64, history: &mut History, turns: &mut u64, calls: &Calls, run: &RunInfo) -> Result<u64> {
    calls.note(run);
    history.exchange(question(n), answer(n));
    *turns += 1;
    Ok(n + 1)
}

/// Keeps the last turns only.
#[step]
async fn forgetful(n: u64, history: &mut History) -> Result<u64> {
    history.exchange(question(n), answer(n));
    history.truncate(Keep::Exchanges(5));
    Ok(n + 1)
}

pipeline! {
    fn chat(turns: u64, ctx: &mut Chat, world: &World) -> u64 {
        let half = repeat(0, |n| turn(n)).until(|n| *n == turns / 2).max(1000);
        let more: u64 = ask("shall we go on?");
        repeat(half, |n| turn(n).named("later")).until(|n| *n == turns / 2 + more).max(1000)
    }
}

pipeline! {
    fn windowed(turns: u64, ctx: &mut Chat) -> u64 {
        repeat(0, |n| forgetful(n)).until(|n| *n == turns).max(2000)
    }
}

fn said(turns: u64) -> Chat {
    let mut chat = Chat { turns, ..Chat::default() };
    (0..turns).for_each(|n| chat.history.exchange(question(n), answer(n)));
    chat
}

/// The bytes of all records, as an engine that stores their serde form would write them.
fn bytes(view: &RunView) -> usize {
    view.records.iter().map(|record| serde_json::to_string(&**record).unwrap().len()).sum()
}

/// A number that a file says of itself; 0 of what is no file.
fn number(engine: &AnyEngine, query: &str) -> u64 {
    match engine {
        #[cfg(feature = "sqlite")]
        AnyEngine::Sqlite(_, file) => {
            let db = rusqlite::Connection::open(file.path()).unwrap();
            db.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
        }
        _ => {
            let _ = query;
            0
        }
    }
}

/// The bytes of parts and contexts in a file.
fn stored(engine: &AnyEngine) -> u64 {
    let parts = "(SELECT sum(length(parts)) FROM records)";
    number(engine, &format!("SELECT {parts} + (SELECT sum(length(context)) FROM standings)"))
}

/// The pages of a file.
fn size(engine: &AnyEngine) -> u64 {
    number(engine, "PRAGMA page_count")
}

#[test]
fn a_conversation_takes_bytes_in_proportion_to_its_turns() {
    let seen = std::sync::Mutex::new(Vec::new());
    for turns in [1000, 2000] {
        on_all(async |engine, _| {
            let (flujo, calls) = flujo(&engine);
            assert_eq!(flujo.run(chat(turns)).id("r").await.questions().len(), 1);
            let result = flujo.resume::<chat>("r").reply(turns / 2).await.unwrap();
            assert_eq!(calls.len() as u64, turns, "no turn ran twice");
            assert_eq!(result.context, said(turns));
            assert_eq!(result.into_output().unwrap(), turns);
            let view = flujo.inspect("r").await.unwrap();
            assert_eq!(view.records.len() as u64, turns);
            // The first one is the whole list, which had been empty.
            let of_history = |record: &flujo::engine::Record| record.parts[0].clone();
            assert!(
                matches!(of_history(&view.records[0]), (name, PartChange::Whole(_)) if name == "history")
            );
            let expected = said(turns);
            for (n, record) in view.records.iter().enumerate().skip(1) {
                let (name, change) = of_history(record);
                let PartChange::Appended { from, items } = change else { panic!("{n}: {change:?}") };
                assert_eq!((name.as_str(), from), ("history", 2 * n));
                assert_eq!(items, Json::encode(&expected.history.turns()[from..from + 2]).unwrap());
            }
            seen.lock().unwrap().push((bytes(&view) as u64, stored(&engine), size(&engine)));
        });
    }
    let seen = seen.into_inner().unwrap();
    let (thousand, two) = seen.split_at(seen.len() / 2);
    for (few, many) in thousand.iter().zip(two) {
        println!(
            "1000 turns: {few:?}, 2000: {many:?}: bytes of records, of parts and context; pages of the file"
        );
        for (few, many) in [(few.0, many.0), (few.1, many.1), (few.2, many.2)] {
            assert!(10 * many <= 22 * few, "{few} {many}");
        }
        assert!(many.0 < 2000 * 1000, "less than a thousand bytes a turn: {}", many.0);
    }
}

#[test]
fn a_window_of_a_conversation_is_recorded_as_it_is() {
    let sizes = std::sync::Mutex::new(Vec::new());
    for turns in [100, 200] {
        on_all(async |engine, _| {
            let (flujo, _) = flujo(&engine);
            let result = flujo.run(windowed(turns)).id("r").await;
            let all = said(turns).history;
            assert_eq!(result.context.history.turns(), &all.turns()[all.turns().len() - 10..]);
            let view = flujo.inspect("r").await.unwrap();
            let whole = view.records.iter().filter(|r| matches!(r.parts[0].1, PartChange::Whole(_))).count();
            assert_eq!(whole as u64, turns - 4, "the first, and all that forgot something");
            sizes.lock().unwrap().push(bytes(&view));
        });
    }
    let sizes = sizes.into_inner().unwrap();
    let (few, many) = sizes.split_at(sizes.len() / 2);
    assert!(few.iter().zip(many).all(|(few, many)| 10 * many <= 22 * few), "{few:?} {many:?}");
}

/// Another process goes on in the middle: all that it knows was read.
#[cfg(feature = "sqlite")]
#[test]
fn another_process_goes_on_in_the_middle_of_a_conversation() {
    use flujo_sqlite::Sqlite;
    use flujo_tests::files::File;
    let file = File::new();
    let open = || {
        let calls = Calls::default();
        let engine = Sqlite::builder(file.path()).open().unwrap();
        (Flujo::builder().resources(World { calls: calls.clone() }).engine(engine).build().unwrap(), calls)
    };
    let block_on = |future: std::pin::Pin<Box<dyn Future<Output = PipelineResult<u64, Chat>>>>| {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    };
    let (flujo, _) = open();
    let result = block_on(Box::pin(async move { flujo.run(chat(600)).id("r").await }));
    assert_eq!(result.context, said(300));
    let (flujo, calls) = open();
    let result = block_on(Box::pin(async move { flujo.resume::<chat>("r").reply(300).await.unwrap() }));
    assert_eq!((calls.len(), result.context), (300, said(600)));
    let (flujo, calls) = open();
    let result = block_on(Box::pin(async move { flujo.run(chat(600)).id("r").await }));
    assert_eq!((calls.len(), result.context), (0, said(600)));
}

/// A process that dies around command number `at`.
fn dying(engine: &AnyEngine, calls: &Calls, at: usize, moment: Moment) -> Flujo<World> {
    let builder = Flujo::builder().resources(World { calls: calls.clone() });
    let built =
        with_engine!(engine, e => builder.engine(Arc::new(Crash::new(e.clone(), at, moment))).build());
    built.unwrap()
}

#[test]
fn a_conversation_that_is_killed_anywhere_comes_to_the_same_end() {
    for moment in [Moment::Before, Moment::After] {
        for at in 1..=9 {
            on_all(async |engine, _| {
                let (flujo, calls) = flujo(&engine);
                // In the first half and at the question, then in the replay and in the second half.
                let first = at.min(5);
                drop(dying(&engine, &calls, first, moment).run(chat(8)).id("r").await);
                let asked = flujo.resume::<chat>("r").await.unwrap();
                assert_eq!(asked.context, said(4), "{moment:?} {first}: {:?}", asked.outcome);
                drop(dying(&engine, &calls, at, moment).resume::<chat>("r").reply(4).await);
                let result = flujo.resume::<chat>("r").await.unwrap();
                assert_eq!(result.context, said(8), "{moment:?} {at}: {:?}", result.outcome);
                // A turn that has run, and was not recorded when the process died, runs again.
                let again = [first <= 4, at > 5].iter().filter(|in_turn| **in_turn).count();
                let again = if moment == Moment::Before { again } else { 0 };
                assert_eq!(calls.len(), 8 + again, "{moment:?} {at}");
            });
        }
    }
}

pipeline! {
    fn forks(text: String, ctx: &mut State, world: &World) -> usize {
        add(format!("{text} 1"));
        add(format!("{text} 2")).named("two");
        let (a, b) = join(
            { add(format!("{text} a")).named("a"); add(format!("{text} aa")).named("aa"); ctx.log.len() },
            { add(format!("{text} b")).named("b"); ctx.log.len() },
        );
        let all = map(vec![3, 4, 5], |n| { add(format!("{n}")).named("item"); ctx.log.len() });
        let failed = join(add("lost".to_owned()).named("lost"), broken(text.clone())).settle();
        add(format!("{text} {}", failed.0.is_ok())).named("last");
        let reply: String = ask("go on?");
        add(reply).named("end");
        a + b + all.into_iter().sum::<usize>() + ctx.log.len()
    }
}

#[test]
fn arms_and_items_record_what_they_appended_to_their_copies() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(forks("x".into())).id("r").await;
        let log = ["x 1", "x 2", "x a", "x aa", "x b", "3", "4", "5"];
        let rest: &[&str] = &["lost", "x true"];
        assert_eq!(result.context.log, [&log[..], rest].concat());
        let before = calls.len();
        let result = flujo.resume::<forks>("r").reply("y").await.unwrap();
        assert_eq!(calls.len(), before + 1, "all of it is there");
        assert_eq!(result.context.log, [&log[..], rest, &["y"]].concat());
        assert_eq!(result.into_output().unwrap(), 4 + 3 + 3 * 6 + 11);
        let view = flujo.inspect("r").await.unwrap();
        let mut changes: Vec<_> = view
            .records
            .iter()
            .flat_map(|record| &record.parts)
            .map(|(_, change)| match change {
                PartChange::Whole(json) => format!("{json}"),
                PartChange::Appended { from, items } => format!("{from}+{items}"),
            })
            .collect();
        changes.sort_unstable();
        let expected = [
            r#"1+["x 2"]"#,
            r#"10+["y"]"#,
            r#"2+["x a"]"#,
            r#"2+["x b"]"#,
            r#"3+["x aa"]"#,
            r#"5+["3"]"#,
            r#"5+["4"]"#,
            r#"5+["5"]"#,
            r#"8+["lost"]"#,
            r#"9+["x true"]"#,
            r#"["x 1"]"#,
        ];
        assert_eq!(changes, expected);
    });
}

/// A failed attempt, and a restart of all that is before it.
#[test]
fn retries_and_restarts_append_once() {
    pipeline! {
        fn inner(failures: u32, ctx: &mut State, world: &World) -> u32 {
            add("before".to_owned());
            add("it".to_owned()).named("it");
            flaky(failures).retries(1)
        }
    }
    pipeline! {
        fn outer(failures: u32, ctx: &mut State, world: &World) -> u32 {
            add("first".to_owned());
            let n = inner(failures).retries(3);
            let _: String = ask("go on?");
            value(n)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(outer(3)).id("r").await;
        let log = ["first", "before", "it", "attempt 4"];
        assert_eq!(result.context.log, log, "{:?}", result.outcome);
        let before = calls.len();
        let result = flujo.resume::<outer>("r").reply("y").await.unwrap();
        assert_eq!((calls.len(), result.context.log.as_slice()), (before, &log.map(str::to_owned)[..]));
        assert_eq!(result.into_output().unwrap(), 4);
    });
}

/// The same durable name and the same commands, with another merge rule.
macro_rules! merging {
    ($module:ident, $rule:ident) => {
        mod $module {
            use flujo::prelude::*;
            use flujo_tests::world::*;
            #[context]
            #[derive(Debug, Default)]
            pub struct Notes {
                #[context(part, merge = $rule)]
                pub log: Vec<String>,
            }
            pipeline! {
                #[pipeline(name = "merging")]
                pub fn merging(text: String, ctx: &mut Notes, world: &World) -> String {
                    join(add(text.clone()).named("one"), add(text.clone()).named("two"));
                    add(text).named("three");
                    let reply: String = ask("go on?");
                    reply
                }
            }
        }
    };
}
merging!(then, append);
merging!(now, last);

#[test]
fn what_was_appended_to_a_list_of_another_length_is_found() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        assert_eq!(flujo.run(then::merging("x".into())).id("r").await.context.log, ["x", "x", "x"]);
        assert_eq!(flujo.run(now::merging("x".into())).id("other").await.context.log, ["x", "x"]);
        let result = flujo.resume::<now::merging>("r").await.unwrap();
        let Outcome::Failed(error) = &result.outcome else { panic!("{result:?}") };
        assert!(matches!(error.signal(), Some(Signal::JournalMismatch(_))), "{error}");
        assert_eq!(
            error.to_string(),
            "merging/three: the record does not fit the code: context part `log` has length 1, but the record appends \
             to length 2; no record was changed"
        );
        // Nothing was changed: the code that it knows goes on.
        let result = flujo.resume::<then::merging>("r").reply("go").await.unwrap();
        assert_eq!(result.context.log, ["x", "x", "x"]);
        assert_eq!(result.into_output().unwrap(), "go");
    });
}

#[step(cached = "1h")]
async fn greets(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<usize> {
    calls.note(run);
    log.push(text);
    Ok(log.len())
}

pipeline! {
    fn greeting(text: String, ctx: &mut State, world: &World) -> usize {
        greets(text.clone());
        greets(text).named("again")
    }
}

/// A cache is shared by runs: its entries hold whole parts, and a hit records what it appended to the list of its run.
#[test]
fn a_hit_of_the_cache_is_recorded_as_what_it_appended() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let first = flujo.run(greeting("a".into())).id("one").await;
        let second = flujo.run(greeting("a".into())).id("two").await;
        assert_eq!((calls.len(), &second.context), (2, &first.context));
        assert_eq!(second.context.log, ["a", "a"]);
        for id in ["one", "two"] {
            let view = flujo.inspect(id).await.unwrap();
            let items = Json::encode(&["a"]).unwrap();
            assert_eq!(view.records[1].parts, [("log".to_owned(), PartChange::Appended { from: 1, items })]);
        }
        // The same step on another list is another call.
        let state = State { log: vec!["z".into()], ..State::default() };
        let third = flujo.run(greeting("a".into())).context(state).id("three").await;
        assert_eq!((calls.len(), third.context.log), (4, ["z", "a", "a"].map(str::to_owned).into()));
    });
}
