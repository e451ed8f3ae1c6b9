//! Made by `generator.rs`, by a seed. A test compares; `FLUJO_GENERATED=overwrite` makes it anew.

mod first_half;
mod second_half;

pub use first_half::*;
pub use second_half::*;

/// Hands each to another macro, with the forms in it.
macro_rules! every_pipeline {
    ($then:ident) => {
        $then! {
            p00 ["ask" "cached" "gate" "if" "pipeline retries" "refine" "settle" "wait"];
            p01 [">>" "ask" "match" "repeat"];
            p02 [">>" "ask" "fallback" "join" "map" "match" "model" "step"];
            p03 ["ask" "pipeline" "repeat"];
            p04 ["ask" "map" "model" "refine" "settle" "wait"];
            p05 [">>" "ask" "map" "pipeline" "repeat"];
            p06 [">>" "ask" "map" "model" "refine" "retries" "route" "settle" "step" "wait"];
            p07 ["ask" "pipeline retries" "timeout of a form"];
            p08 [">>" "ask" "limits of a form" "repeat"];
            p09 ["fail, settled" "if" "retries"];
            p10 [">>" "map" "match" "model" "settle" "wait"];
            p11 [">>" "ask" "fail, settled" "fallback" "join" "match" "pipeline" "retries" "route" "settle" "step"];
            p12 ["gate" "model" "repeat" "step" "timeout of a form"];
            p13 [">>" "ask" "fail, settled" "fallback" "refine" "repeat" "route" "settle"];
            p14 ["map" "model" "wait"];
            p15 ["cached" "limits of a form" "model" "pipeline" "pipeline retries" "retries" "route" "step"];
            p16 [">>" "fail, settled" "fallback" "join" "pipeline" "refine" "retries" "step" "timeout of a form" "wait"];
            p17 ["limits of a form" "settle" "step"];
            p18 [">>" "cached" "if" "model" "repeat" "step" "wait"];
            p19 ["cached" "fail, settled" "if" "match" "model" "pipeline" "repeat"];
            p20 [">>" "fail, settled" "fallback" "join" "limits of a form" "pipeline retries" "route"];
            p21 ["join" "model" "pipeline retries" "repeat" "retries" "step"];
            p22 ["gate" "refine" "step" "timeout of a form"];
            p23 ["fail, settled" "limits of a form" "map" "pipeline retries" "wait"];
        }
    };
}
pub(crate) use every_pipeline;
