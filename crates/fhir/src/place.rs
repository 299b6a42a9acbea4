//! Where in a bundle something stands, written as people point at it: `Bundle.entry[12].resource.code`.
use std::fmt;

/// Built on the stack while walking, so that naming a place costs nothing until something is wrong there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    Root(&'static str),
    Field(&'a Place<'a>, &'a str),
    Index(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    pub(crate) const fn field(&'a self, name: &'a str) -> Self {
        Self::Field(self, name)
    }

    pub(crate) const fn index(&'a self, position: usize) -> Self {
        Self::Index(self, position)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Field(parent, name) if is_element_name(name) => write!(f, "{parent}.{name}"),
            // A property name is input too: what is not shaped like one is not repeated in a message.
            Self::Field(parent, _) => write!(f, "{parent}.?"),
            Self::Index(parent, position) => write!(f, "{parent}[{position}]"),
        }
    }
}

fn is_element_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_reads_as_people_point_at_it() {
        let bundle = Place::Root("Bundle");
        let entries = bundle.field("entry");
        let entry = entries.index(12);
        let resource = entry.field("resource");
        assert_eq!(resource.field("code").to_string(), "Bundle.entry[12].resource.code");
        assert_eq!(resource.field("Ann Example, born 2019").to_string(), "Bundle.entry[12].resource.?");
    }
}
