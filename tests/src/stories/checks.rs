//! Gates, waits and refinements.

use crate::pieces::Never;
use crate::world::*;
use flujo::prelude::*;

pipeline! {
    pub fn gates(text: String, ctx: &mut State, world: &World) -> String {
        let text = gate(text, Never).strict(false).named("lenient");
        let text = add(text);
        gate(text, (Never,))
    }
}
pipeline! {
    pub fn waits(text: String, ctx: &mut State, world: &World) -> String {
        let (text, ()) = join(add(text), { wait("1min"); wait("2min").named("more"); });
        wait("1h").named("last");
        write(text)
    }
}
pipeline! {
    pub fn refines(text: String, ctx: &mut State, world: &World) -> String {
        let text = refine(
            |feedback| add(format!("{text} {feedback:?}")),
            |draft| {
                let n = count(1);
                let draft = echo(draft);
                if n == 3 { Critique::Accept } else { value(Critique::revise(format!("{n} {draft}"))) }
            },
        ).max(3);
        write(text)
    }
}
pipeline! {
    pub fn asks_in_refines(text: String, ctx: &mut State, world: &World) -> String {
        refine(|feedback| add(format!("{text} {feedback:?}")), |draft| {
            let verdict: Critique = ask(format!("{draft}?"));
            verdict
        }).max(2)
    }
}
