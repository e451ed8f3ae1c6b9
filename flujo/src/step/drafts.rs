use crate::context::Contains;
use std::mem::swap;

/// Copies of the parts of a context that a step may write: a failed attempt leaves no trace.
#[doc(hidden)]
pub trait Drafts<C>: Send {
    /// Makes the copies.
    fn of(ctx: &C) -> Self;
    /// Exchanges the copies and the parts; once more, and everything is as it was.
    fn exchange(&mut self, ctx: &mut C);
}

impl<C> Drafts<C> for () {
    fn of(_: &C) {}
    fn exchange(&mut self, _: &mut C) {}
}

macro_rules! drafts {
    ($($($part:ident $i:tt),+;)+) => { $(
        impl<C: $(Contains<$part> +)+, $($part: Clone + Send),+> Drafts<C> for ($($part,)+) {
            fn of(ctx: &C) -> Self {
                ($(<C as Contains<$part>>::part(ctx).clone(),)+)
            }
            fn exchange(&mut self, ctx: &mut C) {
                $(swap(<C as Contains<$part>>::part_mut(ctx), &mut self.$i);)+
            }
        }
    )+ };
}
drafts! {
    P0 0;
    P0 0, P1 1;
    P0 0, P1 1, P2 2;
    P0 0, P1 1, P2 2, P3 3;
    P0 0, P1 1, P2 2, P3 3, P4 4;
    P0 0, P1 1, P2 2, P3 3, P4 4, P5 5;
    P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6;
    P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7;
    P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8;
    P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9;
    P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9, P10 10;
    P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9, P10 10, P11 11;
}
