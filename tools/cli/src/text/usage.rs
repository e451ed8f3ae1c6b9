//! Usage for people.

use flujo::Usage;

/// Returns calls, tokens and money as one line: `3 calls, 120 tokens in, 40 out, $0.0021`.
pub(crate) fn line(usage: &Usage) -> String {
    let calls = if usage.model_calls == 1 { "call" } else { "calls" };
    let unpriced = match usage.unpriced_calls {
        0 => String::new(),
        n => format!(", {n} without a known price"),
    };
    format!(
        "{} {calls}, {} tokens in, {} out, {}{unpriced}",
        usage.model_calls,
        usage.input_tokens,
        usage.output_tokens,
        usage.cost()
    )
}
