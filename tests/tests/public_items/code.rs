//! What an example names, calls and reads: its tokens, without what they mean to rustc.

use std::collections::HashSet;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Path,
    Sign(char),
}

/// The names in one example, by how they are used.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// All of them, those in texts and comments excepted.
    pub words: HashSet<String>,
    /// `.name(`, `::name(`, `::name::<` and `fn name`.
    pub called: HashSet<String>,
    /// `.name`, `name: ` and the names of a pattern.
    pub fields: HashSet<String>,
    /// `Head::name`, `Head::<T>::name` among them.
    pub paths: HashSet<(String, String)>,
    /// `head::`
    pub heads: HashSet<String>,
}

impl Code {
    pub fn read(text: &str) -> Self {
        let tokens = tokens(text);
        let at = |i: usize| tokens.get(i);
        let sign = |i: usize, c: char| at(i) == Some(&Token::Sign(c));
        let mut code = Self::default();
        for (i, token) in tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let before = i.checked_sub(1).and_then(at);
            let is_path = at(i + 1) == Some(&Token::Path);
            let after_path = before == Some(&Token::Path);
            let after_dot = before == Some(&Token::Sign('.'));
            let is_call = sign(i + 1, '(') || is_path && sign(i + 2, '<');
            code.words.insert(word.clone());
            if is_path {
                code.heads.insert(word.clone());
            }
            if (after_path || after_dot) && is_call || before == Some(&Token::Word("fn".to_owned())) {
                code.called.insert(word.clone());
            }
            if after_dot && !is_call || [':', ',', '}'].iter().any(|&c| sign(i + 1, c)) {
                code.fields.insert(word.clone());
            }
            if after_path && let Some(head) = head(&tokens, i - 1) {
                code.paths.insert((head.to_owned(), word.clone()));
            }
        }
        code
    }
}

/// The word before the `::` at `path`; type arguments between them are passed over.
fn head(tokens: &[Token], path: usize) -> Option<&str> {
    let mut i = path.checked_sub(1)?;
    if tokens.get(i) == Some(&Token::Sign('>')) {
        let mut depth = 0_usize;
        loop {
            match tokens.get(i)? {
                Token::Sign('>') => depth += 1,
                Token::Sign('<') => depth -= 1,
                _ => {}
            }
            i = i.checked_sub(1)?;
            if depth == 0 {
                break;
            }
        }
        if tokens.get(i) == Some(&Token::Path) {
            i = i.checked_sub(1)?;
        }
    }
    if let Some(Token::Word(word)) = tokens.get(i) { Some(word) } else { None }
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\n');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = at(i);
        if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if c == '"' {
            i = after_text(&chars, i, 0);
        } else if c == '\'' {
            // A lifetime, or a character.
            if at(i + 1) == '\\' {
                i += 2;
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            } else if at(i + 2) == '\'' {
                i += 3;
            } else {
                i += 1;
                while is_word(at(i)) {
                    i += 1;
                }
            }
        } else if is_word(c) {
            let begin = i;
            while is_word(at(i)) {
                i += 1;
            }
            let word: String = chars.get(begin..i).unwrap_or_default().iter().collect();
            let hashes = chars.get(i..).unwrap_or_default().iter().take_while(|&&c| c == '#').count();
            if ["r", "br", "b", "cr", "c"].contains(&word.as_str()) && at(i + hashes) == '"' {
                let raw = if word.ends_with('r') { hashes + 1 } else { 0 };
                i = after_text(&chars, i + hashes, raw);
            } else if !c.is_numeric() {
                found.push(Token::Word(word));
            }
        } else if c == ':' && at(i + 1) == ':' {
            found.push(Token::Path);
            i += 2;
        } else {
            if !c.is_whitespace() {
                found.push(Token::Sign(c));
            }
            i += 1;
        }
    }
    found
}

/// The place after the text that opens at `quote`; `raw` is 0, or 1 and the number of its `#`.
fn after_text(chars: &[char], quote: usize, raw: usize) -> usize {
    let mut i = quote + 1;
    while let Some(&c) = chars.get(i) {
        if c == '\\' && raw == 0 {
            i += 2;
        } else if c == '"' && (1..raw).all(|n| chars.get(i + n) == Some(&'#')) {
            return i + raw.max(1);
        } else {
            i += 1;
        }
    }
    i
}

#[test]
fn an_example_calls_names_and_reads_what_stands_in_its_code_and_not_in_its_texts() {
    let code = Code::read(
        "use a::Thing; // call_nothing()\nlet x = Thing::<Vec<u8>>::make(1).turn(\"text(\", r#\"a \"raw(\"#, '\\'').left;\n\
         impl<'a> Other for Thing { fn own(&'a self) {} }\nlet View { open, shut: _ } = x.view::<u8>();",
    );
    let sorted = |set: &HashSet<String>| {
        let mut words: Vec<_> = set.iter().cloned().collect();
        words.sort();
        words.join(" ")
    };
    assert_eq!(sorted(&code.called), "make own turn view");
    assert_eq!(sorted(&code.fields), "_ left open shut");
    assert_eq!(sorted(&code.heads), "Thing a view");
    assert!(code.paths.contains(&("Thing".to_owned(), "make".to_owned())));
    assert!(
        !code.words.contains("text") && !code.words.contains("raw") && !code.words.contains("call_nothing")
    );
}
