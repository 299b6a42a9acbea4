//! Sealed parts in a folder of the test's own.
use super::*;
use std::path::PathBuf;
use url::Url;

const PART: usize = parts::PART_BYTES as usize;

struct World {
    dir: tempfile::TempDir,
    objects: Objects,
    key: PaperKey,
}

fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let url = Some(Url::from_directory_path(dir.path()).unwrap());
    let objects = Objects::open(&ObjectStoreSettings { url, ..ObjectStoreSettings::default() }).unwrap();
    World { dir, objects, key: PaperKey::of_bytes([3; 32]) }
}

impl World {
    /// Three parts, the last one short.
    async fn stored(&self, document: u128) -> Parts {
        let document = DocumentId::new(Uuid::from_u128(document));
        let folder = folder(TenantId::new(Uuid::nil()), PatientId::new(Uuid::nil()), document.uuid());
        let names = (1..=3).map(|name| Uuid::from_u128(document.uuid().as_u128() << 8 | name)).collect();
        let of = Parts { document, size_bytes: 2 * parts::PART_BYTES + 5, folder, names };
        for (number, content) in [vec![b'a'; PART], vec![b'b'; PART], b"short".to_vec()].iter().enumerate() {
            self.objects.put(&self.key, &of, number as u64, content, of.names[number]).await.unwrap();
        }
        of
    }

    fn file(&self, of: &Parts, number: usize) -> PathBuf {
        self.dir.path().join(&of.folder).join(of.names[number].to_string())
    }

    async fn read(&self, of: &Parts) -> Result<Vec<Bytes>, ObjectsError> {
        self.objects.all(&self.key, of).try_collect().await
    }
}

fn damaged<T>(read: Result<T, ObjectsError>, at: u64) -> bool {
    matches!(read, Err(ObjectsError::Damaged { number }) if number == at)
}

#[tokio::test]
async fn what_was_put_comes_back_in_order() {
    let world = world();
    let of = world.stored(1).await;
    let read = world.read(&of).await.unwrap();
    assert_eq!(read.iter().map(Bytes::len).collect::<Vec<_>>(), [PART, PART, 5]);
    assert_eq!((read[0][0], read[1][0], &read[2][..]), (b'a', b'b', &b"short"[..]));
}

#[tokio::test]
async fn parts_can_be_neither_swapped_nor_dropped_nor_cut_nor_borrowed() {
    let world = world();
    let of = world.stored(1).await;
    let other = world.stored(2).await;
    let swapped = Parts { names: vec![of.names[1], of.names[0], of.names[2]], ..of.clone() };
    assert!(damaged(world.read(&swapped).await, 0));
    let borrowed = Parts { folder: other.folder.clone(), names: other.names.clone(), ..of.clone() };
    assert!(damaged(world.read(&borrowed).await, 0));
    // Somebody who can change what the database says of the size cannot make a shorter document of it either.
    let shorter = Parts { size_bytes: 2 * parts::PART_BYTES, ..of.clone() };
    assert!(damaged(world.read(&shorter).await, 1));
    let longer = Parts { size_bytes: of.size_bytes + 1, ..of.clone() };
    assert!(damaged(world.read(&longer).await, 2));
    let file = world.file(&of, 1);
    let sealed = std::fs::read(&file).unwrap();
    std::fs::write(&file, &sealed[..sealed.len() - 1]).unwrap();
    assert!(damaged(world.read(&of).await, 1));
    std::fs::write(&file, [&sealed[..], &[0; 100]].concat()).unwrap();
    assert!(damaged(world.read(&of).await, 1));
    std::fs::remove_file(&file).unwrap();
    assert!(damaged(world.read(&of).await, 1));
}

#[tokio::test]
async fn a_part_that_went_on_later_does_not_stand_in_for_the_whole_one() {
    let world = world();
    let of = world.stored(1).await;
    // The same place, but fewer bytes had arrived.
    let early = Uuid::from_u128(77);
    world.objects.put(&world.key, &of, 1, b"beginning", early).await.unwrap();
    let stale = Parts { names: vec![of.names[0], early, of.names[2]], ..of.clone() };
    assert!(damaged(world.read(&stale).await, 1));
    assert_eq!(world.objects.get(&world.key, &stale, 1, 9).await.unwrap(), "beginning");
}

#[tokio::test]
async fn clearing_leaves_what_is_named_and_other_folders() {
    let world = world();
    let (of, other) = (world.stored(1).await, world.stored(2).await);
    world.objects.clear(&of.folder, &of.names[1..2]).await.unwrap();
    let there: Vec<bool> = (0..3).map(|number| world.file(&of, number).exists()).collect();
    assert_eq!(there, [false, true, false]);
    world.objects.clear(&of.folder, &[]).await.unwrap();
    world.objects.delete(&of.folder, of.names[0]).await.unwrap();
    assert_eq!(world.read(&other).await.unwrap().len(), 3);
}

#[test]
fn a_store_must_be_named() {
    let unset = Objects::open(&ObjectStoreSettings::default()).map(|_| ()).unwrap_err();
    assert_eq!(unset.to_string(), "HOLDFAST_OBJECT_STORE is needed here and is not set");
}
