//! Lists, filters and counts of 100,000 runs, against the bare queries that give the same.

use crate::{Folder, block_on, many, median, report};
use flujo::Flujo;
use flujo::clock::Timestamp;
use flujo::engine::{Engine, Labels, Period, RunFilter, RunId, RunOrder, RunRecord, RunState};
use flujo_sqlite::{Sqlite, Synchronous};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Instant;

const RUNS: u64 = 100_000;

/// One list or count, and the SQL by hand.
struct Case {
    name: &'static str,
    ours: Box<dyn Fn(&Sqlite) -> usize>,
    bare: &'static str,
    /// How often both are asked in one measurement.
    times: u32,
}

fn case(name: &'static str, times: u32, filter: RunFilter, bare: &'static str) -> Case {
    let ours = move |sqlite: &Sqlite| block_on(sqlite.list(&filter)).expect("a list").len();
    Case { name, ours: Box::new(ours), bare, times }
}

fn counting(name: &'static str, times: u32, filter: RunFilter, bare: &'static str) -> Case {
    let ours = move |sqlite: &Sqlite| {
        let counts = block_on(sqlite.count(&filter)).expect("counts");
        counts.iter().map(|count| usize::try_from(count.runs).unwrap_or(0)).sum()
    };
    Case { name, ours: Box::new(ours), bare, times }
}

macro_rules! shown {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.pipeline, r.created, r.labels, r.seed_origin, s.status, s.owner, s.replied, s.started, \
             s.changed, s.ended, s.usage, s.reason FROM ",
            $rest
        )
    };
}

fn cases() -> Vec<Case> {
    let all = RunFilter::default;
    let page = || all().order(RunOrder::Created).limit(500);
    let middle = Period::new(Some(Timestamp(40_000)), Some(Timestamp(60_000)));
    vec![
        case("list_100k", 1, all(), shown!("runs r JOIN standings s USING (run) ORDER BY r.id")),
        case(
            "list_newest",
            20,
            page(),
            shown!("runs r JOIN standings s USING (run) ORDER BY r.created DESC, r.id DESC LIMIT 500"),
        ),
        case(
            "list_pipeline",
            20,
            page().pipeline("p7"),
            shown!(
                "runs r JOIN standings s USING (run) WHERE r.pipeline = 'p7' ORDER BY r.created DESC, r.id DESC LIMIT 500"
            ),
        ),
        case(
            "list_label",
            20,
            page().label("tenant", "t3"),
            shown!(
                "labels l JOIN runs r USING (run) JOIN standings s USING (run) WHERE l.name = 'tenant' AND \
                 l.value = 't3' ORDER BY r.created DESC, r.id DESC LIMIT 500"
            ),
        ),
        case(
            "list_period",
            20,
            page().created(middle),
            shown!(
                "runs r JOIN standings s USING (run) WHERE r.created >= 40000 AND r.created < 60000 \
                 ORDER BY r.created DESC, r.id DESC LIMIT 500"
            ),
        ),
        case(
            "list_changed",
            20,
            all().order(RunOrder::Changed).state(RunState::Created).limit(500),
            shown!(
                "standings s JOIN runs r USING (run) WHERE s.status = 'created' ORDER BY s.changed DESC, r.id DESC \
                 LIMIT 500"
            ),
        ),
        case(
            "list_text",
            2,
            page().text("0777"),
            shown!(
                "runs r JOIN standings s USING (run) WHERE instr(lower(r.id), '0777') > 0 \
                 ORDER BY r.created DESC, r.id DESC LIMIT 500"
            ),
        ),
        counting("count_all", 5, all(), "SELECT pipeline, status, count(*) FROM standings GROUP BY 1, 2"),
        counting(
            "count_label",
            20,
            all().label("tenant", "t3"),
            "SELECT s.pipeline, s.status, count(*) FROM labels l JOIN standings s USING (run) \
             WHERE l.name = 'tenant' AND l.value = 't3' GROUP BY 1, 2",
        ),
    ]
}

fn filled(sqlite: &Arc<Sqlite>) {
    let flujo = Flujo::builder().engine(Arc::clone(sqlite)).build().expect("all");
    block_on(async {
        flujo.run(many(1)).id("model").await.into_output().expect("an output");
        let model = flujo.inspect("model").await.expect("a run").run;
        let create = |n: u64| {
            let mut labels = Labels::default();
            labels.set("tenant", format!("t{}", n % 100)).expect("a label");
            let run = RunRecord {
                id: RunId::from(format!("r{n:06}")),
                pipeline: format!("p{}", n % 10),
                labels,
                created: Timestamp(n),
                ..RunRecord::clone(&model)
            };
            let sqlite = Arc::clone(sqlite);
            async move { sqlite.create(run).await.expect("a row") }
        };
        for start in (1..RUNS).step_by(500) {
            futures_util::future::join_all((start..(start + 500).min(RUNS)).map(create)).await;
        }
    });
}

/// Measures each list against the bare query for the same rows.
pub(crate) fn measure() -> bool {
    let folder = Folder::new("list");
    let builder = Sqlite::builder(folder.file()).synchronous(Synchronous::Off);
    let sqlite = Arc::new(builder.open().expect("a database"));
    filled(&sqlite);
    let db = Connection::open(folder.file()).expect("a database");
    let bare = |sql: &str| {
        let mut query = db.prepare_cached(sql).expect("a query");
        let columns = query.column_count();
        let mut rows = query.query([]).expect("rows");
        let (mut n, mut bytes) = (0, 0);
        while let Some(row) = rows.next().expect("a row") {
            n += 1;
            for i in 0..columns {
                bytes += row.get::<_, rusqlite::types::Value>(i).map_or(0, |value| size(&value));
            }
        }
        assert!(bytes > 0 || n == 0);
        n
    };
    let mut held = true;
    for Case { name, ours, bare: sql, times } in cases() {
        let rows = ours(&sqlite);
        if name.starts_with("list") {
            assert_eq!(rows, bare(sql), "{name}");
        }
        let ratio = median(|| {
            let floor = Instant::now();
            (0..times).for_each(|_| drop(std::hint::black_box(bare(sql))));
            let floor = floor.elapsed();
            let start = Instant::now();
            (0..times).for_each(|_| drop(std::hint::black_box(ours(&sqlite))));
            start.elapsed().as_secs_f64() / floor.as_secs_f64()
        });
        held &= report(name, ratio, 3.0);
    }
    held
}

fn size(value: &rusqlite::types::Value) -> usize {
    match value {
        rusqlite::types::Value::Text(text) => text.len(),
        rusqlite::types::Value::Blob(bytes) => bytes.len(),
        _ => 8,
    }
}
