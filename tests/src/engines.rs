//! The engines that every row runs on.

use flujo::clock::Clock;
use flujo::engine::Memory;
#[cfg(feature = "sqlite")]
use flujo_sqlite::{Sqlite, Synchronous};
use flujo_testing::{OrderedLog, PausedClock};
use std::sync::Arc;

#[derive(Clone)]
pub enum AnyEngine {
    Memory(Arc<Memory>),
    Ordered(Arc<OrderedLog>),
    #[cfg(feature = "sqlite")]
    Sqlite(Arc<Sqlite>, Arc<crate::files::File>),
}

/// Their names, in the order of [`all`].
pub const NAMES: &[&str] = &[
    "Memory",
    "OrderedLog",
    #[cfg(feature = "sqlite")]
    "Sqlite",
];

impl AnyEngine {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Memory(_) => "Memory",
            Self::Ordered(_) => "OrderedLog",
            #[cfg(feature = "sqlite")]
            Self::Sqlite(..) => "Sqlite",
        }
    }
}

/// A fresh engine, by its place in [`NAMES`], on a clock that stands still unless somebody sleeps on it.
pub fn fresh(which: usize) -> (AnyEngine, PausedClock) {
    let clock = PausedClock::default();
    let its: Arc<dyn Clock> = Arc::new(clock.clone());
    let engine = match NAMES[which] {
        "Memory" => AnyEngine::Memory(Arc::new(Memory::with_clock(its))),
        #[cfg(feature = "sqlite")]
        "Sqlite" => {
            let file = crate::files::File::new();
            // Nobody pulls the plug here, and there are thousands of them. What runs beside each other does so
            // in the same order every time.
            let builder =
                Sqlite::builder(file.path()).clock(its).synchronous(Synchronous::Off).blocking(true);
            AnyEngine::Sqlite(Arc::new(builder.open().unwrap()), Arc::new(file))
        }
        _ => AnyEngine::Ordered(Arc::new(OrderedLog::with_clock(its))),
    };
    (engine, clock)
}

/// Fresh engines, one of each.
pub fn all() -> Vec<(AnyEngine, PausedClock)> {
    (0..NAMES.len()).map(fresh).collect()
}

/// `match`es over the engines, so that generic code can take each one's type.
#[macro_export]
macro_rules! with_engine {
    ($engine:expr, $e:ident => $body:expr) => {
        match $engine {
            $crate::engines::AnyEngine::Memory($e) => $body,
            $crate::engines::AnyEngine::Ordered($e) => $body,
            #[cfg(feature = "sqlite")]
            $crate::engines::AnyEngine::Sqlite($e, file) => {
                let _held = file;
                $body
            }
        }
    };
}
