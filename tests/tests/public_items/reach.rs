//! Which items an example reaches. A method is reached by a call of its name where a value of its type is at hand: the example
//! is on the page of the type, names the type, or calls what returns it. A type is reached where it is named, or where a value of
//! it is at hand and a method or field of it is used. All else is reached by its name.

use crate::examples::Example;
use crate::items::{Id, Item, Kind, ambiguous};
use std::collections::{HashMap, HashSet};

/// The items of one crate, by what examples say.
pub struct Lookup<'i> {
    items: &'i [Item],
    types: HashMap<Id, usize>,
    by_path: HashMap<&'i str, usize>,
    members: HashMap<usize, Vec<usize>>,
    ambiguous: HashSet<&'i str>,
}

impl<'i> Lookup<'i> {
    pub fn new(items: &'i [Item]) -> Self {
        let is_type = |item: &Item| matches!(item.kind, Kind::Type | Kind::Trait);
        let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
        for (i, item) in items.iter().enumerate() {
            if let Some(owner) = item.owner {
                members.entry(owner).or_default().push(i);
            }
        }
        Self {
            items,
            types: items
                .iter()
                .enumerate()
                .filter(|(_, item)| is_type(item))
                .map(|(i, item)| (item.id, i))
                .collect(),
            by_path: items.iter().enumerate().map(|(i, item)| (item.path.as_str(), i)).collect(),
            members,
            ambiguous: ambiguous(items),
        }
    }

    /// The items that at least one of the examples reaches.
    pub fn reached(&self, examples: &[&Example]) -> HashSet<usize> {
        let mut found = HashSet::new();
        for example in examples {
            self.by_one(example, &mut found);
        }
        found
    }

    fn by_one(&self, example: &Example, found: &mut HashSet<usize>) {
        let code = &example.code;
        let mut open: Vec<Id> = Vec::new();
        for (i, item) in self.items.iter().enumerate() {
            let named = match item.kind {
                Kind::Module => code.heads.contains(&item.name),
                Kind::Method => false,
                // That of a trait is written at each type that has it: `welcome::GRAPH`.
                Kind::Constant => {
                    let owner = item.owner.and_then(|owner| self.items.get(owner));
                    owner.is_none_or(|owner| owner.kind == Kind::Trait) && code.words.contains(&item.name)
                }
                _ => code.words.contains(&item.name),
            };
            if named {
                found.insert(i);
                open.push(item.id);
                open.extend(&item.gives);
            }
            // What `#[step]` makes of a function returns it.
            if item.path == "flujo::StepCall"
                && (code.words.contains("pipeline") || code.words.contains("step"))
            {
                open.push(item.id);
            }
            // A name that is used once needs no type.
            if item.kind == Kind::Method
                && item.takes_self
                && code.called.contains(&item.name)
                && !self.ambiguous.contains(item.name.as_str())
            {
                found.insert(i);
                open.extend(&item.gives);
                if let Some(owner) = item.owner {
                    found.insert(owner);
                }
            }
        }
        // The page of a type, or of a member of it.
        let mut page = example.page.as_str();
        while let Some((above, _)) = page.rsplit_once("::") {
            open.extend(self.by_path.get(page).and_then(|&i| self.items.get(i)).map(|item| item.id));
            page = above;
        }
        let mut at_hand = HashSet::new();
        while let Some(id) = open.pop() {
            if at_hand.insert(id)
                && let Some(&i) = self.types.get(&id)
            {
                self.use_of(i, example, found, &mut open);
            }
        }
    }

    /// What the example does with a value of a type that is at hand.
    fn use_of(&self, i: usize, example: &Example, found: &mut HashSet<usize>, open: &mut Vec<Id>) {
        let code = &example.code;
        let Some(of) = self.items.get(i) else { return };
        open.extend(&of.becomes);
        open.extend(&of.gives);
        let by_path = |name: &str| {
            let is = |head: &str| code.paths.contains(&(head.to_owned(), name.to_owned()));
            is(&of.name) || is("Self")
        };
        for (name, inside) in &of.fields {
            if code.fields.contains(name) {
                found.insert(i);
                open.extend(inside);
            }
        }
        for (name, inside) in &of.variants {
            if by_path(name) {
                found.insert(i);
                open.extend(inside);
            }
        }
        for &m in self.members.get(&i).map(Vec::as_slice).unwrap_or_default() {
            let Some(member) = self.items.get(m) else { continue };
            let used = by_path(&member.name)
                || (member.takes_self || of.kind == Kind::Trait)
                    && member.kind == Kind::Method
                    && code.called.contains(&member.name);
            if used {
                found.extend([i, m]);
                open.extend(&member.gives);
            }
        }
    }
}
