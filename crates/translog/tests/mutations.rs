//! Whatever is edited, deleted, inserted, reordered, cut off, repeated or forked, at random, is caught; an intact log never is.
#![cfg(test)]
mod world;

use holdfast_translog::{CHECKPOINT_PATH, Line, Placed, Scope, VerifyError};
use proptest::prelude::*;
use world::{Chosen, Files, PATIENTS, World, lines, text, trust, verify, verify_files, verify_public};

fn batches() -> impl Strategy<Value = Vec<Vec<Chosen>>> {
    prop::collection::vec(prop::collection::vec(any::<Chosen>(), 1..40), 2..6)
}

/// A log with more than one bundle, now and then.
fn long() -> impl Strategy<Value = Vec<Vec<Chosen>>> {
    prop::collection::vec(prop::collection::vec(any::<Chosen>(), 1..300), 1..4)
}

#[derive(Debug, Clone, Copy)]
enum Mutation {
    Edit,
    Delete,
    Insert,
    Swap,
    Truncate,
    Duplicate,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    use Mutation::{Delete, Duplicate, Edit, Insert, Swap, Truncate};
    prop::sample::select(vec![Edit, Delete, Insert, Swap, Truncate, Duplicate])
}

fn placed(line: &mut Line) -> Option<&mut Placed> {
    match line {
        Line::Entry(placed) => Some(placed),
        _ => None,
    }
}

/// Changes the entries at two places of choice; whether they are numbered anew afterwards is a choice, too.
fn mutated(
    export: &[Line],
    how: Mutation,
    [one, two]: [prop::sample::Index; 2],
    renumber: bool,
) -> Vec<Line> {
    let mut lines = export.to_vec();
    let first = lines.iter().position(|line| matches!(line, Line::Entry(_))).unwrap();
    let entries = lines.len() - first;
    let (one, two) = (first + one.index(entries), first + two.index(entries));
    match how {
        Mutation::Edit => {
            let bytes = &mut placed(&mut lines[one]).unwrap().bytes;
            let bit = two % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        Mutation::Delete => drop(lines.remove(one)),
        Mutation::Insert => lines.insert(one, export[two].clone()),
        Mutation::Swap => lines.swap(one, two),
        Mutation::Truncate => lines.truncate(one),
        Mutation::Duplicate => lines.insert(one + 1, export[one].clone()),
    }
    if renumber {
        let numbers = export.iter().filter_map(|line| match line {
            Line::Entry(placed) => Some(placed.index),
            _ => None,
        });
        lines
            .iter_mut()
            .filter_map(placed)
            .zip(numbers.chain(1 << 40..))
            .for_each(|(placed, index)| placed.index = index);
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn an_intact_log_verifies_in_every_form(batches in batches()) {
        let world = World::of(&batches);
        let (size, count) = (world.entries.len() as u64, world.signed.len() as u64);
        let earlier: Vec<Vec<u8>> = world.signed.iter().map(|signed| signed.to_text().into_bytes()).collect();
        let trust = trust().and_earlier(earlier);
        let whole = verify(&world.export(), &trust).unwrap();
        prop_assert_eq!((whole.entries, whole.checkpoint.size, whole.older), (size, size, count - 1));
        let tiles = verify_files(&world.files, &trust).unwrap();
        prop_assert_eq!((tiles.patients, tiles.lanes), (whole.patients, whole.lanes));
        prop_assert_eq!(verify_public(&world.files, &trust).unwrap(), tiles, "the entries are given");
        let public = verify_public(&world.files.public(), &trust).unwrap();
        prop_assert_eq!((public.scope, public.time, public.entries, public.older), (Scope::Hashes, None, size, count - 1));
        prop_assert!(verify_files(&world.files.public(), &trust).is_err());
        let mut patients = 0;
        for number in 0..PATIENTS {
            if let Some(export) = world.export_of(number) {
                let verified = verify(&export, &trust).unwrap();
                prop_assert!(verified.entries > 0);
                prop_assert_eq!(verified.time, whole.time);
                patients += 1;
            }
        }
        prop_assert_eq!(patients, whole.patients);
    }

    #[test]
    fn a_changed_log_is_caught(
        batches in batches(), how in mutation(), places in any::<[prop::sample::Index; 2]>(), renumber in any::<bool>(),
    ) {
        let export = World::of(&batches).export();
        let changed = mutated(&export, how, places, renumber);
        prop_assume!(changed != export);
        prop_assert!(verify(&changed, &trust()).is_err());
    }

    #[test]
    fn a_changed_history_of_a_patient_is_caught(
        batches in batches(), how in mutation(), places in any::<[prop::sample::Index; 2]>(), renumber in any::<bool>(),
    ) {
        let world = World::of(&batches);
        for export in (0..PATIENTS).filter_map(|number| world.export_of(number)) {
            let changed = mutated(&export, how, places, renumber);
            if changed != export {
                prop_assert!(verify(&changed, &trust()).is_err());
            }
        }
    }

    #[test]
    fn one_bit_anywhere_in_the_text_of_an_export_is_caught(
        batches in batches(), place in any::<prop::sample::Index>(), bit in 0..8_u8,
    ) {
        let world = World::of(&batches);
        for export in (0..PATIENTS).filter_map(|number| world.export_of(number)).chain([world.export()]) {
            let mut bytes = text(&export);
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            // A proof of consistency is needed by whoever holds an earlier checkpoint alone.
            let changed = lines(&bytes);
            let is_spare = |lines: &Vec<Line>| lines.iter().zip(&export).all(|(now, then)| now == then || matches!(then, Line::Consistency(_)));
            if changed.as_ref().is_none_or(|lines| *lines != export && !is_spare(lines)) {
                prop_assert!(holdfast_translog::verify_export(bytes.as_slice(), &trust()).is_err());
            }
        }
    }

    #[test]
    fn a_line_that_is_missing_moved_or_repeated_is_caught(
        batches in batches(), places in any::<[prop::sample::Index; 2]>(), how in 0..3_u8,
    ) {
        let world = World::of(&batches);
        // All of a patient's lines, but the consistency proofs: who holds no earlier checkpoint needs none of them.
        for mut export in (0..PATIENTS).filter_map(|number| world.export_of(number)) {
            export.retain(|line| !matches!(line, Line::Consistency(_)));
            let [one, two] = places.map(|place| place.index(export.len()));
            let mut changed = export.clone();
            match how {
                0 => drop(changed.remove(one)),
                1 => changed.swap(one, two),
                _ => changed.insert(two, export[one].clone()),
            }
            if changed != export {
                prop_assert!(verify(&changed, &trust()).is_err());
            }
        }
    }

    #[test]
    fn a_fork_is_caught_by_whoever_saw_the_other_branch(shared in batches(), rest in batches()) {
        let [one, other] = World::forked(&shared, &rest);
        verify(&one.export(), &trust()).unwrap();
        verify(&other.export(), &trust()).unwrap();
        let seen = one.newest().to_text().into_bytes();
        let trust = trust().and_earlier(vec![seen]);
        verify(&one.export(), &trust).unwrap();
        let forked = verify(&other.export(), &trust).unwrap_err();
        prop_assert!(matches!(forked, VerifyError::Forked { .. }), "{}", forked);
        prop_assert!(verify_files(&other.files, &trust).is_err());
        let forked = verify_public(&other.files.public(), &trust).unwrap_err();
        prop_assert!(matches!(forked, VerifyError::Forked { .. }), "{}", forked);
        for number in 0..PATIENTS {
            if let Some(export) = other.export_of(number) {
                prop_assert!(verify(&export, &trust).is_err());
            }
        }
        // However much longer the other branch has become.
        let mut longer = other;
        longer.append(&shared[0]);
        for forked in [verify(&longer.export(), &trust).unwrap_err(), verify_files(&longer.files, &trust).unwrap_err()] {
            prop_assert!(matches!(forked, VerifyError::Forked { .. }), "{}", forked);
        }
        let [_, other] = World::forked(&shared, &rest);
        // The branches' checkpoints next to one another, over the entries of either.
        for (lines, note) in [(one.export(), &other), (other.export(), &one)] {
            let mut mixed = lines.clone();
            mixed.insert(1 + one.signed.len(), Line::Checkpoint(note.newest().to_text()));
            prop_assert!(verify(&mixed, &self::trust()).is_err());
        }
    }

    #[test]
    fn a_log_that_went_back_is_caught_by_whoever_saw_more(batches in batches()) {
        let (whole, earlier) = (World::of(&batches), World::of(&batches[..batches.len() - 1]));
        let trust = trust().and_earlier(vec![whole.newest().to_text().into_bytes()]);
        let back = verify(&earlier.export(), &trust).unwrap_err();
        prop_assert!(matches!(back, VerifyError::WentBack { .. }), "{}", back);
        let back = verify_files(&earlier.files, &trust).unwrap_err();
        prop_assert!(matches!(back, VerifyError::WentBack { .. }), "{}", back);
    }

    #[test]
    fn what_is_left_out_of_a_patients_history_is_caught(batches in batches(), shown in any::<prop::sample::Index>()) {
        let (whole, earlier) = (World::of(&batches), World::of(&batches[..batches.len() - 1]));
        for number in 0..PATIENTS {
            let Some(export) = whole.export_of(number) else { continue };
            let entries = export.iter().filter(|line| matches!(line, Line::Entry(_))).count();
            let fewer = &export[..export.len() - entries + shown.index(entries)];
            let omitted = verify(fewer, &trust()).unwrap_err();
            prop_assert!(matches!(omitted, VerifyError::Omitted { .. }), "{}", omitted);
            // A head of an earlier checkpoint, which says of fewer.
            let head = |lines: &[Line]| lines.iter().find(|line| matches!(line, Line::Head(_))).cloned();
            if let Some(old) = earlier.export_of(number).and_then(|lines| head(&lines)).filter(|old| Some(old) != head(&export).as_ref()) {
                let with = |line: &Line| if matches!(line, Line::Head(_)) { old.clone() } else { line.clone() };
                let stale: Vec<Line> = export.iter().map(with).collect();
                prop_assert!(matches!(verify(&stale, &trust()), Err(VerifyError::Head(_))));
            }
        }
    }
}

/// What a tile consists of: hashes, or entries with their lengths.
fn pieces(path: &str, mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let length = match path.starts_with("tile/entries/") {
            true => 2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]])),
            false => 32,
        };
        let (piece, rest) = bytes.split_at(length);
        pieces.push(piece.to_vec());
        bytes = rest;
    }
    pieces
}

/// One of the files edited, cut, removed, with another's content, or, of a tile, with a piece more, less, twice or elsewhere; which, and
/// whether it is another now.
fn changed_file(
    files: &Files,
    needed: &[String],
    places: [prop::sample::Index; 2],
    how: u8,
    at: prop::sample::Index,
) -> (Files, String, bool) {
    let mut files = files.clone();
    let [one, two] = places.map(|place| needed[place.index(needed.len())].clone());
    let bytes = files.0[&one].clone();
    let is_tile = |path: &str| path.starts_with("tile/");
    if how > 3 && is_tile(&one) && is_tile(&two) {
        let mut own = pieces(&one, &bytes);
        let others = pieces(&two, &files.0[&two]);
        let (place, other) = (at.index(own.len()), at.index(others.len()));
        let last = own.len() - 1;
        match how {
            4 => own.insert(place, others[other].clone()),
            5 => own.insert(place, own[place].clone()),
            6 => own.swap(place, last),
            _ => drop(own.remove(place)),
        }
        files.0.insert(one.clone(), own.concat());
        let changed = files.0[&one] != bytes;
        return (files, one, changed);
    }
    let at = at.index(bytes.len());
    match how {
        0 => files.0.get_mut(&one).unwrap()[at] ^= 1,
        1 => files.0.get_mut(&one).unwrap().truncate(at),
        2 => drop(files.0.remove(&one)),
        _ => drop(files.0.insert(one.clone(), files.0[&two].clone())),
    }
    let changed = files.0.get(&one) != Some(&bytes);
    (files, one, changed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_changed_file_of_the_log_is_caught(
        batches in long(), places in any::<[prop::sample::Index; 2]>(), how in 0..8_u8, at in any::<prop::sample::Index>(),
    ) {
        let world = World::of(&batches);
        verify_files(&world.files, &trust()).unwrap();
        let needed = world.needed();
        let (files, one, changed) = changed_file(&world.files, &needed, places, how, at);
        prop_assert!(!changed || verify_files(&files, &trust()).is_err(), "{} of {:?}", one, needed);
    }

    #[test]
    fn without_the_entries_a_changed_file_of_the_log_is_caught(
        batches in long(), places in any::<[prop::sample::Index; 2]>(), how in 0..8_u8, at in any::<prop::sample::Index>(),
    ) {
        let world = World::of(&batches);
        let mut needed = world.needed();
        needed.retain(|path| !path.starts_with("tile/entries/"));
        let (files, one, changed) = changed_file(&world.files.public(), &needed, places, how, at);
        prop_assert!(!changed || verify_public(&files, &trust()).is_err(), "{} of {:?}", one, needed);
    }
}

#[test]
fn errors_name_what_and_where() {
    let world = World::of(&[vec![(0, 0), (1, 1), (0, 2)], vec![(0, 0)]]);
    let path = "tile/0/000.p/6";
    let mut files = world.files.clone();
    files.0.get_mut(path).unwrap().pop();
    let chain = |error: &dyn std::error::Error| {
        std::iter::successors(Some(error), |error| error.source())
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ")
    };
    let said = |error: VerifyError| chain(&error);
    assert_eq!(
        said(verify_files(&files, &trust()).unwrap_err()),
        "a tile is not what the log signs: tile/0/000.p/6 is 191 bytes long instead of 192"
    );
    files.0.remove(path);
    assert_eq!(
        said(verify_files(&files, &trust()).unwrap_err()),
        "a tile is not what the log signs: tile/0/000.p/6 is missing"
    );
    files.0.remove(CHECKPOINT_PATH);
    assert_eq!(said(verify_files(&files, &trust()).unwrap_err()), "there is no checkpoint to verify against");

    let mut export = world.export();
    let Line::Entry(first) = export[3].clone() else { unreachable!() };
    export.push(Line::Entry(Placed { index: 6, ..first.clone() }));
    assert_eq!(
        said(verify(&export, &trust()).unwrap_err()),
        "entry 6 is beyond the tree, which holds 6 entries"
    );
    export.truncate(8);
    assert_eq!(said(verify(&export, &trust()).unwrap_err()), "there are 5 entries, the checkpoint is of 6");
    export.truncate(4);
    export.push(Line::Entry(Placed { index: 1, ..first }));
    assert_eq!(
        said(verify(&export, &trust()).unwrap_err()),
        "entry 1: number 1 stands where number 2 of lane 0 of records belongs"
    );
    export.pop();
    export.push(Line::Entry(Placed { index: 1, bytes: vec![1, 1, 3], proof: Vec::new() }));
    assert_eq!(
        said(verify(&export, &trust()).unwrap_err()),
        "entry 1 is malformed: the entry ends inside its service"
    );
    let cut = &text(&world.export())[..40];
    assert_eq!(
        said(holdfast_translog::verify_export(cut, &trust()).unwrap_err()),
        "the export cannot be read: line 1 of the export is cut off"
    );
}
