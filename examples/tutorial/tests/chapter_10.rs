//! Chapter 10 on a real server: a worker is killed while a run waits, and another one ends the run.

#[path = "../../../engines/restate/examples/cluster/machines.rs"]
#[allow(dead_code, unreachable_pub, reason = "the example `cluster` uses all of it")]
mod machines;

use machines::Server;
use std::error::Error;
use std::process::{Child, Command, Output, Stdio};

type Checked = Result<(), Box<dyn Error>>;

/// A process that is killed when it is dropped.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn helpdesk(server: &Server, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chapter-10"));
    command.args(words).env("RESTATE_INGRESS", &server.ingress).env("RESTATE_ADMIN", &server.admin);
    command.stdin(Stdio::null());
    command
}

fn said(output: Output) -> Result<String, Box<dyn Error>> {
    let errors = String::from_utf8(output.stderr)?;
    assert!(output.status.success(), "{errors}");
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test]
async fn a_ticket_outlives_the_worker_that_began_it() -> Checked {
    let Some(program) = machines::program() else {
        assert!(std::env::var_os("FLUJO_RESTATE").is_none(), "there is no Restate server");
        eprintln!("SKIPPED: no Restate server is installed in tests/restate, and RESTATE_SERVER names none");
        return Ok(());
    };
    let server = Server::start(&program).await?;
    let [port] = machines::free_ports::<1>()?;
    let (listen, seen_as) = (port.to_string(), format!("http://{port}"));
    let work = || helpdesk(&server, &["work", &listen, &seen_as]).spawn().map(Worker);

    let first = work()?;
    machines::are_there(&[port]).await?;
    flujo_restate::Restate::connect(&server.ingress, &server.admin)?.register(&seen_as).await?;
    let ticket = r#"[{"customer": "Bob", "text": "The chair of order 2207 has three legs!"}]"#;
    let started =
        helpdesk(&server, &["start", "support", "--id", "t-2", "--wait", "--input", ticket]).output()?;
    assert_eq!(said(started)?, "t-2 is paused\n");
    drop(first);

    // A worker takes the reply. It would wait for one.
    let _second = work()?;
    said(helpdesk(&server, &["reply", "t-2", "support/decision", r#""pay""#]).output()?)?;
    assert!(said(helpdesk(&server, &["watch", "t-2"]).output()?)?.ends_with("the run is done\n"));
    let shown = said(helpdesk(&server, &["show", "t-2"]).output()?)?;
    assert!(shown.contains(r#"output     "We are sorry. Your money is on its way back.""#), "{shown}");
    Ok(())
}
