//! The source tree as text: this project's, or one planted by a rule's own test.
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where our own sources are.
const ROOTS: &[&str] = &["crates", "services", "tests", "proto", "web", "scripts", "deploy", "k8s"];
/// Made or fetched, not written.
const NOT_OURS: &[&str] = &["node_modules", "target", "__pycache__"];

pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

pub(crate) struct File {
    /// From the project's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tree {
    pub(crate) fn of_this_project() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut tree = Self { files: Vec::new() };
        let mut dirs: Vec<PathBuf> =
            ROOTS.iter().map(|dir| root.join(dir)).filter(|dir| dir.exists()).collect();
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(&dir).unwrap().map(Result::unwrap) {
                let (path, name) = (entry.path(), entry.file_name());
                if NOT_OURS.iter().any(|other| name == *other) {
                    continue;
                }
                if entry.file_type().unwrap().is_dir() {
                    dirs.push(path);
                } else if let Ok(text) = fs::read_to_string(&path) {
                    let path = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                    tree.files.push(File { path, text });
                }
            }
        }
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(tree.files.len() > 200, "this is not the project's tree");
        tree
    }

    pub(crate) fn planted(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        Self { files: files.iter().map(file).collect() }
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    pub(crate) fn find(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn any_under(&self, start: &str) -> bool {
        self.files.iter().any(|file| file.path.starts_with(start))
    }
}

impl File {
    /// `services/consent` of `services/consent/src/lib.rs`.
    pub(crate) fn package(&self) -> &str {
        let second = self.path.match_indices('/').nth(1);
        second.map_or(&self.path, |(end, _)| &self.path[..end])
    }

    /// Whether it stands in a room of that name: `views.rs`, or anything in `views/`.
    pub(crate) fn is_in_room(&self, room: &str) -> bool {
        self.path.split('/').any(|part| part == room || part.strip_suffix(".rs") == Some(room))
    }

    /// The integration tests of a crate or service.
    pub(crate) fn is_black_box_test(&self) -> bool {
        self.path.split('/').nth(2) == Some("tests")
    }

    /// Lines with their numbers, without comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, without_comment(line)))
    }

    /// Every line that holds one of the words as a word.
    pub(crate) fn lines_with<'a>(&'a self, words: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        self.code().flat_map(move |(number, line)| {
            let found = words.iter().filter(move |word| has_word(line, word));
            found.map(move |word| format!("{}:{number}: `{word}`", self.path))
        })
    }
}

/// A comment begins outside of quotation marks; an address such as `https://` stands inside of them.
fn without_comment(line: &str) -> &str {
    let begins = |at: &usize| line[..*at].matches('"').count().is_multiple_of(2);
    line.match_indices("//").map(|(at, _)| at).find(begins).map_or(line, |at| &line[..at])
}

/// `tokio` is a word of `tokio::spawn`, not of `my_tokio_thing`.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    let is_inside =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    line.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| line.as_bytes().get(before));
        !is_inside(before) && !is_inside(line.as_bytes().get(at + word.len()))
    })
}

#[test]
fn comments_are_not_code_and_words_are_whole() {
    assert_eq!(without_comment(r#"let a = "https://x"; // tokio"#), r#"let a = "https://x"; "#);
    assert_eq!(without_comment("//! tokio"), "");
    assert!(has_word("use tokio::spawn;", "tokio"));
    assert!(!has_word("use my_tokio::spawn;", "tokio"));
    assert!(!has_word("tokio_stream::iter", "tokio"));
}

#[test]
fn rooms_are_files_and_folders() {
    let tree = Tree::planted(&[
        ("services/a/src/views.rs", ""),
        ("services/a/src/views/rows.rs", ""),
        ("services/a/src/reviews.rs", ""),
    ]);
    let rooms: Vec<bool> = tree.files.iter().map(|file| file.is_in_room("views")).collect();
    assert_eq!(rooms, [true, true, false]);
    assert_eq!(tree.files[0].package(), "services/a");
}
