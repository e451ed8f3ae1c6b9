//! How a call gets its fallback and its redirect: by types that were proved to fit.

use super::fallback::FallbackConversion;
use super::redirect::RedirectConversion;
use super::{FallbackOf, FallbackSlot, Options, RedirectOf, StandIns, Step, StepCall};
use std::marker::PhantomData;

impl<S: Step, F: FallbackSlot> StepCall<S, F> {
    pub(super) fn with_stand_ins(
        input: S::Input,
        options: Option<Box<Options>>,
        these: StandIns<S, F>,
    ) -> Self {
        Self { input, options, stand_ins: Some(Box::new(these)), standing_in: PhantomData }
    }

    pub(super) fn falling<T, G>(self) -> StepCall<S, G>
    where
        T: FallbackOf<S>,
        G: FallbackSlot<
                Input = T::Input,
                Output = T::Output,
                RedirectInput = F::RedirectInput,
                RedirectOutput = F::RedirectOutput,
            >,
    {
        let Self { input, options, stand_ins, .. } = self;
        let redirect = StandIns::<S, F>::of(stand_ins).redirect.map(RedirectConversion::over);
        let conversion = FallbackConversion { input: |input| input, output: |output| output };
        StepCall::with_stand_ins(input, options, StandIns { fallback: Some(conversion), redirect })
    }

    pub(super) fn redirecting<D, G>(self) -> StepCall<S, G>
    where
        D: RedirectOf<S>,
        G: FallbackSlot<
                Input = F::Input,
                Output = F::Output,
                RedirectInput = D::Input,
                RedirectOutput = D::Output,
            >,
    {
        let Self { input, options, stand_ins, .. } = self;
        let fallback = StandIns::<S, F>::of(stand_ins).fallback.map(FallbackConversion::over);
        let conversion = RedirectConversion { input: |input| input, output: |output| output };
        StepCall::with_stand_ins(input, options, StandIns { fallback, redirect: Some(conversion) })
    }
}
