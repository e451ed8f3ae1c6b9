//! Source files of pipelines.

use std::fmt::Write as _;
use std::path::Path;

/// Returns a source file as it is shown: relative to the current folder where it is below it, with `/`.
pub(crate) fn shown(file: &str) -> String {
    let folder = std::env::current_dir().unwrap_or_default();
    relative(file, &folder)
}

fn relative(file: &str, folder: &Path) -> String {
    let path = Path::new(file);
    let path = if path.is_absolute() { path.strip_prefix(folder).unwrap_or(path) } else { path };
    path.to_string_lossy().replace('\\', "/")
}

/// Returns the URI of a source file: relative where the path is.
pub(crate) fn uri(file: &str) -> String {
    let path = shown(file);
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    } else if Path::new(&path).is_absolute() {
        uri.push_str("file:///");
    }
    for byte in path.bytes() {
        // What a path of a URI holds as it is (RFC 3986), without `:`, which would begin a scheme.
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // A `String` takes every character.
            _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_relative_where_they_can_be() {
        let folder = Path::new("/home/ada/app");
        assert_eq!(relative("/home/ada/app/src/a.rs", folder), "src/a.rs");
        assert_eq!(relative("/home/ada/other/a.rs", folder), "/home/ada/other/a.rs");
        assert_eq!(relative("src\\a.rs", folder), "src/a.rs");
    }

    #[test]
    fn uris_are_escaped() {
        assert_eq!(uri("src/my file#1.rs"), "src/my%20file%231.rs");
        assert_eq!(uri("src/ü.rs"), "src/%C3%BC.rs");
        assert_eq!(uri("/nowhere/a.rs"), "file:///nowhere/a.rs");
    }
}
