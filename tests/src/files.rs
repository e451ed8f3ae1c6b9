//! Files that are gone when nobody holds them any more.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The path of a database of its own.
pub struct File(PathBuf);

impl File {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        // Beside what was built, where no test of another run looks.
        let binary = std::env::current_exe().unwrap();
        let folder = binary.ancestors().nth(3).unwrap().join("tmp");
        std::fs::create_dir_all(&folder).unwrap();
        let file = Self(folder.join(format!("run-{}-{n}.db", std::process::id())));
        file.remove();
        file
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            // Most of them are not there.
            let _ = std::fs::remove_file(name);
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.remove();
    }
}
