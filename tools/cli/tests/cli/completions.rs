//! Completions, loaded by the shells that are installed.

use crate::support::{Folder, letters};
use std::io::Write;
use std::process::Command;

/// Loads the completions in a shell that checks them; says loudly if the shell is not installed.
fn loads(shell: &str, check: &[&str], expected: &str) {
    let folder = Folder::new();
    let script = folder.letters(&["completions", shell]);
    assert_eq!((script.code, script.err.as_str()), (Some(0), ""), "{shell}");
    assert!(script.out.contains("letters"), "{shell}: {}", script.out);
    let file = folder.path().join(format!("letters.{shell}"));
    std::fs::write(&file, &script.out).unwrap();
    let mut command = Command::new(shell);
    command.current_dir(folder.path()).args(check).env("LETTERS", letters());
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_required(shell) => {
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: {shell} is not installed, so nothing loads its completions"
            );
            return;
        }
        Err(error) => panic!("{shell}: {error}"),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{shell}: {}", text(&output.stderr));
    assert_eq!(text(&output.stdout).trim_end(), expected, "{shell}: {}", text(&output.stderr));
}

/// Bash and zsh must be there where the check says so; it does not install fish.
fn is_required(shell: &str) -> bool {
    shell != "fish" && std::env::var("FLUJO_SHELLS").is_ok_and(|word| word == "required")
}

#[test]
fn bash_loads_them_and_completes() {
    let check = "set -e; . ./letters.bash; complete -p letters > /dev/null; \
                 COMP_WORDS=(letters qu); COMP_CWORD=1; _letters letters qu letters; echo \"${COMPREPLY[*]}\"";
    loads("bash", &["--norc", "-c", check], "questions");
}

#[test]
fn zsh_loads_them() {
    let check = "autoload -Uz compinit; compinit -u -D; . ./letters.zsh; whence -w _letters";
    loads("zsh", &["-f", "-c", check], "_letters: function");
}

#[test]
fn fish_loads_them() {
    let check = "source letters.fish; complete -C 'letters qu' | cut -f 1";
    loads("fish", &["--no-config", "-c", check], "questions");
}

#[test]
fn those_of_other_shells_are_printed() {
    let folder = Folder::new();
    for shell in ["powershell", "elvish"] {
        let said = folder.letters(&["completions", shell]);
        assert!(said.code == Some(0) && said.out.contains("questions"), "{shell}");
    }
}
