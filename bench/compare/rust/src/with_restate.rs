//! The workloads on a server: the client and its worker in one process. `COMPARE_RESTATE` has the addresses of the server, for
//! callers and for operators, and the one that the worker listens on.
#![allow(clippy::expect_used, reason = "a bench that goes wrong stops")]

mod common;
mod pipelines;

use common::{STEPS, say, words};
use flujo::Flujo;
use flujo_restate::{Restate, serve};
use pipelines::{App, Folder, chain, crash, durable};

type Outcome<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let words = words();
    let addresses = std::env::var("COMPARE_RESTATE")?;
    let [ingress, admin, listen] = addresses.split(' ').collect::<Vec<_>>()[..] else {
        return Err("COMPARE_RESTATE has three addresses".into());
    };
    let app = App { folder: Folder(words.folder.clone()) };
    let builder = Flujo::builder().resources(app).engine(Restate::connect(ingress, admin)?);
    let flujo = builder.pipeline::<chain>().pipeline::<crash>().build()?;
    let socket = tokio::net::TcpListener::bind(listen).await?;
    let at = format!("http://{listen}");
    let worker = serve(&flujo, socket);
    tokio::spawn(async { worker.await.expect("the worker serves") });
    Restate::connect(ingress, admin)?.register(&at).await?;
    match words.workload.as_str() {
        "durable" => durable(&flujo, words.count).await?,
        // Started again, its worker is given the run of the process that was killed.
        "crash" => {
            assert_eq!(flujo.run(crash(0)).id("crash").await.into_output()?, STEPS);
            say("done");
        }
        other => return Err(format!("no workload `{other}`").into()),
    }
    Ok(())
}
