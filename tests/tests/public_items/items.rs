//! The public items of a crate, read from rustdoc's JSON: what can be written down with `use`, and its methods. Hidden items
//! are not in it; what a trait gives to a type is documented at the trait.

use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

/// An id of rustdoc's, which means something within one crate's JSON.
pub type Id = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Module,
    /// A struct, an enum, a trait or a type alias.
    Type,
    Trait,
    Function,
    Macro,
    Constant,
    /// Of a type or a trait, with `self` or without.
    Method,
}

/// A public item.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: Id,
    pub kind: Kind,
    pub path: String,
    pub name: String,
    /// File and line.
    pub place: String,
    pub docs: String,
    /// The type of a method or of an associated constant: an index into the crate's items.
    pub owner: Option<usize>,
    pub takes_self: bool,
    /// The types in what a call of it returns.
    pub gives: BTreeSet<Id>,
    /// Fields and variants: names, and the types in them.
    pub fields: Vec<(String, BTreeSet<Id>)>,
    pub variants: Vec<(String, BTreeSet<Id>)>,
    /// The traits of a type, and what it becomes when it is awaited, iterated or dereferenced.
    pub becomes: BTreeSet<Id>,
    /// The docs of fields and variants.
    pub member_docs: Vec<String>,
    /// The error type of the `Result` that it returns.
    pub error: Option<ErrorType>,
}

/// An error of ours, by its full path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorType {
    pub path: String,
    pub is_enum: bool,
}

/// A crate's JSON.
pub struct Reader<'j> {
    index: &'j Map<String, Value>,
    paths: &'j Map<String, Value>,
    root: Id,
    items: Vec<Item>,
    seen: HashMap<Id, usize>,
}

/// Traits whose associated type is a value that the reader of an example sees next.
const OPENED: [&str; 5] = ["Future", "IntoFuture", "Deref", "Iterator", "Stream"];

impl<'j> Reader<'j> {
    pub fn new(json: &'j Value) -> Option<Self> {
        Some(Self {
            index: json.get("index")?.as_object()?,
            paths: json.get("paths")?.as_object()?,
            root: json.get("root")?.as_u64()?,
            items: Vec::new(),
            seen: HashMap::new(),
        })
    }

    /// All public items, each at the shortest path to it.
    pub fn items(mut self) -> Vec<Item> {
        let name = self.item(self.root).and_then(|root| root["name"].as_str()).unwrap_or_default();
        let mut open = VecDeque::from([(self.root, name.to_owned())]);
        while let Some((id, path)) = open.pop_front() {
            let Some(item) = self.item(id) else { continue };
            let Some((word, inner)) = inner(item) else { continue };
            let below = |name: &Value| format!("{path}::{}", name.as_str().unwrap_or_default());
            if word == "use" {
                let (Some(target), is_glob) = (inner["id"].as_u64(), inner["is_glob"] == true) else {
                    continue;
                };
                if is_glob {
                    let module = self.item(target).and_then(|module| module.get("inner"));
                    let list = module.map(|module| module["module"]["items"].clone()).unwrap_or_default();
                    open.extend(ids(&list).map(|id| (id, path.clone())));
                } else {
                    // The name comes from the `use`, and is put in place of the item's own.
                    self.visit(target, below(&inner["name"]), &mut open);
                }
            } else if id == self.root {
                self.visit(id, path, &mut open);
            } else {
                self.visit(id, below(&item["name"]), &mut open);
            }
        }
        self.items
    }

    fn item(&self, id: Id) -> Option<&'j Value> {
        self.index.get(&id.to_string())
    }

    fn visit(&mut self, id: Id, path: String, open: &mut VecDeque<(Id, String)>) {
        let Some((item, (word, inner))) = self.item(id).and_then(|item| Some((item, inner(item)?))) else {
            return;
        };
        // A `use` may name a private module too, which it does not make public.
        if self.seen.contains_key(&id) || !self.is_public(id) {
            return;
        }
        let kind = match word {
            "module" => Kind::Module,
            "struct" | "enum" | "union" | "type_alias" => Kind::Type,
            "trait" => Kind::Trait,
            "function" => Kind::Function,
            "macro" | "proc_macro" => Kind::Macro,
            "constant" | "static" => Kind::Constant,
            _ => return,
        };
        if kind == Kind::Module {
            open.extend(ids(&inner["items"]).map(|id| (id, path.clone())));
        }
        let mut new = Self::new_item(id, kind, path, item);
        match word {
            "function" => self.signature(&mut new, inner),
            "type_alias" | "constant" | "static" => types(&inner["type"], &mut new.gives),
            "struct" => self.fields(&mut new, ids(&inner["kind"]["plain"]["fields"])),
            "enum" => self.variants(&mut new, inner),
            _ => {}
        }
        let mut members: Vec<Id> = Vec::new();
        if kind == Kind::Trait {
            members.extend(ids(&inner["items"]));
        }
        for id in ids(&inner["impls"]) {
            let Some(block) = self.item(id).map(|block| &block["inner"]["impl"]) else { continue };
            if block["trait"].is_null() {
                members.extend(ids(&block["items"]).filter(|&id| self.is_public(id)));
            } else {
                self.implemented(&mut new, block);
            }
        }
        let owner = self.items.len();
        self.seen.insert(id, owner);
        self.items.push(new);
        for id in members {
            self.member(id, owner);
        }
    }

    fn is_public(&self, id: Id) -> bool {
        self.item(id).is_some_and(|item| item["visibility"] == "public")
    }

    fn member(&mut self, id: Id, owner: usize) {
        let Some((item, (word, inner))) = self.item(id).and_then(|item| Some((item, inner(item)?))) else {
            return;
        };
        let Some(path) = self.items.get(owner).map(|owner| owner.path.clone()) else { return };
        let path = format!("{path}::{}", item["name"].as_str().unwrap_or_default());
        let kind = match word {
            "function" => Kind::Method,
            "assoc_const" => Kind::Constant,
            _ => return,
        };
        let mut new = Self::new_item(id, kind, path, item);
        new.owner = Some(owner);
        self.signature(&mut new, inner);
        self.items.push(new);
    }

    fn new_item(id: Id, kind: Kind, path: String, item: &Value) -> Item {
        let span = &item["span"];
        Item {
            id,
            kind,
            name: path.rsplit("::").next().unwrap_or_default().to_owned(),
            path,
            place: format!("{}:{}", span["filename"].as_str().unwrap_or("?"), span["begin"][0]),
            docs: item["docs"].as_str().unwrap_or_default().to_owned(),
            owner: None,
            takes_self: false,
            gives: BTreeSet::new(),
            fields: Vec::new(),
            variants: Vec::new(),
            becomes: BTreeSet::new(),
            member_docs: Vec::new(),
            error: None,
        }
    }

    fn signature(&self, new: &mut Item, inner: &Value) {
        let sig = &inner["sig"];
        new.takes_self =
            sig["inputs"].as_array().is_some_and(|inputs| inputs.iter().any(|input| input[0] == "self"));
        types(&sig["output"], &mut new.gives);
        new.error = result(&sig["output"]).and_then(|result| self.error_type(result));
    }

    fn fields(&self, new: &mut Item, list: impl Iterator<Item = Id>) {
        for field in list.filter_map(|id| self.item(id)) {
            let mut inside = BTreeSet::new();
            types(&field["inner"]["struct_field"], &mut inside);
            new.fields.push((field["name"].as_str().unwrap_or_default().to_owned(), inside));
            new.member_docs.extend(field["docs"].as_str().map(str::to_owned));
        }
    }

    fn variants(&self, new: &mut Item, inner: &Value) {
        for variant in ids(&inner["variants"]).filter_map(|id| self.item(id)) {
            let kind = &variant["inner"]["variant"]["kind"];
            let mut inside = BTreeSet::new();
            for field in
                ids(&kind["tuple"]).chain(ids(&kind["struct"]["fields"])).filter_map(|id| self.item(id))
            {
                types(&field["inner"]["struct_field"], &mut inside);
            }
            new.variants.push((variant["name"].as_str().unwrap_or_default().to_owned(), inside));
            new.member_docs.extend(variant["docs"].as_str().map(str::to_owned));
        }
    }

    fn implemented(&self, new: &mut Item, block: &Value) {
        new.becomes.extend(block["trait"]["id"].as_u64());
        let name = block["trait"]["path"].as_str().and_then(|path| path.rsplit("::").next());
        if name.is_some_and(|name| OPENED.contains(&name)) {
            for associated in ids(&block["items"]).filter_map(|id| self.item(id)) {
                types(&associated["inner"]["assoc_type"]["type"], &mut new.becomes);
            }
        }
    }

    fn full_path(&self, id: &Value) -> Option<(String, &'j str)> {
        let entry = self.paths.get(&id.as_u64()?.to_string())?;
        let parts: Vec<_> = entry["path"].as_array()?.iter().filter_map(Value::as_str).collect();
        Some((parts.join("::"), entry["kind"].as_str()?))
    }

    /// The error in a `Result`, if it is one of ours.
    fn error_type(&self, result: &Value) -> Option<ErrorType> {
        let (alias, _) = self.full_path(&result["id"])?;
        let ours = |path: &str| ErrorType { path: path.to_owned(), is_enum: false };
        let error = &result["args"]["angle_bracketed"]["args"][1]["type"];
        if error.is_null() {
            return match alias.as_str() {
                "flujo::error::Result" => Some(ours("flujo::error::StepError")),
                "flujo::error::RunResult" => Some(ours("flujo::error::Error")),
                _ => None,
            };
        }
        let mut inside = BTreeSet::new();
        types(error, &mut inside);
        inside.into_iter().find_map(|id| {
            let (path, kind) = self.full_path(&id.into())?;
            path.starts_with("flujo").then(|| ErrorType { path, is_enum: kind == "enum" })
        })
    }
}

fn inner(item: &Value) -> Option<(&str, &Value)> {
    item["inner"].as_object()?.iter().next().map(|(word, inner)| (word.as_str(), inner))
}

fn ids(list: &Value) -> impl Iterator<Item = Id> {
    list.as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_u64)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The types and traits that are named anywhere in a type.
fn types(in_type: &Value, found: &mut BTreeSet<Id>) {
    match in_type {
        Value::Object(object) => {
            for (key, value) in object {
                if key == "resolved_path" || key == "trait" {
                    found.extend(value["id"].as_u64());
                }
                types(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| types(value, found)),
        _ => {}
    }
}

/// The `Result` that a function returns, now or by a future.
fn result(in_type: &Value) -> Option<&Value> {
    match in_type {
        Value::Object(object) => object.iter().find_map(|(key, value)| {
            if key != "resolved_path" {
                return result(value);
            }
            match value["path"].as_str().and_then(|path| path.rsplit("::").next()) {
                Some("Result" | "RunResult") => Some(value),
                Some("Pin" | "Box" | "BoxFuture") => result(value),
                _ => None,
            }
        }),
        Value::Array(values) => values.iter().find_map(result),
        _ => None,
    }
}

/// The names that several methods have.
pub fn ambiguous(items: &[Item]) -> HashSet<&str> {
    let mut seen = HashSet::new();
    items
        .iter()
        .filter(|item| item.kind == Kind::Method && !seen.insert(item.name.as_str()))
        .map(|item| item.name.as_str())
        .collect()
}
