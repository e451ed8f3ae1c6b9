//! Documented items of a source file, as rustfmt writes them.

/// A variant of an enum, with its documentation and its fields.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub name: String,
    pub doc: String,
    /// Name, type and documentation; one without a name in a tuple variant.
    pub fields: Vec<(String, String, String)>,
}

/// The variants of the enum of this name.
pub(crate) fn variants(source: &str, name: &str) -> Vec<Variant> {
    let begin = format!("pub enum {name} {{\n");
    let body =
        source.split_once(&begin).and_then(|(_, rest)| rest.split_once("\n}")).map_or("", |(body, _)| body);
    let mut found: Vec<Variant> = Vec::new();
    let mut doc = String::new();
    for line in body.lines() {
        let (indent, text) = (line.len() - line.trim_start().len(), line.trim());
        if let Some(more) = text.strip_prefix("///") {
            doc.push_str(more);
        } else if indent == 4 && text.starts_with(|c: char| c.is_ascii_uppercase()) {
            let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
            let (name, rest) = text.split_at(end);
            let tuple = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix("),"));
            let fields = tuple.map(|ty| (String::new(), ty.to_owned(), String::new())).into_iter().collect();
            found.push(Variant { name: name.to_owned(), doc: doc.trim().to_owned(), fields });
            doc.clear();
        } else if let (8, Some((name, ty)), Some(variant)) = (indent, text.split_once(": "), found.last_mut())
        {
            let ty = ty.trim_end_matches(',').to_owned();
            variant.fields.push((name.to_owned(), ty, doc.trim().to_owned()));
            doc.clear();
        }
    }
    found
}

/// A public method with its documentation, without examples and sections.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Method {
    pub name: String,
    pub arguments: String,
    pub doc: String,
}

/// The methods of a source file that take `self`, and are not hidden.
pub(crate) fn methods(source: &str) -> Vec<Method> {
    let mut found = Vec::new();
    let (mut doc, mut hidden) = (Vec::new(), false);
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let text = line.trim();
        if let Some(more) = text.strip_prefix("///") {
            doc.push(more.trim());
        } else if text.starts_with("#[") {
            hidden |= text.contains("doc(hidden)");
        } else if let Some(rest) = text.strip_prefix("pub fn ").or_else(|| text.strip_prefix("pub async fn "))
        {
            let mut signature = rest.to_owned();
            while !is_closed(&signature) {
                let Some(next) = lines.next() else { break };
                signature.push(' ');
                signature.push_str(next.trim());
            }
            if let Some(method) = method(&signature, &doc).filter(|_| !hidden) {
                found.push(method);
            }
            (doc, hidden) = (Vec::new(), false);
        } else {
            (doc, hidden) = (Vec::new(), false);
        }
    }
    found
}

/// The place of the parenthesis that closes the one in front of `rest`.
fn closing(rest: &str) -> Option<usize> {
    let mut depth = 1_u32;
    rest.char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

fn is_closed(signature: &str) -> bool {
    signature.split_once('(').is_some_and(|(_, rest)| closing(rest).is_some())
}

fn method(signature: &str, doc: &[&str]) -> Option<Method> {
    let (head, rest) = signature.split_once('(')?;
    let rest = rest.get(..closing(rest)?)?.trim();
    let name = head.split('<').next()?.to_owned();
    let receiver =
        ["mut self", "&self", "self"].into_iter().find_map(|receiver| rest.strip_prefix(receiver))?;
    let arguments = receiver.trim_start_matches(',').trim().trim_end_matches(',').replace("crate::", "");
    let prose = doc.iter().take_while(|line| !line.starts_with("```") && !line.starts_with("# "));
    let doc = prose.copied().collect::<Vec<_>>().join(" ").trim().to_owned();
    Some(Method { name, arguments, doc })
}

#[test]
fn variants_are_read_with_their_fields() {
    let source = "/// Not this.\npub enum Other {\n    /// No.\n    A,\n}\n\npub enum Kind {\n    /// One\n    /// line.\n    A,\n    /// B.\n    B(Vec<u8>),\n    /// C.\n    C {\n        /// How many.\n        n: u32,\n    },\n}\n";
    let field = |name: &str, ty: &str, doc: &str| (name.to_owned(), ty.to_owned(), doc.to_owned());
    let variant =
        |name: &str, doc: &str, fields| Variant { name: name.to_owned(), doc: doc.to_owned(), fields };
    let wanted = [
        variant("A", "One line.", vec![]),
        variant("B", "B.", vec![field("", "Vec<u8>", "")]),
        variant("C", "C.", vec![field("n", "u32", "How many.")]),
    ];
    assert_eq!(variants(source, "Kind"), wanted);
}

#[test]
fn methods_are_read_with_their_arguments() {
    let source = "    /// Sets it.\n    ///\n    /// ```\n    /// x\n    /// ```\n    pub fn set<T: Into<String>>(mut self, to: T) -> Self {\n\n    /// No.\n    #[doc(hidden)]\n    pub fn hidden(self) {\n    pub fn of(x: u32) -> Self {\n    /// Long.\n    pub fn long(\n        self,\n        a: impl Fn(u32) -> (),\n    ) -> Self {\n";
    let method = |name: &str, arguments: &str, doc: &str| Method {
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        doc: doc.to_owned(),
    };
    assert_eq!(
        methods(source),
        [method("set", "to: T", "Sets it."), method("long", "a: impl Fn(u32) -> ()", "Long.")]
    );
}
