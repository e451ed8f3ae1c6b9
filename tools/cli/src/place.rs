/// Where the runs of a command are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the engine of a binary with pipelines.
    Binary,
    /// In a database, without code.
    Database,
    /// In a server, which has the code.
    #[cfg_attr(not(feature = "remote"), allow(dead_code, reason = "such servers are asked by that feature"))]
    Server,
}
