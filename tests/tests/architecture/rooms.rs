//! Every service has the same rooms, so that who knows one knows all.
use crate::{holds, tree::Tree};

const SERVICES: &[&str] = &["identity", "records", "documents", "consent", "messaging", "audit"];
const ROOMS: &[&str] = &["lib", "config", "domain", "app", "api", "views"];

fn every_service_has_its_rooms(tree: &Tree) -> Vec<String> {
    let mut missing = Vec::new();
    for service in SERVICES {
        let dir = format!("services/{service}");
        let has = |room: &str| {
            tree.find(&format!("{dir}/src/{room}.rs")).is_some()
                || tree.any_under(&format!("{dir}/src/{room}/"))
        };
        missing
            .extend(ROOMS.iter().filter(|room| !has(room)).map(|room| format!("{dir} has no room `{room}`")));
        let has_events = tree.rust().any(|file| {
            file.path.starts_with(&format!("{dir}/src/domain")) && file.text.contains("Event for ")
        });
        if has_events && !has("public") {
            missing.push(format!("{dir} has events and no room `public`"));
        }
        for folder in ["migrations", "tests"] {
            if !tree.any_under(&format!("{dir}/{folder}/")) {
                missing.push(format!("{dir} has no {folder}"));
            }
        }
        if !tree.any_under(&format!("proto/holdfast/{service}/v1/")) {
            missing.push(format!("{service} has no contract"));
        }
    }
    missing
}

#[test]
fn services_have_the_same_rooms() {
    holds(every_service_has_its_rooms);
}

#[test]
fn a_missing_room_is_seen() {
    let whole: Vec<(String, String)> = SERVICES
        .iter()
        .flat_map(|service| {
            let src = ROOMS.iter().map(move |room| format!("services/{service}/src/{room}.rs"));
            let beside = ["migrations/1.sql", "tests/a.rs", "src/public.rs"]
                .map(|path| format!("services/{service}/{path}"));
            src.chain(beside).chain([format!("proto/holdfast/{service}/v1/a.proto")])
        })
        .map(|path| (path, "impl Event for X".to_owned()))
        .collect();
    let without = |left_out: &str| {
        let kept: Vec<(&str, &str)> = whole
            .iter()
            .filter(|(path, _)| path != left_out)
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        every_service_has_its_rooms(&Tree::planted(&kept)).len()
    };
    assert_eq!(without(""), 0);
    for (path, _) in &whole {
        assert_eq!(without(path), 1, "{path}");
    }
}
