//! The page of the newest of 100,000 runs, against bare queries for the same rows and a template that shows them alike.

use crate::folder::Folder;
use crate::{median_of, report};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use flujo::clock::Timestamp;
use flujo::engine::{Engine, Labels, RunId, RunRecord};
use flujo::prelude::*;
use flujo_server::Server;
use flujo_sqlite::{Sqlite, Synchronous};
use http_body_util::BodyExt;
use maud::{Markup, html};
use rusqlite::Connection;
use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tower::ServiceExt;

const RUNS: u64 = 100_000;
/// The requests of one measurement.
const TIMES: u32 = 20;
/// 2026-11-30.
const BEGIN: u64 = 1_796_000_000_000_000_000;

#[step]
async fn greet(name: String) -> Result<String> {
    Ok(name)
}

pipeline! {
    fn welcome(name: String) -> String { greet(name) }
}

async fn filled(sqlite: &Arc<Sqlite>) -> Flujo {
    let flujo = Flujo::builder().engine(Arc::clone(sqlite)).pipeline::<welcome>().build().expect("all");
    flujo.run(welcome("x".to_owned())).id("model").await.into_output().expect("an output");
    let model = flujo.inspect("model").await.expect("a run").run;
    let create = |n: u64| {
        let mut labels = Labels::default();
        labels.set("tenant", format!("t{}", n % 100)).expect("a label");
        let run = RunRecord {
            id: RunId::from(format!("r{n:06}")),
            pipeline: format!("p{}", n % 10),
            labels,
            created: Timestamp(BEGIN + n * 1_000_000_000),
            ..RunRecord::clone(&model)
        };
        let sqlite = Arc::clone(sqlite);
        async move { sqlite.create(run).await.expect("a row") }
    };
    for start in (1..RUNS).step_by(500) {
        futures_util::future::join_all((start..(start + 500).min(RUNS)).map(create)).await;
    }
    flujo
}

/// The server uses a list for some time if it took some: a change, here one that is refused, makes it ask again.
async fn forget(router: &Router) {
    let request =
        Request::post("/logout").header("host", "localhost").body(Body::empty()).expect("a request");
    drop(router.clone().oneshot(request).await.expect("an answer"));
}

async fn page(router: &Router) -> String {
    let mut request = Request::get("/").header("host", "localhost").body(Body::empty()).expect("a request");
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4000))));
    let response = router.clone().oneshot(request).await.expect("an answer");
    assert!(response.status().is_success());
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(body.to_vec()).expect("text")
}

/// A row as the file has it.
struct Row {
    id: String,
    pipeline: String,
    labels: Labels,
    status: String,
    created: u64,
    changed: u64,
    usage: flujo::Usage,
}

/// The same two questions to the file: the numbers of runs, and the rows of the page.
fn queried(db: &Connection) -> (Vec<(String, String, u64)>, Vec<Row>) {
    let mut counts =
        db.prepare_cached("SELECT pipeline, status, count(*) FROM standings GROUP BY 1, 2").expect("a query");
    let counts = counts
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?.unsigned_abs())))
        .expect("rows");
    let mut rows = db
        .prepare_cached(
            "SELECT r.id, r.pipeline, r.created, r.labels, r.seed_origin, s.status, s.owner, s.replied, s.started, \
             s.changed, s.ended, s.usage, s.reason FROM runs r JOIN standings s USING (run) \
             ORDER BY r.created DESC, r.id DESC LIMIT 51",
        )
        .expect("a query");
    let rows = rows
        .query_map([], |row| {
            let labels: Option<String> = row.get(3)?;
            let usage: Option<String> = row.get(11)?;
            Ok(Row {
                id: row.get(0)?,
                pipeline: row.get(1)?,
                labels: serde_json::from_str(&labels.unwrap_or_default()).unwrap_or_default(),
                status: row.get(5)?,
                created: row.get::<_, i64>(2)?.unsigned_abs(),
                changed: row.get::<_, i64>(9)?.unsigned_abs(),
                usage: serde_json::from_str(&usage.unwrap_or_default()).unwrap_or_default(),
            })
        })
        .expect("rows");
    (counts.map(|row| row.expect("a row")).collect(), rows.map(|row| row.expect("a row")).collect())
}

fn moment(at: u64) -> Markup {
    let (seconds, nanos) = (at / 1_000_000_000, at % 1_000_000_000);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let day = seconds / 86_400;
    html! {
        time datetime=(format!("{day}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")) {
            (day) " " (format!("{hour:02}:{minute:02}:{second:02}")) " UTC"
        }
    }
}

/// The cells of the console's table.
fn shown(counts: &[(String, String, u64)], rows: &[Row]) -> String {
    let all: u64 = counts.iter().map(|(_, _, n)| n).sum();
    html! {
        ul class="counts" aria-label="Runs by state" { li { a href="/?" { "all " (all) } } }
        table {
            tbody { @for row in rows.iter().take(50) {
                tr {
                    td { input type="checkbox" name="id" value=(row.id) aria-label=(format!("Select run {}", row.id)); }
                    td class="id" {
                        a href=(format!("/runs/{}", row.id)) { bdi { (row.id) } }
                        div { @for (name, value) in row.labels.iter() { span class="label" { bdi { (name) } ": " bdi { (value) } } } }
                    }
                    td { bdi { (row.pipeline) } }
                    td { span class=(format!("state {}", row.status)) { (row.status) } }
                    td {}
                    td class="number" {}
                    td class="number" { (row.usage.cost) }
                    td class="number" { (row.usage.total_tokens()) }
                    td { (moment(row.created)) }
                    td class="number" { "1d" }
                    td { (moment(row.changed)) }
                }
            } }
        }
    }
    .into_string()
}

pub(crate) fn measure() -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = Folder::new("page");
    let file = folder.file();
    let sqlite = Arc::new(Sqlite::builder(&file).synchronous(Synchronous::Off).open().expect("a database"));
    let flujo = runtime.block_on(filled(&sqlite));
    let router = Server::new(flujo).router();
    let db = Connection::open(&file).expect("a database");
    // With the settings of the engine's readers.
    db.pragma_update(None, "cell_size_check", true).expect("a setting");
    db.pragma_update(None, "cache_size", -16 * 1024).expect("a setting");

    let ours = runtime.block_on(page(&router));
    let (counts, rows) = queried(&db);
    let bare = shown(&counts, &rows);
    assert_eq!((rows.len(), ours.matches("<tr>").count()), (51, 51), "50 rows and the head");
    for row in rows.iter().take(50) {
        assert!(ours.contains(&format!("/runs/{}\"", row.id)) && bare.contains(&row.id), "{}", row.id);
    }
    let mut spent = Vec::new();
    let ratio = median_of(
        (0..7)
            .map(|_| {
                let floor = Instant::now();
                for _ in 0..TIMES {
                    let (counts, rows) = queried(&db);
                    black_box(shown(&counts, &rows));
                }
                let floor = floor.elapsed().as_secs_f64();
                let mut took = 0.0;
                for _ in 0..TIMES {
                    runtime.block_on(forget(&router));
                    let start = Instant::now();
                    black_box(runtime.block_on(page(&router)));
                    took += start.elapsed().as_secs_f64();
                }
                spent.push(took * 1000.0 / f64::from(TIMES));
                took / floor
            })
            .collect(),
    );
    println!("the page of 50 out of {RUNS} runs takes {:.1} ms", median_of(spent));
    report("list_page", ratio, 3.0)
}
