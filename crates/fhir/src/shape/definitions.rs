//! The R4 definitions of the types we map, read from the compact tables under `definitions/`.
//!
//! `name*!:Type(codes)` is an element, `*` a list, `!` one that must be there; `value[Quantity,string]` is a choice of
//! one form; `@` is a group defined as `Type.element`, `@Type.element` one defined elsewhere; `...` leaves the rest open.
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use super::primitive::Primitive;

pub(super) static DEFINITIONS: LazyLock<Definitions> = LazyLock::new(|| {
    let mut types = HashMap::new();
    for table in TABLES {
        read_table(table, &mut types);
    }
    Definitions { types }
});

const TABLES: &[&str] = &[
    include_str!("../../definitions/datatypes.txt"),
    include_str!("../../definitions/health.txt"),
    include_str!("../../definitions/measures.txt"),
    include_str!("../../definitions/medicines.txt"),
    include_str!("../../definitions/money.txt"),
    include_str!("../../definitions/papers.txt"),
    include_str!("../../definitions/people.txt"),
    include_str!("../../definitions/plans.txt"),
    include_str!("../../definitions/visits.txt"),
];

pub(super) struct Definitions {
    types: HashMap<&'static str, Type>,
}

impl Definitions {
    pub(super) fn get(&self, name: &str) -> Option<&Type> {
        self.types.get(name)
    }
}

#[derive(Default)]
pub(super) struct Type {
    pub(super) elements: BTreeMap<String, Element>,
    /// What must be there: one of these names.
    pub(super) required: Vec<(String, Vec<String>)>,
    /// Of these names at most one.
    pub(super) choices: Vec<(String, Vec<String>)>,
    /// Elements beyond those named are expected.
    pub(super) open: bool,
}

pub(super) struct Element {
    pub(super) many: bool,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Primitive(Primitive),
    /// A code of a closed list.
    Code(Vec<&'static str>),
    /// A group or data type by its name; the codes of which one must be present, when any are given.
    Complex(String, Vec<&'static str>),
    /// A reference, and the types it may lead to; none given, any.
    Reference(Vec<&'static str>),
}

fn read_table(table: &'static str, types: &mut HashMap<&'static str, Type>) {
    let mut current: Option<&'static str> = None;
    for line in table.lines() {
        let elements = match line.split_once(" =") {
            Some((name, rest)) if !line.starts_with(' ') => {
                current = Some(name);
                rest
            }
            _ => line,
        };
        let Some(name) = current else { continue };
        let defined = types.entry(name).or_default();
        for word in elements.split_whitespace() {
            read_element(name, word, defined);
        }
    }
}

fn read_element(owner: &str, word: &'static str, defined: &mut Type) {
    if word == "..." {
        defined.open = true;
    } else if let Some((stem, rest)) = word.split_once('[') {
        let (kinds, tail) = rest.rsplit_once(']').unwrap_or((rest, ""));
        let mut names = Vec::new();
        for kind in kinds.split(',') {
            let name = format!("{stem}{}", capitalised(kind.split('(').next().unwrap_or(kind)));
            defined
                .elements
                .insert(name.clone(), Element { many: false, kind: read_kind(owner, stem, kind) });
            names.push(name);
        }
        if tail == "!" {
            defined.required.push((format!("{stem}[x]"), names.clone()));
        }
        defined.choices.push((format!("{stem}[x]"), names));
    } else if let Some((marked, kind)) = word.split_once(':') {
        let name = marked.trim_end_matches('!').trim_end_matches('*');
        if marked.ends_with('!') {
            defined.required.push((name.to_owned(), vec![name.to_owned()]));
        }
        let element = Element { many: marked.contains('*'), kind: read_kind(owner, name, kind) };
        defined.elements.insert(name.to_owned(), element);
    }
}

fn read_kind(owner: &str, element: &str, word: &'static str) -> Kind {
    let (name, bound) =
        word.split_once('(').map_or((word, ""), |(name, rest)| (name, rest.trim_end_matches(')')));
    let bound: Vec<&'static str> = bound.split('|').filter(|code| !code.is_empty()).collect();
    match (name, Primitive::parse(name)) {
        ("code", _) if !bound.is_empty() => Kind::Code(bound),
        (_, Some(primitive)) => Kind::Primitive(primitive),
        ("Reference", None) => Kind::Reference(bound),
        ("@", None) => Kind::Complex(format!("{owner}.{element}"), bound),
        ("Age" | "Duration" | "Count" | "Distance", None) => Kind::Complex("Quantity".to_owned(), bound),
        (other, None) => Kind::Complex(other.trim_start_matches('@').to_owned(), bound),
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::{DEFINITIONS, Kind};

    #[test]
    fn every_kind_that_a_table_names_is_defined() {
        let missing: Vec<_> = DEFINITIONS
            .types
            .iter()
            .flat_map(|(owner, defined)| {
                defined.elements.iter().map(move |(name, element)| (owner, name, element))
            })
            .filter_map(|(owner, name, element)| match &element.kind {
                Kind::Complex(kind, _) if DEFINITIONS.get(kind).is_none() => {
                    Some(format!("{owner}.{name}: {kind}"))
                }
                _ => None,
            })
            .collect();
        assert!(missing.is_empty(), "{missing:#?}");
        assert!(DEFINITIONS.types.len() > 150);
    }
}
