//! The identity of a process, which distinguishes it from a later process with the same number.

use std::fs;

/// A process of this machine, alive or dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProcessIdentity {
    pub(crate) pid: i64,
    /// The start of the process, in clock ticks since the boot.
    pub(crate) started: Option<i64>,
    /// The id of the boot.
    pub(crate) boot: Option<String>,
    /// The namespace of process numbers: a container has its own.
    pub(crate) space: Option<String>,
}

impl ProcessIdentity {
    /// Returns the identity of this process. If the system does not tell, only heartbeats count.
    pub(crate) fn mine() -> Self {
        let pid = i64::from(std::process::id());
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        let space = fs::read_link("/proc/self/ns/pid").ok();
        Self {
            pid,
            started: alive(pid),
            boot: boot.map(|id| id.trim().to_owned()),
            space: space.map(|link| link.to_string_lossy().into_owned()),
        }
    }

    /// True if this process is known to be dead, as seen by `me`.
    pub(crate) fn is_gone(&self, me: &Self) -> bool {
        self.is_seen(me) && alive(self.pid) != self.started
    }

    /// True if this process is known to be alive, as seen by `me`.
    pub(crate) fn is_here(&self, me: &Self) -> bool {
        self.is_seen(me) && alive(self.pid) == self.started
    }

    /// True if this process is visible to `me`.
    fn is_seen(&self, me: &Self) -> bool {
        let comparable = self.boot.is_some() && self.space.is_some() && self.started.is_some();
        comparable && self.boot == me.boot && self.space == me.space
    }
}

/// Returns the start time of the process with this number, if it is alive.
fn alive(pid: i64) -> Option<i64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program is in parentheses and may contain anything.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    // A killed process is listed until its parent has waited for it.
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_until_it_is_gone() {
        let me = ProcessIdentity::mine();
        assert!(me.started.is_some() && me.boot.is_some() && me.space.is_some());
        assert!(!me.is_gone(&me));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let its = ProcessIdentity { pid: i64::from(child.id()), ..me.clone() };
        // The same number with another start time is another process.
        assert!(its.is_gone(&me) || its.started == me.started);
        child.wait().unwrap();
        assert!(its.is_gone(&me));
        // Processes of another boot or container are not visible.
        for other in [
            ProcessIdentity { boot: Some("other".to_owned()), ..its.clone() },
            ProcessIdentity { space: Some("other".to_owned()), ..its.clone() },
            ProcessIdentity { started: None, ..its },
        ] {
            assert!(!other.is_gone(&me));
        }
    }
}
