//! Calls without a record, in reports: every report has the sum that the runs have.

use crate::interrupted::{Fate, Fated, under_way};
use flujo::Usage;
use flujo::clock::{Clock, Timestamp};
use flujo::engine::{Period, RunFilter, UsageFilter, UsageLine};
use flujo::prelude::*;
use flujo::run::Control;
use flujo_testing::{Crash, Moment};
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

pipeline! {
    fn labelled(text: String, world: &World) -> String {
        let one = label(text);
        let two = label(one.name).named("two");
        two.name
    }
}

type Line = (Timestamp, String, Option<String>, Option<String>, Usage);

fn of(line: UsageLine) -> Line {
    (line.day, line.pipeline, line.model, line.label, line.usage)
}

/// The day of a moment.
fn day(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - at.0 % 86_400_000_000_000)
}

async fn lines(flujo: &Flujo<World>, filter: &UsageFilter) -> Vec<Line> {
    flujo.usage(filter).await.unwrap().into_iter().map(of).collect()
}

/// Starts a run whose process dies right after the reservation of its first call is written.
async fn killed(engine: &AnyEngine, model: &Scripted) {
    let builder =
        Flujo::builder().resources(World { calls: Calls::default() }).models(model.clone()).prices(Prices);
    let flujo =
        with_engine!(engine, e => builder.engine(Arc::new(Crash::new(e.clone(), 2, Moment::After))).build());
    let run = flujo.unwrap().run(labelled("x".into())).id("r").label("tenant", "acme").await;
    assert!(run.into_output().is_err());
}

#[test]
fn a_call_that_was_lost_with_its_process_is_in_the_reports() {
    on_all(async |engine, clock| {
        let model = Scripted::default();
        killed(&engine, &model).await;
        let (flujo, _) = with_model(&engine, model.clone());
        // Until somebody goes on with the run the reservation is open, and in neither sum.
        let view = flujo.inspect("r").await.unwrap();
        assert_eq!((view.usage, view.lost), (Usage::default(), vec![]));
        let by_tenant = UsageFilter::default().by_label("tenant");
        assert_eq!(lines(&flujo, &by_tenant).await, []);

        clock.advance(DAY);
        let made_again = day(clock.now());
        flujo.resume::<labelled>("r").await.unwrap().into_output().unwrap();
        clock.advance(DAY);
        let view = flujo.inspect("r").await.unwrap();
        let charge = view.lost[0].1;
        assert_eq!(charge.estimated_calls, 1);
        assert_eq!(view.lost, [(view.records[0].key.clone(), charge)]);
        assert_eq!(view.usage, calls_of_the_model(2) + charge);
        assert_eq!(flujo.list(&RunFilter::default()).await.unwrap()[0].usage, view.usage);
        let line = |model: &str, usage: Usage| {
            (made_again, "labelled".to_owned(), Some(model.to_owned()), Some("acme".to_owned()), usage)
        };
        let both = [line(UsageLine::LOST, charge), line("test:small", calls_of_the_model(2))];
        assert_eq!(lines(&flujo, &by_tenant).await, both);
        // It is in the report of its day, and in no other.
        let of_day = |from: Timestamp, until: Timestamp| {
            by_tenant.clone().period(Period::new(Some(from), Some(until)))
        };
        let tomorrow = made_again.plus(DAY);
        assert_eq!(lines(&flujo, &of_day(made_again, tomorrow)).await, both);
        assert_eq!(lines(&flujo, &of_day(Timestamp(0), made_again)).await, []);
        assert_eq!(lines(&flujo, &of_day(tomorrow, tomorrow.plus(DAY))).await, []);
        assert_eq!(lines(&flujo, &UsageFilter::default().label("tenant", "other")).await, []);
    });
}

#[test]
fn a_call_that_was_lost_and_not_made_again_is_of_the_day_on_which_its_run_ended() {
    on_all(async |engine, clock| {
        let model = Scripted::default();
        killed(&engine, &model).await;
        clock.advance(DAY);
        let (flujo, _) = with_model(&engine, model.clone());
        flujo.cancel("r").await.unwrap();
        let ended = flujo.inspect("r").await.unwrap();
        let charge = ended.usage;
        assert_eq!((charge.model_calls, charge.estimated_calls, ended.records.len()), (1, 1, 0));
        let line = (
            day(ended.ended.unwrap()),
            "labelled".to_owned(),
            Some(UsageLine::LOST.to_owned()),
            None,
            charge,
        );
        assert_eq!(lines(&flujo, &UsageFilter::default()).await, [line]);
    });
}

#[test]
fn an_attempt_that_was_given_up_is_in_the_reports() {
    on_all(async |engine, clock| {
        clock.hold();
        let model = Fated::new(Fate::Silent);
        let builder = Flujo::builder()
            .resources(World { calls: Calls::default() })
            .models(model.clone())
            .prices(Prices);
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let cancelling = flujo.clone();
        let (result, ()) = tokio::join!(flujo.run(under_way("x".into())).id("r"), async move {
            while model.requests.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
            cancelling.cancel("r").await.unwrap();
        });
        let at = day(flujo.inspect("r").await.unwrap().ended.unwrap());
        let line = (at, "under_way".to_owned(), Some(UsageLine::LOST.to_owned()), None, result.usage);
        assert_eq!(result.usage.estimated_calls, 1);
        assert_eq!(lines(&flujo, &UsageFilter::default()).await, [line]);
    });
}
