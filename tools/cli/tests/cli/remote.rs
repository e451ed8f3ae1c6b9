//! The runs of a server: each command does what it does on a file.

use crate::served::{Served, file};
use crate::support::{Folder, Said};
use serde_json::json;

/// What reads, with what the binary with the pipelines reads too.
const READING: &[&[&str]] = &[
    &["list"],
    &["list", "--order", "id", "--limit", "2"],
    &["list", "--order", "id", "--after", "0.l-2"],
    &["list", "--state", "failed,done", "--label", "tenant=acme"],
    &["list", "--text", "L-", "--created-since", "2026-11-29", "--changed-until", "2026-12-01"],
    &["list", "--count"],
    &["list", "--count", "--state", "done", "--label", "tenant=none"],
    &["compare", "l-1", "l-2"],
    &["show", "l-1"],
    &["show", "l-2"],
    &["show", "n-1"],
    &["show", "l-1", "--node", "letter/write", "--messages"],
    &["show", "n-1", "--node", "note/seal"],
    &["questions"],
    &["questions", "l-1"],
    &["questions", "--pipeline", "note"],
    &["usage"],
    &["usage", "--by", "label=tenant"],
    &["usage", "--by", "model", "--since", "2026-11-29", "--pipeline", "letter"],
    &["export", "l-1"],
    &["export", "l-2"],
    &["watch", "n-1"],
    &["watch", "l-2"],
    &["watch", "l-1", "--until-asked"],
    &["pipelines"],
    &["graph", "note"],
    &["graph", "note", "--format", "svg"],
    &["graph", "letter", "--format", "dot"],
    &["graph", "nothing"],
    &["validate"],
    &["validate", "--format", "sarif", "--fail-on-warn"],
    &["replay", "n-1"],
    &["show", "n-1", "--node", "note/sign", "--inputs"],
];

#[test]
fn every_command_that_reads_says_what_it_says_of_a_file() {
    let folder = Folder::with_runs();
    let served = Served::letters(&folder, &[]);
    let prefix = format!("flujo --server {}", served.url);
    for words in READING {
        for more in [&[][..], &["--json"]] {
            let words = [words, more].concat();
            let remote = served.flujo(&folder, &words);
            let Said { code, out, err } = folder.letters(&words);
            let said = |text: String| {
                text.replace("`letters ", &format!("`{prefix} "))
                    .replace("  letters ", &format!("  {prefix} "))
            };
            assert_eq!(remote, Said { code, out: said(out), err: said(err) }, "{words:?}");
        }
    }
}

#[test]
fn every_command_that_changes_something_does_it_in_the_name_of_the_token() {
    let folder = Folder::with_runs();
    file(&folder, "tokens", "ops admin s3cret-of-ops\n");
    let served = Served::letters(&folder, &["--token-file", "tokens"]);
    let said = |words: &[&str]| {
        let mut command = served.command(&folder);
        let said = Said::of(&command.env("FLUJO_TOKEN", "s3cret-of-ops").args(words).output().unwrap());
        assert!(!format!("{said:?}").contains("s3cret"), "{said:?}");
        said
    };
    let done = |words: &[&str], out: &str| {
        let said = said(words);
        assert_eq!((said.code, said.out.as_str()), (Some(0), out), "{said:?}");
    };
    done(
        &[
            "start",
            "note",
            "--input",
            "{\"name\":\"Eve\",\"times\":1}",
            "--id",
            "n 2/ü",
            "--label",
            "a=b",
            "--wait",
        ],
        "n 2/ü is done: \"sent: Dear Eve, L.\"\n",
    );
    done(&["reply", "l-1", "letter/agreed", "true"], "replied to letter/agreed of l-1\n");
    done(&["cancel", "l-1"], "cancelled l-1\n");
    done(
        &["fork", "n 2/ü", "--from", "note/sign", "--id", "n-3", "--input", "[\"Eve\",2]", "--wait"],
        "n-3 is done: \"sent: Dear Eve, L. L.\"\n",
    );
    done(&["replay", "n-3"], "n-3 fits this code: 3 records\n");
    let failed = said(&["retry", "l-2"]);
    let what = "l-2 has failed: letter/greet: there is no address for nobody\n";
    assert_eq!((failed.code, failed.out.as_str()), (Some(1), what), "{failed:?}");
    let by = |id: &str| said(&["show", id, "--json"]).json()["actions"].clone();
    let names = |id: &str| by(id).as_array().unwrap().iter().map(|one| one["by"].clone()).collect::<Vec<_>>();
    assert_eq!(names("n 2/ü"), [json!("ops")]);
    assert_eq!(names("n-3"), [json!("ops")]);
    // The clock of these runs stands still, so their order says nothing.
    for (id, times) in [("l-1", 2), ("l-2", 1)] {
        assert_eq!(names(id).iter().filter(|name| **name == "ops").count(), times, "{id}");
    }
    assert_eq!(said(&["list", "--label", "a=b", "--order", "id", "--json"]).json()["runs"][0]["id"], "n 2/ü");
    let pruned = said(&["prune", "--older-than", "30d", "--json"]).json();
    assert_eq!(pruned["deleted"], 0);
}

#[test]
fn a_refusal_has_its_path_and_the_next_step() {
    let folder = Folder::with_runs();
    file(&folder, "tokens", "eve viewer s3cret-of-eve\nops operator s3cret-of-ops\n");
    let served = Served::letters(&folder, &["--token-file", "tokens"]);
    let said = |token: &str, words: &[&str]| {
        let mut command = served.command(&folder);
        let said = Said::of(
            &command.env("MY_TOKEN", token).args(["--token-env", "MY_TOKEN"]).args(words).output().unwrap(),
        );
        assert!(!format!("{said:?}").contains("s3cret"), "{said:?}");
        said
    };
    let next = "give a token: `--token-env NAME` names the variable that has it\n";
    let without = served.flujo(&folder, &["list"]);
    assert!(without.code == Some(1) && without.err.ends_with(next), "{without:?}");
    let wrong = said("s3cret-of-nobody", &["list"]);
    assert!(wrong.code == Some(1) && wrong.err.ends_with(next), "{wrong:?}");
    let empty = said("", &["list"]);
    assert!(empty.code == Some(2) && empty.err.contains("there is no variable `MY_TOKEN`"), "{empty:?}");
    let viewer = said("s3cret-of-eve", &["cancel", "l-1"]);
    let err = "error: this takes the role `operator`, and the caller has the role `viewer`\n\
               use a token that has this role\n";
    assert_eq!((viewer.code, viewer.err.as_str()), (Some(1), err));
    let cases: &[(i32, &[&str], &str)] = &[
        (
            1,
            &["reply", "l-1", "letter/agreed", "\"yes\""],
            "error: letter/agreed: this reply to run `l-1` does not fit the question, which stays open: the value must be of the \
             type boolean; sent: \"yes\"; reply with a value of the type `boolean`\n",
        ),
        (
            3,
            &["reply", "l-1", "letter/other", "true"],
            "error: run `l-1` has no open question at `letter/other`",
        ),
        (1, &["start", "note", "--input", "[\"Bob\",\"two\"]"], "does not fit"),
        (2, &["start", "note", "--input", "[\"Bob\"]"], "the input is a list of 1, and `note` has 2 inputs"),
        (3, &["start", "nothing"], "there is no pipeline `nothing`; there is `letter`, `note`, `queue`"),
        (3, &["show", "missing"], "`list` shows the runs"),
        (3, &["watch", "missing"], "`list` shows the runs"),
        (1, &["retry", "n-1"], "run `n-1` has not failed: only a failed run can be retried"),
        (1, &["fork", "l-1", "--from", "letter/write", "--id", "x"], "error: "),
        (1, &["prune", "--older-than", "1s"], "this takes the role `admin`"),
        (2, &["cancel", "l-1", "--by", "bob"], "it records the name that the token has"),
        (2, &["worker"], "run it where the pipelines are"),
        (2, &["serve"], "run it where the pipelines are"),
    ];
    for (code, words, err) in cases {
        let said = said("s3cret-of-ops", words);
        assert_eq!((said.code, said.out.as_str()), (Some(*code), ""), "{words:?}: {said:?}");
        assert!(said.err.contains(err) && said.err.lines().count() <= 2, "{words:?}: {said:?}");
    }
}

#[test]
fn a_server_that_is_none_is_named() {
    let folder = Folder::new();
    let flujo = |server: &str| {
        let mut command = folder.command(crate::support::flujo());
        Said::of(&command.args(["--server", server, "list"]).output().unwrap())
    };
    let gone = flujo("http://127.0.0.1:1");
    assert_eq!((gone.code, gone.out.as_str()), (Some(1), ""));
    assert!(gone.err.starts_with("error: the server at http://127.0.0.1:1 cannot be reached: "), "{gone:?}");
    for (wrong, what) in [
        ("127.0.0.1:8080", "begins with `http://` or `https://`"),
        ("ftp://x.org", "begins with `http://` or `https://`"),
        ("http://eve:s3cret@x.org", "has no user: a token is given with `--token-env`"),
    ] {
        let said = flujo(wrong);
        assert!(said.code == Some(2) && said.err.contains(what) && !said.err.contains("s3cret"), "{said:?}");
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let other = format!("http://{}", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        _ = std::io::Read::read(&mut stream, &mut [0; 4096]).unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n<htm>";
        std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
    });
    let said = flujo(&other);
    answering.join().unwrap();
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with(&format!("error: this is no server of flujo: {other}: ")), "{said:?}");
    assert!(said.err.ends_with("give the address that `serve` prints\n"), "{said:?}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let closing = std::thread::spawn(move || {
        let (mut stream, _) = silent.accept().unwrap();
        _ = std::io::Read::read(&mut stream, &mut [0; 4096]).unwrap();
    });
    let lost = flujo(&url);
    closing.join().unwrap();
    assert!(
        lost.code == Some(1) && lost.err.starts_with(&format!("error: the server at {url} did not answer: "))
    );
    assert!(lost.err.ends_with("may have been done: look before you ask again\n"), "{lost:?}");
    let both = folder.flujo(&["--server", "http://x.org", "list"]);
    assert!(both.code == Some(2) && both.err.contains("give one of `--db` and `--server`"), "{both:?}");
    let token = folder.flujo(&["--token-env", "X", "list"]);
    assert!(token.code == Some(2) && token.err.contains("`--token-env` is for `--server`"), "{token:?}");
}

#[test]
fn what_is_left_of_the_budgets_of_a_server_is_told() {
    let folder = Folder::with_runs();
    let mut command = folder.command(&crate::support::letters());
    command.env("LETTERS_BUDGET", "2.50");
    let served = Served::of(command, &[]);
    let said = served.flujo(&folder, &["usage"]);
    let expected = "\nbudget   of      used  limit   left\nletters  money  $0.00  $2.50  $2.50\n";
    assert!(said.out.ends_with(expected), "{}", said.out);
    let json = served.flujo(&folder, &["usage", "--json"]).json();
    assert_eq!(json["budgets"][0]["cost_nanos"], json!(2_500_000_000_u64));
}
