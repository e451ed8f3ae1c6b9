use super::*;
use crate::clock::Timestamp;
use crate::path::Path;
use crate::usage::Cost;
use std::sync::Arc;

/// Where lines are written.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_over_the_bound_is_seen_and_one_call_is_no_calls() {
    let bound = Usage::of_cost(Cost(9)).input_tokens(80).output_tokens(50);
    let reported = bound.input_tokens(81).output_tokens(1);
    let (text, _) =
        call(&EventKind::OverReported { attempt: 1, model: "a:b".into(), bound, reported }).unwrap();
    assert_eq!(
        text,
        "a:b reported 81 tokens sent, 1 received, $0.000000009 for a call of at most 80 tokens sent, 50 received, $0.000000009"
    );
    let one = Usage::default().model_calls(1).estimated_calls(1).unpriced_calls(1);
    assert_eq!(used(&one), ", $0.00 and 1 call of unknown price, 0 tokens, 1 call estimated");
}

#[tokio::test]
async fn lines_name_their_run_while_several_are_under_way() {
    let paper = Paper::default();
    let tracer = ConsoleTracer::to(paper.clone());
    let happens = async |run: &str, kind: EventKind| {
        let (path, depth) = match kind {
            EventKind::RunStarted { .. } | EventKind::RunEnded { .. } => ("pay", 0),
            _ => ("pay/check", 1),
        };
        let (run_id, path, at) = (run.into(), Path::from(path), Timestamp::default());
        tracer.event(&Event { run_id, path, depth, at, kind }).await;
    };
    let start = || EventKind::RunStarted { pipeline: "pay", resumed: false, input: None };
    let (latency, usage) = (Duration::ZERO, Usage::default());
    let done = || EventKind::NodeEnded { kind: NodeKind::Step, outcome: Ended::Done, latency, usage };
    let end = || EventKind::RunEnded { outcome: Ended::Done, latency, usage, by_model: Vec::new() };
    happens("a", start()).await;
    happens("a", done()).await;
    happens("b\n", start()).await;
    happens("a", done()).await;
    happens("b\n", done()).await;
    happens("a", end()).await;
    happens("b\n", done()).await;
    happens("b\n", end()).await;
    let lines = String::from_utf8(std::mem::take(&mut *paper.0.lock().unwrap())).unwrap();
    assert_eq!(
        lines,
        "pay: run a started\n  check: done in 0µs\n\
         pay: run b\\n started\n  check: done in 0µs [a]\n  check: done in 0µs [b\\n]\n\
         pay: done in 0µs [a]\n  check: done in 0µs\npay: done in 0µs\n"
    );
}
