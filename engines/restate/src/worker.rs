use crate::account::Accounts;
use flujo::run::Programs;
/// What every invocation in this process needs.
pub(crate) struct Worker {
    pub(crate) programs: Programs,
    pub(crate) accounts: Accounts,
}
