//! `map` and `route`: one body for many items, the arms that a set selects.

use flujo::ErrorKind;
use flujo::error::FailureKind;
use flujo::prelude::*;
use flujo_tests::world::*;
use std::sync::atomic::{AtomicUsize, Ordering};

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

pipeline! {
    pub fn mapping(items: Vec<String>, ctx: &mut State, world: &World) -> String {
        let before = add("before".to_owned()).named("before");
        let notes = map(items, |item| {
            let seen = ctx.log.len();
            let item = add(format!("{before} {item}{seen}"));
            count(2);
            item
        });
        let n = ctx.total;
        format!("{} {n}", notes.join(","))
    }
}

#[test]
fn items_keep_their_order_and_are_merged_part_by_part() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(mapping(texts(&["a", "b", "c"]))).await;
        assert_eq!(result.context.log, ["before", "before a1", "before b1", "before c1"]);
        assert_eq!(result.context.total, 6);
        assert_eq!(result.into_output().unwrap(), "before a1,before b1,before c1 6");
        assert_eq!(calls.of("mapping/notes[0]/add"), 1);
        assert_eq!(calls.of("mapping/notes[2]/count"), 1);
        assert_eq!(calls.len(), 7);
    });
}

#[test]
fn no_items_give_nothing() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(mapping(Vec::new())).id("r").await;
        assert_eq!(result.context.log, ["before"]);
        assert_eq!(result.into_output().unwrap(), " 0");
        assert_eq!(calls.len(), 1);
    });
}

static RUNNING: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];
static MOST: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// Counts who is inside at the same time, and ends the later the earlier the item is.
#[step]
async fn crowded(which: usize, turns: usize) -> Result<usize> {
    let now = RUNNING[which].fetch_add(1, Ordering::SeqCst) + 1;
    MOST[which].fetch_max(now, Ordering::SeqCst);
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    RUNNING[which].fetch_sub(1, Ordering::SeqCst);
    Ok(turns)
}

#[test]
fn concurrency_is_respected_and_eight_without_it() {
    pipeline! {
        fn narrow(world: &World) -> Vec<usize> {
            map((0..20).rev(), |turns| crowded(0, turns)).concurrency(3)
        }
    }
    pipeline! {
        fn wide(world: &World) -> Vec<usize> {
            map((0..20).rev(), |turns| crowded(1, turns))
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let expected: Vec<usize> = (0..20).rev().collect();
        assert_eq!(flujo.run(narrow()).await.into_output().unwrap(), expected);
        assert_eq!(flujo.run(wide()).await.into_output().unwrap(), expected);
        assert_eq!(MOST.each_ref().map(|most| most.swap(0, Ordering::SeqCst)), [3, 8]);
    });
}

#[test]
fn a_concurrency_of_zero_that_nobody_could_know_fails() {
    pipeline! {
        fn stuck(n: usize, world: &World) -> Vec<String> {
            map(["a".to_owned()], echo).concurrency(n)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let error = flujo.run(stuck(0)).await.into_output().unwrap_err();
        let expected = "stuck/map: `concurrency` is 0: it must be at least 1";
        assert_eq!(error.to_string(), expected);
        assert_eq!(flujo.run(stuck(1)).await.into_output().unwrap(), ["a"]);
    });
}

#[test]
fn more_items_than_allowed_fail_before_the_first_runs() {
    pipeline! {
        fn bounded(items: Vec<String>, world: &World) -> Vec<String> {
            let labels = map(items, |item| echo(item)).max(2);
            labels
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = flujo.run(bounded(texts(&["a", "b", "c"]))).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "bounded/labels: 3 items exceed the bound, `.max(2)`");
        assert_eq!(calls.len(), 0);
        assert_eq!(flujo.run(bounded(texts(&["a", "b"]))).await.into_output().unwrap(), ["a", "b"]);
    });
}

#[test]
fn the_first_failing_item_fails_the_map() {
    pipeline! {
        fn failing(items: Vec<String>, ctx: &mut State, world: &World) -> Vec<String> {
            let before = add("before".to_owned()).named("before");
            let done = map(items, |item| {
                let item = add(format!("{before} {item}"));
                label(item.clone());
                if item.ends_with('b') { broken(item) } else { item }
            }).concurrency(1);
            done
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(failing(texts(&["a", "b", "c"]))).id("r").await;
        // The context is that of the fork point; what the items spent counts.
        assert_eq!(result.context.log, ["before"]);
        assert_eq!(result.usage, calls_of_the_model(2));
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "failing/done[1]/broken: broken by before b");
        assert_eq!(calls.of("failing/done[2]/add"), 0);
        // resuming starts at the failed node: the finished item is not run again
        let error = flujo.resume::<failing>("r").await.unwrap().into_output().unwrap_err();
        assert_eq!(error.to_string(), "failing/done[1]/broken: broken by before b (attempt 2 of 2)");
        assert_eq!((calls.of("failing/done[0]/add"), calls.of("failing/done[1]/add")), (1, 1));
    });
}

#[test]
fn settled_items_go_on_and_a_failed_one_contributes_nothing() {
    pipeline! {
        fn settling(items: Vec<String>, ctx: &mut State, world: &World) -> Vec<String> {
            let done = map(items, |item| {
                let item = add(item);
                if item == "b" { broken(item) } else { item }
            }).settle();
            done.into_iter()
                .map(|done| match done {
                    Ok(item) => item,
                    Err(failure) => format!("{} {:?} {}", failure.path, failure.kind, failure.message),
                })
                .collect()
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(settling(texts(&["a", "b", "c"]))).await;
        assert_eq!(result.context.log, ["a", "c"]);
        let failed = format!("settling/done[1]/broken {:?} broken by b", FailureKind::Failed);
        assert_eq!(result.into_output().unwrap(), ["a", failed.as_str(), "c"]);
    });
}

#[test]
fn a_rule_that_cannot_apply_to_items_is_a_merge_conflict() {
    #[step]
    async fn cuts(text: String, log: &mut Vec<String>) -> Result<String> {
        log.clear();
        Ok(text)
    }
    pipeline! {
        fn conflicting(items: Vec<String>, ctx: &mut State, world: &World) -> Vec<String> {
            add("before".to_owned());
            let cut = map(items, cuts);
            cut
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(conflicting(texts(&["a", "b"]))).await;
        assert_eq!(result.context.log, ["before"]);
        let error = result.into_output().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::MergeConflict(_)));
        assert_eq!(
            error.to_string(),
            "conflicting/cut: merge conflict: context part `log`, arm 1: \
             `append` needs what was there before to stay as it was"
        );
    });
}

#[test]
fn every_item_costs() {
    pipeline! {
        fn paying(items: Vec<String>, world: &World) -> usize {
            let labels = map(items, label);
            labels.len()
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(paying(texts(&["a", "b"]))).await;
        assert_eq!(result.usage, calls_of_the_model(2));
        assert_eq!(result.into_output().unwrap(), 2);
    });
}

pipeline! {
    fn asking(items: Vec<String>, ctx: &mut State, world: &World) -> String {
        let notes = map(items, |item| {
            let item = add(item);
            if item == "b" {
                let reply: String = ask(format!("what of {item}?"));
                add(reply).named("add_reply")
            } else {
                item
            }
        });
        add(notes.join("")).named("last")
    }
}

#[test]
fn items_ask_and_their_siblings_go_on() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(asking(texts(&["b", "a", "b"]))).id("r").await;
        let paths: Vec<_> = result.questions().iter().map(|q| q.path.to_string()).collect();
        assert_eq!(paths, ["asking/notes[0]/reply", "asking/notes[2]/reply"]);
        // while an item is paused its changes are in its records only
        assert_eq!(result.context.log, Vec::<String>::new());
        assert_eq!(calls.len(), 3);
        drop(flujo.resume::<asking>("r").reply_to("asking/notes[2]/reply", "z").await.unwrap());
        let result = flujo.resume::<asking>("r").reply("y").await.unwrap();
        assert_eq!(result.context.log, ["b", "y", "a", "b", "z", "yaz"]);
        assert_eq!(result.into_output().unwrap(), "yaz");
        assert_eq!(calls.len(), 6);
    });
}

#[test]
fn loops_joins_and_maps_work_in_items_and_maps_in_rounds() {
    pipeline! {
        fn inner(text: String, ctx: &mut State, world: &World) -> Vec<String> {
            let parts = map(text.chars(), |c| add(c.to_string()));
            parts
        }
    }
    pipeline! {
        fn nested(items: Vec<String>, ctx: &mut State, world: &World) -> String {
            let (rounds, items) = repeat((0, items), |(n, items)| {
                let items = map(items, |item| {
                    let (parts, total) = join(inner(item.clone()), count(1));
                    let twice = repeat(parts.concat(), |text| echo(format!("{text}{total}")))
                        .until(|_| false).max(2).or_last();
                    twice
                }).named("items");
                (n + 1, items)
            }).until(|(n, _)| *n == 2).max(2);
            format!("{rounds} {}", items.join(","))
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(nested(texts(&["ab", "c"]))).await;
        assert_eq!(result.context.total, 4);
        let log: Vec<_> = "abcab11c11".chars().map(String::from).collect();
        assert_eq!(result.context.log, log);
        assert_eq!(result.into_output().unwrap(), "2 ab1133,c1133");
        assert_eq!(calls.of("nested/items#2[1]/echo#2"), 1);
        assert_eq!(calls.of("nested/items#1[0]/inner/parts[1]/add"), 1);
    });
}
