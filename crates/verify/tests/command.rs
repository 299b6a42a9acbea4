//! `holdfast-verify` as an outsider runs it: on an export, on a folder, on an address; what it says, and how it exits.
#![cfg(test)]
use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri},
    response::IntoResponse as _,
};
use chrono::DateTime;
use holdfast_translog::{
    CHECKPOINT_PATH, Chain, Checkpoint, Event, PatientPart, Sequence, SignedCheckpoint, SigningKey, Signs,
    export_log, export_patient,
};
use holdfast_types::{EventId, PatientId, Service};
use holdfast_verify::Folder;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use uuid::Uuid;

const PATIENT: PatientId = PatientId::new(Uuid::from_u128(0x0189_0000_0000_7000_8000_0000_0000_0001));

struct World {
    dir: TempDir,
    key: SigningKey,
    signed: Vec<SignedCheckpoint>,
    sequence: Sequence,
}

impl World {
    /// Two checkpoints over 403 entries; every third event is the patient's.
    fn new() -> Self {
        let key = SigningKey::from_seed("log.example/holdfast", Signs::Notes, &[1; 32]).unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("key"), format!("{}\n", key.verifier())).unwrap();
        let sequence = Sequence::new("log.example/holdfast".to_owned());
        let mut world = Self { dir, key, signed: Vec::new(), sequence };
        world.append(1..=300);
        world.append(301..=401);
        world
    }

    fn append(&mut self, numbers: std::ops::RangeInclusive<u64>) {
        let event = |number: u64| Event {
            service: Service::Records,
            lane: 7,
            lane_seq: number,
            event_id: EventId::new(Uuid::from_u64_pair(0x0189_0000_0000_7000, 1 << 63 | number)),
            leaf: [7; 32],
            patient: number.is_multiple_of(3).then_some(PATIENT),
        };
        let time =
            DateTime::from_timestamp(1_767_225_600 + i64::try_from(*numbers.end()).unwrap(), 0).unwrap();
        let batch = self.sequence.append(&numbers.map(event).collect::<Vec<_>>(), time).unwrap();
        for file in batch.growth.files {
            self.put(&file.tile.path(), &file.bytes);
        }
        let signed = batch.checkpoint.sign(&self.key);
        self.put(CHECKPOINT_PATH, signed.to_text().as_bytes());
        self.signed.push(signed);
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.tiles().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    fn tiles(&self) -> PathBuf {
        self.path("log")
    }

    async fn export(&self) -> PathBuf {
        let mut bytes = Vec::new();
        export_log(&Folder::at(self.tiles()), &self.signed, &mut bytes).await.unwrap();
        fs::write(self.path("export"), bytes).unwrap();
        self.path("export")
    }

    async fn export_of_patient(&self) -> PathBuf {
        let (head, proof) = self.sequence.heads().prove(&Chain::Patient(PATIENT).key()).unwrap();
        // The heads entry of the first checkpoint stands at 300.
        let indexes: Vec<u64> = (1..=401)
            .filter(|number| number % 3 == 0)
            .map(|number| number - u64::from(number <= 300))
            .collect();
        let part = PatientPart {
            patient: PATIENT,
            checkpoint: &self.signed[1],
            older: &[301],
            head,
            head_proof: &proof,
            indexes: &indexes,
        };
        let mut bytes = Vec::new();
        export_patient(&Folder::at(self.tiles()), &part, &mut bytes).await.unwrap();
        fs::write(self.path("patient"), bytes).unwrap();
        self.path("patient")
    }

    fn earlier(&self) -> PathBuf {
        fs::write(self.path("earlier"), self.signed[0].to_text()).unwrap();
        self.path("earlier")
    }

    async fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-verify"));
        command.arg("--key").arg(self.path("key")).args(arguments);
        said(tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap())
    }
}

fn said(output: Output) -> (Option<i32>, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const WHOLE: &str = "verified: 403 entries, 1 patients, 1 lanes; log log.example/holdfast, tree size 403, \
    checkpoint time 2026-01-01T00:06:41.000000Z, earlier checkpoints continued 1, witnesses 0\n";

#[tokio::test]
async fn an_export_and_a_folder_are_verified_offline() {
    let world = World::new();
    assert_eq!(world.run(&["--export", text(&world.export().await)]).await, (Some(0), WHOLE.to_owned()));
    let folder = ["--export", text(&world.tiles()), "--older", text(&world.earlier())].map(str::to_owned);
    let folder = folder.each_ref().map(String::as_str);
    assert_eq!(world.run(&folder).await, (Some(0), WHOLE.to_owned()));
}

#[tokio::test]
async fn a_patients_part_is_verified_as_complete() {
    let world = World::new();
    let (export, earlier) = (world.export_of_patient().await, world.earlier());
    let expected = "verified: all 133 entries of patient 01890000-0000-7000-8000-000000000001; log log.example/holdfast, \
        tree size 403, checkpoint time 2026-01-01T00:06:41.000000Z, earlier checkpoints continued 1, witnesses 0\n";
    let arguments = ["--export", text(&export), "--older", text(&earlier)];
    assert_eq!(world.run(&arguments).await, (Some(0), expected.to_owned()));

    let whole = fs::read_to_string(&export).unwrap();
    let without_the_last = whole.trim_end().rsplit_once('\n').unwrap().0;
    fs::write(&export, format!("{without_the_last}\n")).unwrap();
    let omitted = "not verified: the patient has 133 entries, 132 are shown\n".to_owned();
    assert_eq!(world.run(&arguments).await, (Some(1), omitted));
}

/// The log's files at an address: all of them, or those that are for everybody.
async fn served(world: &World, to_everybody: bool) -> (String, JoinHandle<io::Result<()>>) {
    let serve = async move |State(root): State<PathBuf>, uri: Uri| {
        let path = uri.path().trim_start_matches("/log/");
        let kept_back = to_everybody && path.starts_with("tile/entries/");
        fs::read(root.join(path)).ok().filter(|_| !kept_back).ok_or(StatusCode::NOT_FOUND)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/log", listener.local_addr().unwrap());
    let router = Router::new().fallback(serve).with_state(world.tiles());
    (address, tokio::spawn(axum::serve(listener, router).into_future()))
}

#[tokio::test]
async fn an_address_is_verified_over_http() {
    let world = World::new();
    let (address, server) = served(&world, false).await;
    let earlier = world.earlier();
    let arguments = ["--address", address.as_str(), "--older", text(&earlier)];
    assert_eq!(world.run(&arguments).await, (Some(0), WHOLE.to_owned()));

    world.put("tile/0/001.p/147", &[0; 7]);
    let truncated =
        "not verified: a tile is not what the log signs: tile/0/001.p/147 is 7 bytes long instead of 4704\n";
    assert_eq!(world.run(&arguments).await, (Some(1), truncated.to_owned()));
    server.abort();
    let _ = server.await;
    let (code, text) = world.run(&arguments).await;
    assert_eq!(code, Some(3), "{text}");
    assert!(text.starts_with("the log could not be read: "), "{text}");
}

#[tokio::test]
async fn where_the_entries_are_kept_back_all_hashes_are_verified_and_what_is_not_is_said() {
    let world = World::new();
    let (address, _server) = served(&world, true).await;
    let earlier = world.earlier();
    let arguments = ["--address", address.as_str(), "--older", text(&earlier)];
    let public = "verified: the hashes of 403 entries, and all of the tree above them; log log.example/holdfast, \
        tree size 403, earlier checkpoints continued 1, witnesses 0; not verified: what the entries say, which are \
        kept back here (an export or a copy of the log's files has them)\n";
    assert_eq!(world.run(&arguments).await, (Some(0), public.to_owned()));
    let missing = "not verified: a tile is not what the log signs: tile/entries/000 is missing\n".to_owned();
    let with_entries = [&arguments[..], &["--with-entries"]].concat();
    assert_eq!(world.run(&with_entries).await, (Some(1), missing));

    let signed = |key: &SigningKey, size| {
        let root = world.signed[1].checkpoint().root;
        Checkpoint { origin: key.verifier().name().to_owned(), size, root }.sign(key).to_text().into_bytes()
    };
    let other = SigningKey::from_seed("other.example", Signs::Notes, &[1; 32]).unwrap();
    let same_name = SigningKey::from_seed("log.example/holdfast", Signs::Notes, &[2; 32]).unwrap();
    let read = |path: &str| fs::read(world.tiles().join(path)).unwrap();
    let flipped = |path: &str| {
        let mut bytes = read(path);
        bytes[40] ^= 1;
        bytes
    };
    let cut = |path: &str| read(path).split_last_chunk::<32>().unwrap().0.to_vec();
    for (path, bytes, said) in [
        (
            "tile/0/000",
            flipped("tile/0/000"),
            "its tree of 301 entries is not the one that a checkpoint signs",
        ),
        ("tile/0/001.p/147", flipped("tile/0/001.p/147"), "its tree of 301 entries is not"),
        ("tile/0/001.p/147", read("tile/0/001.p/147").into_iter().rev().collect(), "is not the one"),
        ("tile/1/000.p/1", vec![7; 32], "tile/1/000.p/1 holds something else than"),
        ("tile/0/000", cut("tile/0/000"), "tile/0/000 is 8160 bytes long instead of 8192"),
        ("tile/1/000.p/1", Vec::new(), "tile/1/000.p/1 is 0 bytes long instead of 32"),
        (CHECKPOINT_PATH, signed(&other, 403), "the checkpoint is of the log `other.example`"),
        (CHECKPOINT_PATH, signed(&same_name, 403), "is not signed by its key"),
        (CHECKPOINT_PATH, signed(&world.key, 500), "tile/0/001.p/244 is missing"),
        (CHECKPOINT_PATH, signed(&world.key, 301), "its tree of 301 entries is not"),
        (CHECKPOINT_PATH, signed(&world.key, 300), "the log went back"),
    ] {
        let honest = read(path);
        world.put(path, &bytes);
        let (code, told) = world.run(&arguments).await;
        assert_eq!(code, Some(1), "{path}: {told}");
        assert!(told.starts_with("not verified: ") && told.contains(said), "{path}: {told}");
        world.put(path, &honest);
    }
    assert_eq!(world.run(&arguments).await.0, Some(0), "as it was");
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_and_not_for_ever() {
    let world = World::new();
    let asked = Arc::new(AtomicUsize::new(0));
    for (until, code) in [(4, Some(0)), (usize::MAX, Some(3))] {
        asked.store(0, Ordering::SeqCst);
        let serve = async move |State((root, asked)): State<(PathBuf, Arc<AtomicUsize>)>, uri: Uri| {
            if asked.fetch_add(1, Ordering::SeqCst) < until {
                return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")]).into_response();
            }
            match fs::read(root.join(uri.path().trim_start_matches('/'))) {
                Ok(bytes) => bytes.into_response(),
                Err(_) => StatusCode::NOT_FOUND.into_response(),
            }
        };
        let router = Router::new().fallback(serve).with_state((world.tiles(), asked.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        let (found, said) = world.run(&["--address", &address]).await;
        assert_eq!(found, code, "{said}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn what_does_not_hold_is_said_with_its_place() {
    let world = World::new();
    let export = world.export().await;
    let whole = fs::read_to_string(&export).unwrap();
    let run = async |text: &str| {
        fs::write(&export, text).unwrap();
        world.run(&["--export", self::text(&export)]).await
    };
    let lines: Vec<&str> = whole.lines().collect();
    let swapped = [&lines[..9], &[lines[10], lines[9]], &lines[11..]].concat().join("\n") + "\n";
    assert_eq!(
        run(&swapped).await,
        (Some(1), "not verified: entry 7 stands where entry 6 belongs\n".to_owned())
    );
    let one_more = whole.clone() + &lines[10].replacen(":7", ":403", 1) + "\n";
    assert_eq!(
        run(&one_more).await,
        (Some(1), "not verified: entry 403 is beyond the tree, which holds 403 entries\n".to_owned())
    );
    let cut = lines[..403].join("\n") + "\n";
    assert_eq!(
        run(&cut).await,
        (Some(1), "not verified: there are 400 entries, the checkpoint is of 403\n".to_owned())
    );

    let other = SigningKey::from_seed("other.example", Signs::Notes, &[1; 32]).unwrap();
    fs::write(world.path("key"), other.verifier().to_string()).unwrap();
    let stranger = "not verified: the checkpoint in line 2 of the export cannot be trusted: the checkpoint is of the log \
        `log.example/holdfast`, the key is of `other.example`\n";
    assert_eq!(run(&whole).await, (Some(1), stranger.to_owned()));
}

#[tokio::test]
async fn a_witness_must_have_cosigned_the_newest() {
    let mut world = World::new();
    let witness = SigningKey::from_seed("witness.example", Signs::Cosignatures, &[2; 32]).unwrap();
    let key = witness.verifier().to_string();
    let tiles = world.tiles();
    let arguments = ["--export", text(&tiles), "--witness", key.as_str()];
    let unseen = "not verified: the newest checkpoint is not cosigned by the witness `witness.example`: \
        the note is not signed by the key `witness.example`\n";
    assert_eq!(world.run(&arguments).await, (Some(1), unseen.to_owned()));
    let mut newest = world.signed.pop().unwrap();
    newest.cosign(&witness, 1_767_225_700);
    world.put(CHECKPOINT_PATH, newest.to_text().as_bytes());
    let (code, said) = world.run(&arguments).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.ends_with("witnesses 1\n"), "{said}");
}

#[tokio::test]
async fn so_many_of_the_witnesses_are_enough_as_it_is_said() {
    let mut world = World::new();
    let witness = |number| {
        SigningKey::from_seed(&format!("witness.example/w{number}"), Signs::Cosignatures, &[number; 32])
            .unwrap()
    };
    let keys = [2, 3, 4].map(|number| witness(number).verifier().to_string());
    let mut newest = world.signed.pop().unwrap();
    for number in [2, 4] {
        newest.cosign(&witness(number), 1_767_225_700);
    }
    world.put(CHECKPOINT_PATH, newest.to_text().as_bytes());
    let tiles = world.tiles();
    let of = async |quorum: &[&str]| {
        let named = keys.iter().flat_map(|key| ["--witness", key.as_str()]);
        let arguments: Vec<&str> =
            ["--export", text(&tiles)].into_iter().chain(named).chain(quorum.iter().copied()).collect();
        world.run(&arguments).await
    };
    for quorum in ["1", "2"] {
        let (code, said) = of(&["--quorum", quorum]).await;
        assert_eq!(code, Some(0), "{said}");
        assert!(said.ends_with(&format!("witnesses {quorum}\n")), "{said}");
    }
    let few =
        "not verified: the newest checkpoint is cosigned by 2 of the witnesses, 3 are needed\n".to_owned();
    assert_eq!(of(&["--quorum", "3"]).await, (Some(1), few));
    assert_eq!(of(&[]).await.0, Some(1), "all, unless it is said");
    assert_eq!(of(&["--quorum", "0"]).await.0, Some(2));
    assert_eq!(of(&["--quorum", "4"]).await.0, Some(2));
    // The same witness twice is one witness.
    assert_eq!(of(&["--witness", &keys[0], "--quorum", "3"]).await.0, Some(1));
    assert_eq!(world.run(&["--export", text(&tiles), "--quorum", "1"]).await.0, Some(2));
}

#[tokio::test]
async fn arguments_of_no_use_and_files_that_are_not_there_exit_otherwise() {
    let world = World::new();
    assert_eq!(world.run(&["--export", "no/such/file"]).await.0, Some(3));
    assert_eq!(world.run(&[]).await.0, Some(2));
    assert_eq!(world.run(&["--export", "a", "--address", "http://127.0.0.1/"]).await.0, Some(2));
    assert_eq!(world.run(&["--address", "ftp://127.0.0.1/"]).await.0, Some(2));
    fs::write(world.path("key"), "not a key").unwrap();
    assert_eq!(world.run(&["--export", text(&world.tiles())]).await.0, Some(2));
}
