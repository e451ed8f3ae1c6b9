//! Fifty steps, one after the other.

use super::{Case, work};
use flujo::prelude::*;

pub(crate) const STEPS: usize = 50;

#[step]
pub(crate) async fn assess(case: Case) -> Result<Case> {
    Ok(work(case))
}

pipeline! {
    pub(crate) fn chain(case: Case) -> Case {
        let case = assess(case).named("s0");
        let case = assess(case).named("s1");
        let case = assess(case).named("s2");
        let case = assess(case).named("s3");
        let case = assess(case).named("s4");
        let case = assess(case).named("s5");
        let case = assess(case).named("s6");
        let case = assess(case).named("s7");
        let case = assess(case).named("s8");
        let case = assess(case).named("s9");
        let case = assess(case).named("s10");
        let case = assess(case).named("s11");
        let case = assess(case).named("s12");
        let case = assess(case).named("s13");
        let case = assess(case).named("s14");
        let case = assess(case).named("s15");
        let case = assess(case).named("s16");
        let case = assess(case).named("s17");
        let case = assess(case).named("s18");
        let case = assess(case).named("s19");
        let case = assess(case).named("s20");
        let case = assess(case).named("s21");
        let case = assess(case).named("s22");
        let case = assess(case).named("s23");
        let case = assess(case).named("s24");
        let case = assess(case).named("s25");
        let case = assess(case).named("s26");
        let case = assess(case).named("s27");
        let case = assess(case).named("s28");
        let case = assess(case).named("s29");
        let case = assess(case).named("s30");
        let case = assess(case).named("s31");
        let case = assess(case).named("s32");
        let case = assess(case).named("s33");
        let case = assess(case).named("s34");
        let case = assess(case).named("s35");
        let case = assess(case).named("s36");
        let case = assess(case).named("s37");
        let case = assess(case).named("s38");
        let case = assess(case).named("s39");
        let case = assess(case).named("s40");
        let case = assess(case).named("s41");
        let case = assess(case).named("s42");
        let case = assess(case).named("s43");
        let case = assess(case).named("s44");
        let case = assess(case).named("s45");
        let case = assess(case).named("s46");
        let case = assess(case).named("s47");
        let case = assess(case).named("s48");
        let case = assess(case).named("s49");
        case
    }
}
