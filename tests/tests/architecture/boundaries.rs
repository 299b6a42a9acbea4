//! Invariant 1: services meet only by gRPC and public events. No crate but the binary depends on a service.
use crate::{allows, catches, holds, tree::Tree};

/// The one binary puts all roles together.
const MAY: &str = "services/holdfast/Cargo.toml";

fn no_crate_depends_on_a_service(tree: &Tree) -> Vec<String> {
    let manifests = || tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    let services: Vec<String> = manifests()
        .filter(|file| file.path.starts_with("services/"))
        .filter_map(|file| {
            file.text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        })
        .map(str::to_owned)
        .collect();
    manifests()
        .filter(|file| file.path != MAY && !file.path.starts_with("tests/"))
        .flat_map(|file| {
            let depends = |line: &&str| services.iter().any(|name| is_dependency(line, name));
            file.text.lines().filter(depends).map(|line| format!("{}: {line}", file.path))
        })
        .collect()
}

/// `holdfast-consent.workspace = true`, `holdfast-consent = {…}`, or the package behind another name.
fn is_dependency(line: &str, name: &str) -> bool {
    let named = line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    named || line.contains(&format!("package = \"{name}\""))
}

#[test]
fn no_service_depends_on_another() {
    holds(no_crate_depends_on_a_service);
}

#[test]
fn a_dependency_on_a_service_is_seen() {
    let own = "name = \"holdfast-consent\"\n";
    for line in [
        "holdfast-consent.workspace = true",
        "holdfast-consent = { path = \"../consent\" }",
        "other = { package = \"holdfast-consent\" }",
    ] {
        let tree =
            Tree::planted(&[("services/consent/Cargo.toml", own), ("services/records/Cargo.toml", line)]);
        assert_eq!(no_crate_depends_on_a_service(&tree).len(), 1, "{line}");
        let tree = Tree::planted(&[("services/consent/Cargo.toml", own), ("crates/host/Cargo.toml", line)]);
        assert_eq!(no_crate_depends_on_a_service(&tree).len(), 1, "{line}");
    }
    allows(
        no_crate_depends_on_a_service,
        &[("services/consent/Cargo.toml", own), (MAY, "holdfast-consent.workspace = true")],
    );
}

/// Names of other services' databases or tables would be the other way around the contract.
fn no_service_names_anothers_source(tree: &Tree) -> Vec<String> {
    let includes = ["include!", "include_str!", "include_bytes!", "migrate!", "#[path"];
    tree.rust()
        .filter(|file| file.path.starts_with("services/") && file.package() != "services/holdfast")
        .flat_map(|file| {
            let taken = move |line: &str| {
                includes.iter().any(|word| line.contains(word)) && line.contains("services/")
            };
            let up = move |line: &str| line.contains("migrate!(\"..");
            file.code()
                .filter(move |(_, line)| taken(line) || up(line))
                .map(|(number, _)| format!("{}:{number}", file.path))
        })
        .collect()
}

#[test]
fn no_service_takes_in_anothers_files() {
    holds(no_service_names_anothers_source);
    catches(
        no_service_names_anothers_source,
        &[
            ("services/records/src/views.rs", "sqlx::migrate!(\"../consent/migrations/views\")"),
            ("services/records/src/lib.rs", "include!(\"../../../services/consent/src/lib.rs\");"),
        ],
    );
}
