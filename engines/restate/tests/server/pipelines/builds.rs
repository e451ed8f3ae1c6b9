//! Other builds of these pipelines, and another application.

#![allow(clippy::wildcard_imports, reason = "a step is several items")]

use super::*;

/// Another build, in which a pipeline has another shape.
pub(crate) mod other {
    use super::*;

    pipeline! {
        /// Other arms.
        pub fn arms(n: u64, millis: u64) -> u64 {
            let n = add(n, millis).named("first");
            let (a, b) = join(
                { let x = add(n, millis).named("other0"); add(x, millis).named("other1") },
                { let x = add(n, millis).named("more0"); add(x, millis).named("more1") },
            );
            value(a + b)
        }
    }

    pipeline! {
        /// One step more at the end.
        pub fn fails(n: u64) -> u64 {
            let n = add(n, 0).named("before");
            wait("2s");
            let n = pay(n);
            let n = add(n, 0).named("after");
            add(n, 0).named("more")
        }
    }

    pipeline! {
        /// Four steps.
        pub fn steps(n: u64, millis: u64) -> u64 {
            let n = add(n, millis).named("a");
            let n = add(n, millis).named("b");
            let n = add(n, millis).named("c");
            add(n, millis).named("x")
        }
    }
}

/// A build of another application.
pub(crate) mod apart {
    use super::*;

    pipeline! {
        /// Two steps.
        pub fn apart(n: u64, millis: u64) -> u64 {
            let n = add(n, millis).named("a");
            add(n, millis).named("b")
        }
    }
}

/// Another application, on an engine.
pub(crate) fn foreign(engine: flujo_restate::Restate) -> Flujo {
    Flujo::builder().engine(engine).pipeline::<apart::apart>().build().expect("pipelines that fit together")
}

/// The other build, on an engine.
pub(crate) fn changed(engine: flujo_restate::Restate) -> Flujo {
    Flujo::builder()
        .engine(engine)
        .pipeline::<other::steps>()
        .pipeline::<other::arms>()
        .pipeline::<other::fails>()
        .build()
        .expect("pipelines that fit together")
}
