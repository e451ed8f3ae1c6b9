//! The files that this process has open.
//!
//! On Unix a process that closes a file gives up all locks that it has on it, SQLite's own included, whoever of it
//! took them. Another process would then take the log for one that nobody uses any more, and delete it. So a file is
//! looked at from outside of SQLite only while nobody here has it open.

use super::Fault;
use super::open::examine;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often each of them is open.
static OPEN: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());

fn open() -> MutexGuard<'static, BTreeMap<PathBuf, usize>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// That a file is open, until this is dropped.
pub(super) struct Opened(PathBuf);

impl Opened {
    /// Looks at the file before SQLite touches it, unless it is open here: then it was looked at.
    pub(super) fn examine(path: &Path) -> Result<Self, Fault> {
        let name = whole(path);
        let mut open = open();
        if !open.contains_key(&name) {
            examine(path)?;
        }
        *open.entry(name.clone()).or_default() += 1;
        Ok(Self(name))
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut open = open();
        if let Some(times) = open.get_mut(&self.0) {
            *times -= 1;
            if *times == 0 {
                open.remove(&self.0);
            }
        }
    }
}

/// One name for one file, also where it is not there yet.
fn whole(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let new = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(new).unwrap_or_else(|| path.to_owned())
}
