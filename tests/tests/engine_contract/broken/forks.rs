//! Faults of forks.

use super::{Fault, On};
use async_trait::async_trait;
use flujo::engine::{Arm, ArmEnd, ForkPolicy};
use flujo::error::Signal;
use flujo::path::Path;

/// Arms run one after another.
#[derive(Default)]
pub struct OneArmAtATime;
#[async_trait]
impl Fault for OneArmAtATime {
    async fn fork(
        &self,
        on: &mut On<'_>,
        path: Path,
        arms: Vec<Arm<'_>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        on.inner.fork(path, arms, ForkPolicy { concurrency: 1, ..policy }).await
    }
}

/// All arms run at once, whatever the policy says.
#[derive(Default)]
pub struct AllArmsAtOnce;
#[async_trait]
impl Fault for AllArmsAtOnce {
    async fn fork(
        &self,
        on: &mut On<'_>,
        path: Path,
        arms: Vec<Arm<'_>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        on.inner.fork(path, arms, ForkPolicy { concurrency: usize::MAX, ..policy }).await
    }
}

/// The first failure ends a settled fork too.
#[derive(Default)]
pub struct NeverSettles;
#[async_trait]
impl Fault for NeverSettles {
    async fn fork(
        &self,
        on: &mut On<'_>,
        path: Path,
        arms: Vec<Arm<'_>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        on.inner.fork(path, arms, ForkPolicy { settle: false, ..policy }).await
    }
}

/// A failing arm lets its siblings go on.
#[derive(Default)]
pub struct AlwaysSettles;
#[async_trait]
impl Fault for AlwaysSettles {
    async fn fork(
        &self,
        on: &mut On<'_>,
        path: Path,
        arms: Vec<Arm<'_>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        on.inner.fork(path, arms, ForkPolicy { settle: true, ..policy }).await
    }
}

/// The ends of arms come in another order than the arms.
#[derive(Default)]
pub struct ReversesEnds;
#[async_trait]
impl Fault for ReversesEnds {
    async fn fork(
        &self,
        on: &mut On<'_>,
        path: Path,
        arms: Vec<Arm<'_>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        let mut ends = on.inner.fork(path, arms, policy).await?;
        ends.reverse();
        Ok(ends)
    }
}
