//! How long forms may take.

use crate::timeouts::*;
use flujo::Outcome;
use flujo::prelude::*;
use flujo_tests::world::on_all;
use std::time::Duration;

pipeline! {
    fn joined(left: u64, right: u64, bench: &Bench) -> u64 {
        let (a, b) = join(works(left), works(right).named("right")).timeout("10s").named("both");
        a + b
    }
}
pipeline! {
    fn repeated(secs: u64, rounds: u32, bench: &Bench) -> u64 {
        repeat(secs, |n| works(n)).until(|_| false).max(rounds).or_last().timeout("10s")
    }
}
pipeline! {
    fn refined(secs: u64, bench: &Bench) -> u64 {
        refine(|_| works(secs), |draft| {
            let draft = works(draft).named("critic");
            if draft > 3 { value(Critique::Accept) } else { value(Critique::revise("more")) }
        }).max(3).timeout("10s")
    }
}
pipeline! {
    pub fn mapped(secs: Vec<u64>, bench: &Bench) -> Vec<u64> {
        let items = map(secs, |n| works(n)).concurrency(1).timeout("10s");
        items
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
enum Way {
    Short,
    Long,
}
pipeline! {
    fn routed(ways: std::collections::BTreeSet<Way>, bench: &Bench) -> Vec<u64> {
        route(ways, |way| match way {
            Way::Short => works(9).named("short"),
            Way::Long => works(11).named("long"),
        }).timeout("10s").named("ways")
    }
}

#[test]
fn every_form_may_have_a_timeout() {
    on_all(async |engine, clock| {
        let (flujo, _) = bench(&engine, &clock);
        // Arms beside each other take the time once.
        assert_eq!(in_time(&clock, flujo.run(joined(9, 10))).await.into_output().unwrap(), 19);
        let said = message(in_time(&clock, flujo.run(joined(9, 11))).await.outcome);
        assert_eq!(said, "joined/both: timed out after 10s; under way: joined/right");

        assert_eq!(in_time(&clock, flujo.run(repeated(5, 2))).await.into_output().unwrap(), 5);
        let said = message(in_time(&clock, flujo.run(repeated(4, 3))).await.outcome);
        assert_eq!(said, "repeated/repeat:works: timed out after 10s; under way: repeated/works#3");

        assert_eq!(in_time(&clock, flujo.run(refined(5))).await.into_output().unwrap(), 5);
        let said = message(in_time(&clock, flujo.run(refined(3))).await.outcome);
        assert_eq!(said, "refined/refine:works: timed out after 10s; under way: refined/critic#2");

        assert_eq!(in_time(&clock, flujo.run(mapped(vec![4, 6]))).await.into_output().unwrap(), [4, 6]);
        let said = message(in_time(&clock, flujo.run(mapped(vec![4, 4, 4]))).await.outcome);
        assert_eq!(said, "mapped/items: timed out after 10s; under way: mapped/items[2]/works");

        let one = in_time(&clock, flujo.run(routed([Way::Short].into()))).await;
        assert_eq!(one.into_output().unwrap(), [9]);
        let said = message(in_time(&clock, flujo.run(routed([Way::Short, Way::Long].into()))).await.outcome);
        assert_eq!(said, "routed/ways: timed out after 10s; under way: routed/long");
    });
}

#[test]
fn arms_and_items_that_are_done_keep_their_values_where_they_are_settled() {
    pipeline! {
        fn settles(secs: Vec<u64>, bench: &Bench) -> (Vec<String>, u64) {
            let items = map(secs, |n| works(n)).concurrency(2).timeout("10s").settle();
            let (left, right) = join(works(11).named("left"), works(2).named("right")).timeout("10s").settle();
            let again = repeat(6, |n| works(n).named("round")).until(|_| false).max(9).timeout("10s").settle().named("loop");
            let shown = items.iter().map(|item| match item {
                Ok(secs) => secs.to_string(),
                Err(failure) => failure.to_string(),
            }).chain([left.unwrap_err().to_string(), again.unwrap_err().to_string()]).collect();
            let asked: u64 = ask("all right?");
            (shown, right.unwrap_or(0) + asked)
        }
    }
    on_all(async |engine, clock| {
        let (flujo, calls) = bench(&engine, &clock);
        let ended = in_time(&clock, flujo.run(settles(vec![3, 8, 6, 9, 2])).id("r")).await;
        assert!(matches!(ended.outcome, Outcome::Paused(_)));
        let so_far = calls.len();
        // Nothing that was cut off is called again by a replay, whatever its clock says.
        clock.advance(Duration::from_secs(3_600));
        let (flujo, again) = bench(&engine, &clock);
        let ended = flujo.resume::<settles>("r").reply(5_u64).await.unwrap();
        let late = "timed out after 10s";
        let expected = [
            "3",
            "8",
            "6",
            &format!("settles/items[3]/works: {late}"),
            &format!("settles/items[4]/works: {late}"),
            &format!("settles/left: {late}"),
            &format!("settles/loop: {late}"),
        ];
        assert_eq!(ended.into_output().unwrap(), (expected.map(str::to_owned).to_vec(), 7));
        assert_eq!((so_far, again.len()), (9, 0));
    });
}

#[test]
fn items_count_the_time_of_their_siblings_after_a_crash_too() {
    on_all(async |engine, clock| {
        let (flujo, _) = bench(&engine, &clock);
        for_secs(&clock, 7, flujo.run(mapped(vec![3, 3, 3, 3])).id("r")).await;
        let (flujo, calls) = bench(&engine, &clock);
        let said =
            message(in_time(&clock, async { flujo.resume::<mapped>("r").await.unwrap() }).await.outcome);
        assert_eq!(said, "mapped/items: timed out after 10s; under way: mapped/items[3]/works");
        assert_eq!(attempts(&flujo, "mapped/items[3]/works").await, [(1, false)]);
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn gates_take_part_in_the_time_of_what_they_stand_in() {
    struct Hangs;
    #[flujo::async_trait]
    impl Plugin<u64> for Hangs {
        async fn review(&self, n: &u64, _: &RunInfo) -> PluginResult<u64> {
            if *n > 4 { std::future::pending().await } else { PluginResult::Accept }
        }
    }
    struct Fine;
    impl Validator<u64> for Fine {
        fn validate(&self, _: &u64) -> ValidationResult {
            ValidationResult::valid()
        }
    }
    pipeline! {
        fn looks(secs: u64, bench: &Bench) -> u64 {
            let n = works(secs);
            gate(n, Fine).plugin(Hangs)
        }
    }
    pipeline! {
        fn looked_at(secs: u64, bench: &Bench) -> u64 { looks(secs).timeout("10s") }
    }
    on_all(async |engine, clock| {
        let (flujo, _) = bench(&engine, &clock);
        assert_eq!(in_time(&clock, flujo.run(looked_at(4))).await.into_output().unwrap(), 4);
        let said = message(in_time(&clock, flujo.run(looked_at(5)).id("r")).await.outcome);
        assert_eq!(said, "looked_at/looks: timed out after 10s; under way: looked_at/looks/gate");
        assert_eq!(attempts(&flujo, "looked_at/looks/gate").await, [(5, false)]);
    });
}
