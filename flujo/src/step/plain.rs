//! Guards of calls in plain expressions, where nothing runs a step: see `steps_in_values` in the macros.

use super::Step;
use crate::durable::recover;
use std::fmt;
use std::marker::PhantomData;

/// A function that is no step.
#[derive(Debug)]
pub struct NoStep;
/// The state of a statement that has not called a step yet.
#[derive(Debug)]
pub struct NoStepYet;
/// A step was called in the statement, which was reported.
#[derive(Debug)]
pub struct AfterStep;

/// The state of a statement after it has called `S` too.
pub trait Then<S> {
    /// The state after it.
    type State;
    /// The type to report as a step: none after the first.
    type Called;
}
impl Then<NoStep> for NoStepYet {
    type State = Self;
    type Called = NoStep;
}
impl<S: Step> Then<S> for NoStepYet {
    type State = AfterStep;
    type Called = S;
}
impl<S> Then<S> for AfterStep {
    type State = Self;
    type Called = NoStep;
}

/// A function that is no step, so that a plain expression may call it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a step, and its output is not available yet [output_not_available]",
    label = "a plain expression runs no step",
    note = "bind it to a variable first: `let x = {Self}(..);`"
)]
pub trait PlainFunction {}
#[diagnostic::do_not_recommend]
impl PlainFunction for NoStep {}

/// A function that is no step, so that closures and functions may call it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a step, and a step cannot run inside a closure or another function [step_in_a_closure]",
    label = "a plain expression runs no step",
    note = "to run it for each item, write `map(items, |x| {Self}(x))`"
)]
pub trait PlainClosure {}
#[diagnostic::do_not_recommend]
impl PlainClosure for NoStep {}

/// The value of a call in a plain expression.
pub trait Gives<T, U> {
    /// The value of the call as it is; anything where a step was reported.
    fn give(value: T) -> U;
}
impl<T> Gives<T, T> for NoStepYet {
    #[inline]
    fn give(value: T) -> T {
        value
    }
}
/// Two impls keep rustc from concluding that the value has the type that is expected of the call: a value of another
/// type is then a wrong value, not a wrong argument of a guard.
#[derive(Debug)]
pub struct Neither;
impl Gives<Neither, ()> for NoStepYet {
    fn give(_: Neither) {}
}
impl<T, U> Gives<T, U> for AfterStep {
    fn give(_: T) -> U {
        recover()
    }
}

/// The guard of one call of `S`; `P` is the state before it.
pub struct Plain<P, S>(PhantomData<fn() -> (P, S)>);

impl<P, S> fmt::Debug for Plain<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain")
    }
}

impl<P: Then<S>, S> Plain<P, S> {
    /// The guard.
    pub const NEW: Self = Self(PhantomData);

    /// The value of a call in an expression.
    #[inline]
    pub fn value<T, U>(self, value: T) -> U
    where
        P::Called: PlainFunction,
        P::State: Gives<T, U>,
    {
        <P::State as Gives<T, U>>::give(value)
    }

    /// The value of a call in a closure, or a function that is handed over.
    #[inline]
    pub fn in_function<T, U>(self, value: T) -> U
    where
        P::Called: PlainClosure,
        P::State: Gives<T, U>,
    {
        <P::State as Gives<T, U>>::give(value)
    }
}
