use crate::account::Accounts;
use crate::client::Client;
use flujo::clock::Clock;
use flujo::run::Programs;
use std::sync::Arc;
/// What every invocation in this process needs.
pub(crate) struct Worker {
    pub(crate) programs: Programs,
    pub(crate) client: Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) accounts: Accounts,
}
