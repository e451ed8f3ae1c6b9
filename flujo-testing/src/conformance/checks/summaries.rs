//! Lists of runs: their contents, filters and orders.

use super::super::bench::{Bench, labels, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, same};
use super::super::script::{Op, ask, call, fork, script, step};
use flujo::clock::{Clock, Timestamp};
use flujo::engine::{
    ActionKind, Period, QuestionFilter, RunFilter, RunOrder, RunRecord, RunState, RunSummary, Seed,
};
use std::time::Duration;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "summary/times",
        "A run in a list shows when it was created, first begun, last changed by its state, a record, a question or a \
         reply, and ended; its view shows the same.",
        |bench| Box::pin(times(bench)),
    ),
    Check::new(
        "summary/contents",
        "A run in a list shows its labels, its origin, its usage, the number of its open questions, and the first line \
         of its failure.",
        |bench| Box::pin(contents(bench)),
    ),
    Check::new(
        "summary/labels",
        "A list takes the runs that have all the labels it is asked for.",
        |bench| Box::pin(by_labels(bench)),
    ),
    Check::new(
        "summary/periods",
        "A list takes the runs that were created, or last changed, in the period it is asked for.",
        |bench| Box::pin(periods(bench)),
    ),
    Check::new(
        "summary/text",
        "A list takes the runs whose id contains the text it is asked for, in upper or lower case.",
        |bench| Box::pin(by_text(bench)),
    ),
    Check::new(
        "summary/newest-first",
        "A list by creation has the newest run first, and of two of one time the greater id; its next page begins \
         behind its last run, whatever was created since.",
        |bench| Box::pin(newest_first(bench)),
    ),
    Check::new(
        "summary/last-change-first",
        "A list by the last change has the run that changed last first, whatever its state; its next page begins behind \
         its last run.",
        |bench| Box::pin(last_change_first(bench)),
    ),
    Check::new(
        "summary/counts",
        "`count` gives the number of the runs that the filter takes, by pipeline and state, whatever its page.",
        |bench| Box::pin(counts(bench)),
    ),
    Check::new(
        "summary/inbox",
        "`questions` gives the open questions of all runs that have not ended, oldest first, page by page.",
        |bench| Box::pin(inbox(bench)),
    ),
    Check::new(
        "summary/actions",
        "A view shows who cancelled a run and who reopened it, once each, and when.",
        |bench| Box::pin(actions(bench)),
    ),
];

const SECOND: Duration = Duration::from_secs(1);

async fn list(bench: &Bench, filter: &RunFilter) -> Checked<Vec<RunSummary>> {
    let listed = bench.engine()?.list(filter).await;
    listed.map_err(|error| breach("`list` answers", format!("{error}")))
}

async fn ids(bench: &Bench, filter: RunFilter) -> Checked<String> {
    let listed = list(bench, &filter).await?;
    Ok(listed.iter().map(|run| run.id.as_str()).collect::<Vec<_>>().join(" "))
}

async fn one(bench: &Bench, id: &str) -> Checked<RunSummary> {
    let listed = list(bench, &RunFilter::default()).await?;
    let found = listed.into_iter().find(|run| run.id.as_str() == id);
    found.ok_or_else(|| breach(&format!("a list with run `{id}`"), "it is missing"))
}

/// Creates a run one second after the one before.
async fn create(bench: &Bench, run: RunRecord) -> Checked {
    bench.clock().advance(SECOND);
    let created = bench.clock().now();
    bench.create(RunRecord { created, ..run }).await
}

async fn reply(bench: &Bench, id: &str, path: &str) -> Checked {
    let reply = bench.stage(id).reply_by_ada(5);
    let replied = bench.engine()?.reply(&id.into(), &path.into(), reply).await;
    replied.map_err(|error| breach("the reply is taken", format!("{error}")))
}

async fn times(bench: &Bench) -> Checked {
    create(bench, record("a")).await?;
    let created = bench.clock().now();
    let shown = async |when: &str, expected: (Option<Timestamp>, Timestamp, Option<Timestamp>)| {
        let run = one(bench, "a").await?;
        same(&format!("the time of creation {when}"), &created, &run.created)?;
        let seen = (run.started, run.changed, run.ended);
        same(&format!("begun, changed, ended {when}"), &expected, &seen)?;
        let view = bench.engine()?.view(&"a".into()).await;
        let view = view.ok().flatten().ok_or_else(|| breach("a view", "none"))?;
        same(&format!("the same in its view {when}"), &expected, &(view.started, view.changed, view.ended))
    };
    shown("after its creation", (None, created, None)).await?;
    bench.clock().advance(SECOND);
    let started = bench.clock().now();
    bench.execute_as("a", script![ask("q")], None).await?.ended()?;
    shown("while it is paused", (Some(started), started, None)).await?;
    bench.clock().advance(SECOND);
    reply(bench, "a", "q").await?;
    shown("after a reply", (Some(started), bench.clock().now(), None)).await?;
    bench.clock().advance(SECOND);
    let ended = bench.clock().now();
    bench.execute_as("a", script![ask("q")], None).await?.ended()?;
    shown("after its end", (Some(started), ended, Some(ended))).await
}

async fn contents(bench: &Bench) -> Checked {
    let of = labels(&[("tenant", "acme"), ("a b", "<b>\"'&")]);
    bench.create(RunRecord { labels: of.clone(), ..record("failed") }).await?;
    let seed = Seed { origin: Some("failed".into()), ..Seed::default() };
    bench.create(RunRecord { seed, labels: labels(&[]), ..record("forked") }).await?;
    let arms = vec![script![ask("q")], script![ask("r")]];
    bench.execute_as("forked", script![call("a").used(2), fork("f", arms)], None).await?.ended()?;
    bench.execute_as("failed", script![call("b").used(1), Op::Fail("b")], None).await?.ended()?;
    let (failed, forked) = (one(bench, "failed").await?, one(bench, "forked").await?);
    same("the labels", &(of, labels(&[])), &(failed.labels, forked.labels))?;
    same("the origins", &(None, Some("failed".into())), &(failed.origin, forked.origin))?;
    same("the calls of models", &(1, 2), &(failed.usage.model_calls, forked.usage.model_calls))?;
    same("the open questions", &(0, 2), &(failed.questions, forked.questions))?;
    let line = "b: b is broken".to_owned();
    same("the failure", &(Some(line), None), &(failed.failure, forked.failure))
}

async fn by_labels(bench: &Bench) -> Checked {
    for (id, of) in [
        ("a", labels(&[("tenant", "acme"), ("kind", "x")])),
        ("b", labels(&[("tenant", "acme"), ("kind", "y")])),
        ("c", labels(&[("tenant", "other"), ("kind", "x")])),
        ("d", labels(&[])),
    ] {
        bench.create(RunRecord { labels: of, ..record(id) }).await?;
    }
    let all = RunFilter::default;
    let seen = ids(bench, all().label("tenant", "acme")).await?;
    same("the runs of one tenant", &"a b".to_owned(), &seen)?;
    let seen = ids(bench, all().label("tenant", "acme").label("kind", "x")).await?;
    same("the runs with both labels", &"a".to_owned(), &seen)?;
    let seen = ids(bench, all().label("kind", "x").after("a")).await?;
    same("the runs of one kind after `a`", &"c".to_owned(), &seen)?;
    same("the runs of nobody", &String::new(), &ids(bench, all().label("acme", "tenant")).await?)
}

async fn periods(bench: &Bench) -> Checked {
    for id in ["a", "b", "c"] {
        create(bench, record(id)).await?;
    }
    let now = bench.clock().now();
    let before = |seconds| Some(now.before(Duration::from_secs(seconds)));
    let created = |period| RunFilter::default().created(period);
    let changed = |period| RunFilter::default().changed(period);
    same(
        "those created since `b`",
        &"b c".to_owned(),
        &ids(bench, created(Period::new(before(1), None))).await?,
    )?;
    same(
        "those created before `b`",
        &"a".to_owned(),
        &ids(bench, created(Period::new(None, before(1)))).await?,
    )?;
    let only = Period::new(before(1), before(0));
    same("the one between", &"b".to_owned(), &ids(bench, created(only)).await?)?;
    bench.clock().advance(SECOND);
    bench.execute_as("a", script![step("s")], None).await?.ended()?;
    bench.execute_as("b", script![ask("q")], None).await?.ended()?;
    let since = Period::new(Some(now.plus(SECOND)), None);
    same("those changed since", &"a b".to_owned(), &ids(bench, changed(since)).await?)?;
    let until = Period::new(None, Some(now.plus(SECOND)));
    same("those not changed since", &"c".to_owned(), &ids(bench, changed(until)).await?)
}

async fn by_text(bench: &Bench) -> Checked {
    for id in ["Order-17", "order-18", "or%er", "ORDER_17", "Ördnung"] {
        bench.create(record(id)).await?;
    }
    let of = |text: &str| RunFilter::default().text(text);
    same("ids with `der-1`", &"Order-17 order-18".to_owned(), &ids(bench, of("DER-1")).await?)?;
    same("ids with `r%e`", &"or%er".to_owned(), &ids(bench, of("r%e")).await?)?;
    same("ids with `r_1`", &"ORDER_17".to_owned(), &ids(bench, of("r_1")).await?)?;
    same("ids with `ö`", &String::new(), &ids(bench, of("ö")).await?)?;
    same("ids with `dnu`", &"Ördnung".to_owned(), &ids(bench, of("dnu")).await?)
}

/// Reads a list page by page; `between` happens after each page.
async fn paged(bench: &Bench, filter: &RunFilter, between: Option<&str>) -> Checked<String> {
    let mut seen = Vec::new();
    let mut filter = filter.clone().limit(2);
    loop {
        let page = list(bench, &filter).await?;
        if page.len() > 2 {
            return Err(breach("a page of two runs", format!("{} runs", page.len())));
        }
        let Some(last) = page.last() else { break };
        filter = filter.clone().after(filter.order.cursor(last));
        if let Some(id) = between {
            create(bench, record(&format!("{id}{}", seen.len()))).await?;
        }
        seen.extend(page.into_iter().map(|run| run.id.to_string()));
    }
    Ok(seen.join(" "))
}

async fn newest_first(bench: &Bench) -> Checked {
    for id in ["c", "a", "d"] {
        create(bench, record(id)).await?;
    }
    let created = bench.clock().now();
    for id in ["x", "b", "e"] {
        bench.create(RunRecord { created, ..record(id) }).await?;
    }
    let newest = RunFilter::default().order(RunOrder::Created);
    let expected = "x e d b a c".to_owned();
    same("the runs", &expected, &ids(bench, newest.clone()).await?)?;
    same("the runs page by page", &expected, &paged(bench, &newest, None).await?)?;
    let seen = paged(bench, &newest, Some("new")).await?;
    same("the runs page by page, while others are created", &expected, &seen)
}

async fn last_change_first(bench: &Bench) -> Checked {
    for id in ["done", "created", "paused", "failed", "interrupted"] {
        create(bench, record(id)).await?;
    }
    let execute = async |id, ops| -> Checked<_> {
        bench.clock().advance(SECOND);
        bench.execute_as(id, ops, None).await
    };
    execute("interrupted", script![step("a"), Op::Once("crash", super::super::script::Act::Die)])
        .await?
        .died()?;
    execute("paused", script![ask("q")]).await?.ended()?;
    execute("done", script![step("a")]).await?.ended()?;
    execute("failed", script![Op::Fail("a")]).await?.ended()?;
    bench.clock().advance(SECOND);
    reply(bench, "paused", "q").await?;
    let changed = RunFilter::default().order(RunOrder::Changed);
    let expected = "paused failed done interrupted created".to_owned();
    same("the runs", &expected, &ids(bench, changed.clone()).await?)?;
    same("the runs page by page", &expected, &paged(bench, &changed, None).await?)?;
    let two = changed.state(RunState::Done).state(RunState::Interrupted);
    same("those that are done or interrupted", &"done interrupted".to_owned(), &ids(bench, two).await?)
}

async fn counts(bench: &Bench) -> Checked {
    for (id, pipeline) in [("a", "one"), ("b", "two"), ("c", "one"), ("d", "one")] {
        let labels = labels(&[("tenant", if id == "d" { "other" } else { "acme" })]);
        bench.create(RunRecord { pipeline: pipeline.to_owned(), labels, ..record(id) }).await?;
    }
    bench.execute_as("a", script![ask("q")], None).await?.ended()?;
    let counted = async |filter: RunFilter| {
        let counts = bench.engine()?.count(&filter).await;
        let counts = counts.map_err(|error| breach("`count` answers", format!("{error}")))?;
        Ok(counts.into_iter().map(|count| (count.pipeline, count.state, count.runs)).collect::<Vec<_>>())
    };
    let of = |all: &[(&str, RunState, u64)]| -> Vec<_> {
        all.iter().map(|(pipeline, state, runs)| ((*pipeline).to_owned(), *state, *runs)).collect()
    };
    let (created, paused) = (RunState::Created, RunState::Paused);
    let all = of(&[("one", created, 2), ("one", paused, 1), ("two", created, 1)]);
    same("the counts", &all, &counted(RunFilter::default()).await?)?;
    let page = RunFilter::default().limit(1).after("b").order(RunOrder::Id);
    same("the counts, whatever the page", &all, &counted(page).await?)?;
    let acme = of(&[("one", created, 1), ("one", paused, 1)]);
    let filter = RunFilter::default().pipeline("one").label("tenant", "acme");
    same("the counts of one pipeline and label", &acme, &counted(filter).await?)?;
    let some = of(&[("one", paused, 1)]);
    same("the counts of one state", &some, &counted(RunFilter::default().state(paused)).await?)?;
    let with = of(&[("two", created, 1)]);
    same("the counts of one text", &with, &counted(RunFilter::default().text("B")).await?)
}

async fn inbox(bench: &Bench) -> Checked {
    for id in ["b", "a", "gone"] {
        bench.create(RunRecord { pipeline: format!("of-{id}"), ..record(id) }).await?;
    }
    let arms = vec![script![ask("q")], script![ask("r")]];
    bench.execute_as("b", script![fork("f", arms)], None).await?.ended()?;
    bench.clock().advance(SECOND);
    bench.execute_as("gone", script![ask("q")], None).await?.ended()?;
    bench.execute_as("a", script![ask("q")], None).await?.ended()?;
    let cancelled = bench.engine()?.cancel(&"gone".into(), None).await;
    cancelled.map_err(|error| breach("`cancel` succeeds", format!("{error}")))?;
    let pending = async |filter: QuestionFilter| {
        let found = bench.engine()?.questions(&filter).await;
        found.map_err(|error| breach("`questions` answers", format!("{error}")))
    };
    let shown = |found: &[flujo::engine::PendingQuestion]| -> Vec<String> {
        found.iter().map(|one| format!("{} {} {}", one.pipeline, one.run, one.question.path)).collect()
    };
    let all = ["of-b b q", "of-b b r", "of-a a q"].map(str::to_owned).to_vec();
    same("the questions", &all, &shown(&pending(QuestionFilter::default()).await?))?;
    let mut seen = Vec::new();
    let mut filter = QuestionFilter::default().limit(1);
    while let Some(one) = pending(filter.clone()).await?.into_iter().next() {
        filter = filter.after(one.place());
        seen.extend(shown(&[one]));
    }
    same("the questions one by one", &all, &seen)?;
    reply(bench, "b", "q").await?;
    let left = vec!["of-b b r".to_owned()];
    let filter = QuestionFilter::default().pipeline("of-b");
    same("the questions of one pipeline, after a reply", &left, &shown(&pending(filter).await?))
}

async fn actions(bench: &Bench) -> Checked {
    bench.create(record("a")).await?;
    bench.execute_as("a", script![Op::Fail("a")], None).await?.ended()?;
    let (id, engine) = ("a".into(), bench.engine()?);
    let did =
        |done: Result<(), flujo::Error>| done.map_err(|error| breach("it succeeds", format!("{error}")));
    bench.clock().advance(SECOND);
    let reopened = bench.clock().now();
    did(engine.reopen(&id, Some("ada")).await)?;
    did(engine.reopen(&id, Some("bob")).await)?;
    bench.clock().advance(SECOND);
    let cancelled = bench.clock().now();
    did(engine.cancel(&id, None).await)?;
    did(engine.cancel(&id, Some("eve")).await)?;
    let view = engine.view(&id).await.ok().flatten().ok_or_else(|| breach("a view", "none"))?;
    let seen: Vec<_> = view.acted.into_iter().map(|action| (action.at, action.by, action.what)).collect();
    let expected = vec![
        (reopened, Some("ada".to_owned()), ActionKind::Retried),
        (cancelled, None, ActionKind::Cancelled),
    ];
    same("the actions", &expected, &seen)
}
