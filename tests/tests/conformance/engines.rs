//! The engines that every row runs on.

use flujo::clock::Clock;
use flujo::engine::Memory;
use flujo_testing::{OrderedLog, PausedClock};
use std::sync::Arc;

#[derive(Clone)]
pub enum AnyEngine {
    Memory(Arc<Memory>),
    Ordered(Arc<OrderedLog>),
}

impl AnyEngine {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Memory(_) => "Memory",
            Self::Ordered(_) => "OrderedLog",
        }
    }
}

/// Fresh engines on one clock each, which stands still unless somebody sleeps on it.
pub fn all() -> Vec<(AnyEngine, PausedClock)> {
    let clock = || {
        let clock = PausedClock::default();
        (clock.clone(), Arc::new(clock) as Arc<dyn Clock>)
    };
    let ((one, for_memory), (two, for_log)) = (clock(), clock());
    vec![
        (AnyEngine::Memory(Arc::new(Memory::with_clock(for_memory))), one),
        (AnyEngine::Ordered(Arc::new(OrderedLog::with_clock(for_log))), two),
    ]
}

/// `match`es over the engines, so that generic code can take each one's type.
macro_rules! with_engine {
    ($engine:expr, $e:ident => $body:expr) => {
        match $engine {
            $crate::engines::AnyEngine::Memory($e) => $body,
            $crate::engines::AnyEngine::Ordered($e) => $body,
        }
    };
}
pub(crate) use with_engine;
