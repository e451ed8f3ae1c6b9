//! Who works: how a process is told from another one that has its number now.

use std::fs;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) pid: i64,
    /// When it started, in ticks since the machine did.
    pub(super) started: Option<i64>,
    /// Which start of the machine.
    pub(super) boot: Option<String>,
    /// Which space of process numbers: a container has its own.
    pub(super) space: Option<String>,
}

impl Identity {
    /// This process. Where the system does not tell, only its heartbeat does.
    pub(super) fn mine() -> Self {
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

    /// Whether this process is known to be gone, as seen by `me`.
    pub(super) fn is_gone(&self, me: &Self) -> bool {
        self.is_seen(me) && alive(self.pid) != self.started
    }

    /// Whether this process is known to live, as seen by `me`.
    pub(super) fn is_here(&self, me: &Self) -> bool {
        self.is_seen(me) && alive(self.pid) == self.started
    }

    /// Whether `me` can see it, if it is there.
    fn is_seen(&self, me: &Self) -> bool {
        let comparable = self.boot.is_some() && self.space.is_some() && self.started.is_some();
        comparable && self.boot == me.boot && self.space == me.space
    }
}

/// When the process of this number started, if there is one that still runs.
fn alive(pid: i64) -> Option<i64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in brackets and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    // One that was killed stays listed until its parent has looked.
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_is_known_until_it_is_gone() {
        let me = Identity::mine();
        assert!(me.started.is_some() && me.boot.is_some() && me.space.is_some());
        assert!(!me.is_gone(&me));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let its = Identity { pid: i64::from(child.id()), ..me.clone() };
        // Its number with another start is another process.
        assert!(its.is_gone(&me) || its.started == me.started);
        child.wait().unwrap();
        assert!(its.is_gone(&me));
        // Of another start of the machine, or another container, nobody knows.
        for other in [
            Identity { boot: Some("other".to_owned()), ..its.clone() },
            Identity { space: Some("other".to_owned()), ..its.clone() },
            Identity { started: None, ..its },
        ] {
            assert!(!other.is_gone(&me));
        }
    }
}
