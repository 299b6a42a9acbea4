//! A witness as its own process, asked over HTTP: what it cosigns, what it refuses and how, and what it still knows after it was killed.
#![cfg(test)]
use chrono::TimeDelta;
use holdfast_translog::{
    AddCheckpoint, Checkpoint, EMPTY_ROOT, Frontier, Hash, Plan, SignedCheckpoint, SigningKey, Signs, Tiles,
    VerifierKey,
};
use holdfast_types::{Clock as _, SystemClock};
use holdfast_witness::BODY_BYTES_MAX;
use reqwest::{Client, StatusCode};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

const ORIGIN: &str = "log.example/holdfast";
const SIGABRT: i32 = 6;
/// From the signature to the answer, and whether the new head is kept by then.
const STEPS: [(&str, bool); 7] = [
    ("witness.signed", false),
    ("witness.begun", false),
    ("witness.written", false),
    ("witness.synced", false),
    ("witness.renamed", true),
    ("witness.kept", true),
    ("witness.answers", true),
];

fn log_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, Signs::Notes, &[1; 32]).unwrap()
}

/// Entries of a log, of which a tree takes the first.
#[derive(Clone)]
struct History(Vec<Vec<u8>>);

impl History {
    fn told() -> Self {
        Self((0..1024).map(|number: u32| number.to_be_bytes().to_vec()).collect())
    }

    /// Another history from that entry on.
    fn forked_at(&self, index: usize) -> Self {
        let mut fork = self.clone();
        fork.0[index] = b"forged".to_vec();
        fork
    }

    fn tree(&self, size: u64) -> (Hash, Tiles) {
        let entries = self.0.iter().take(usize::try_from(size).unwrap()).cloned();
        let growth = Frontier::default().grow(entries).unwrap();
        (growth.root, growth.files.into_iter().map(|file| (file.tile, file.bytes)).collect())
    }

    fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        Checkpoint { origin: ORIGIN.to_owned(), size, root: self.tree(size).0 }.sign(&log_key())
    }

    fn proof(&self, older: u64, newer: u64) -> Vec<Hash> {
        if older == 0 || older == newer {
            return Vec::new();
        }
        Plan::consistency(older, newer).unwrap().prove(&self.tree(newer).1).unwrap()
    }

    fn ask(&self, older: u64, newer: u64) -> String {
        let checkpoint = self.checkpoint(newer).to_text();
        AddCheckpoint { older, proof: self.proof(older, newer), checkpoint }.to_text()
    }
}

struct World {
    dir: TempDir,
    client: Client,
}

struct Running {
    child: Child,
    key: VerifierKey,
    address: String,
    client: Client,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("witness.key"), "02".repeat(32)).unwrap();
        Self { dir, client: Client::new() }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-witness"));
        command.args(["--listen", "127.0.0.1:0", "--name", "witness.example/w1", "--key-file"]);
        command.arg(self.dir.path().join("witness.key")).arg("--state-dir").arg(self.state());
        command.arg("--witnessed-log").arg(log_key().verifier().to_string());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn start(&self) -> Running {
        self.started(self.command())
    }

    /// One that dies when it comes to that step.
    fn start_to_die(&self, step: &str) -> Running {
        let mut command = self.command();
        command.env("HOLDFAST_FAULT", step);
        self.started(command)
    }

    fn started(&self, mut command: Command) -> Running {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let (key, address) = line.trim().split_once(" answers at ").unwrap();
        let (key, address) = (key.parse().unwrap(), address.to_owned());
        Running { child, key, address, client: self.client.clone() }
    }

    /// The file of what was cosigned last.
    fn file(&self) -> Option<PathBuf> {
        let files = fs::read_dir(self.state()).unwrap().map(|file| file.unwrap().path());
        files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "checkpoint"))
    }

    fn remembered(&self) -> PathBuf {
        self.file().unwrap()
    }

    /// Size and root of what it holds to be cosigned.
    fn kept(&self) -> (u64, Hash) {
        let Some(file) = self.file() else { return (0, EMPTY_ROOT) };
        let signed = SignedCheckpoint::open(&fs::read(file).unwrap(), log_key().verifier()).unwrap();
        (signed.checkpoint().size, signed.checkpoint().root)
    }
}

struct Answer {
    status: StatusCode,
    media_type: String,
    text: String,
}

impl Running {
    fn post(&self, body: reqwest::Body) -> impl Future<Output = reqwest::Result<Answer>> + use<> {
        let asked = self.client.post(format!("{}/add-checkpoint", self.address)).body(body).send();
        async {
            let answer = asked.await?;
            let media_type =
                answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
            let (status, media_type) = (answer.status(), media_type.unwrap_or_default());
            Ok(Answer { status, media_type, text: answer.text().await? })
        }
    }

    /// The time of the cosignature, which is the witness's and of that checkpoint.
    async fn cosigned(&self, history: &History, older: u64, newer: u64) -> u64 {
        let Answer { status, text, .. } = self.post(history.ask(older, newer).into()).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{text}");
        assert!(text.starts_with('\u{2014}') && text.ends_with('\n'), "{text}");
        history.checkpoint(newer).add_cosignature(&text, &self.key).unwrap()
    }

    async fn refused(&self, body: impl Into<reqwest::Body>) -> (u16, String) {
        let Answer { status, media_type, text } = self.post(body.into()).await.unwrap();
        assert_eq!(media_type == "text/x.tlog.size", status == StatusCode::CONFLICT, "{media_type}");
        assert!(!text.contains('\u{2014}'), "a refusal carries no signature: {text}");
        (status.as_u16(), text)
    }

    /// As by the machine's end: no step is finished.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn what_continues_is_cosigned_at_its_time_and_a_repeated_request_changes_nothing() {
    let (world, told) = (World::new(), History::told());
    let witness = world.start();
    assert_eq!(witness.key.name(), "witness.example/w1");
    let published = witness.client.get(format!("{}/verifier.key", witness.address)).send().await.unwrap();
    assert_eq!(published.text().await.unwrap(), format!("{}\n", witness.key));
    for (older, newer) in [(0, 3), (3, 3), (3, 300), (300, 700)] {
        let time = i64::try_from(witness.cosigned(&told, older, newer).await).unwrap();
        let now = SystemClock.now();
        assert!(
            (now - TimeDelta::minutes(1)..=now).contains(&chrono::DateTime::from_timestamp(time, 0).unwrap())
        );
    }
    // What was answered before is asked again: where to go on from, and nothing else.
    for (older, newer) in [(0, 3), (3, 300), (300, 700), (0, 700)] {
        assert_eq!(witness.refused(told.ask(older, newer)).await, (409, "700\n".to_owned()));
    }
    witness.cosigned(&told, 700, 700).await;
    witness.cosigned(&told, 700, 701).await;
}

#[tokio::test]
async fn a_fork_is_refused_at_whatever_size_it_is_shown() {
    let (world, told) = (World::new(), History::told());
    let witness = world.start();
    witness.cosigned(&told, 0, 300).await;
    let fork = told.forked_at(299);
    // Of the same size; a larger one with its own proof, with the honest one's, and with none.
    assert_eq!(witness.refused(fork.ask(300, 300)).await, (409, "300\n".to_owned()));
    let inconsistent = (422, "the checkpoint does not continue the one cosigned last\n".to_owned());
    assert_eq!(witness.refused(fork.ask(300, 512)).await, inconsistent);
    for proof in [told.proof(300, 512), Vec::new()] {
        let checkpoint = fork.checkpoint(512).to_text();
        assert_eq!(
            witness.refused(AddCheckpoint { older: 300, proof, checkpoint }.to_text()).await,
            inconsistent
        );
    }
    // As if nothing had been cosigned, or something else.
    assert_eq!(witness.refused(fork.ask(0, 512)).await, (409, "300\n".to_owned()));
    assert_eq!(witness.refused(fork.ask(299, 512)).await, (409, "300\n".to_owned()));
    witness.cosigned(&told, 300, 512).await;
}

#[tokio::test]
async fn each_bad_request_has_the_status_of_the_protocol() {
    let (world, told) = (World::new(), History::told());
    let witness = world.start();
    witness.cosigned(&told, 0, 7).await;
    let status = async |body: String| witness.refused(body).await.0;
    assert_eq!(
        status(told.ask(7, 9).replace("old 7\n", "old 10\n")).await,
        400,
        "older than it goes on from"
    );
    for body in ["", "old 7", "old 07\n\n", "old 7\nxyz\n\n", "old 7\n\nnot a note\n"] {
        assert!([400, 404].contains(&status(body.to_owned()).await), "{body}");
    }
    let many = AddCheckpoint { older: 7, proof: vec![[0; 32]; 64], checkpoint: told.checkpoint(9).to_text() };
    assert_eq!(status(many.to_text()).await, 400, "more than 63 hashes");
    let stranger = Checkpoint { origin: "other.example".to_owned(), size: 9, root: [0; 32] }
        .sign(&SigningKey::from_seed("other.example", Signs::Notes, &[1; 32]).unwrap());
    let ask = |signed: &SignedCheckpoint| {
        AddCheckpoint { older: 7, proof: told.proof(7, 9), checkpoint: signed.to_text() }.to_text()
    };
    assert_eq!(status(ask(&stranger)).await, 404, "another log");
    let other_key = SigningKey::from_seed(ORIGIN, Signs::Notes, &[9; 32]).unwrap();
    let forged = told.checkpoint(9).checkpoint().sign(&other_key);
    assert_eq!(status(ask(&forged)).await, 403, "another key");
    assert_eq!(witness.post(vec![b'x'; BODY_BYTES_MAX + 1].into()).await.unwrap().status, 413);
    let got = witness.client.get(format!("{}/add-checkpoint", witness.address)).send().await.unwrap();
    assert_eq!(got.status(), 405);
    // None of it has moved anything.
    witness.cosigned(&told, 7, 9).await;
}

#[tokio::test]
async fn what_was_cosigned_is_known_after_a_kill_and_two_processes_never_share_it() {
    let (world, told) = (World::new(), History::told());
    let witness = world.start();
    witness.cosigned(&told, 0, 300).await;
    let second = world.command().output().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("another process holds the witness's folder"), "{said}");
    witness.kill();
    // What a crash in the middle of writing leaves beside.
    fs::write(world.remembered().with_extension("new"), "half a check").unwrap();
    let witness = world.start();
    let fork = told.forked_at(10);
    assert_eq!(witness.refused(fork.ask(300, 300)).await, (409, "300\n".to_owned()));
    assert_eq!(witness.refused(fork.ask(0, 512)).await, (409, "300\n".to_owned()));
    witness.cosigned(&told, 300, 512).await;
}

#[tokio::test]
async fn without_the_disk_nothing_is_cosigned_and_what_is_damaged_is_not_taken_for_nothing() {
    let (world, told) = (World::new(), History::told());
    let witness = world.start();
    witness.cosigned(&told, 0, 3).await;
    // A folder stands where the next state would be written.
    let beside = world.remembered().with_extension("new");
    fs::create_dir(&beside).unwrap();
    assert_eq!(witness.refused(told.ask(3, 9)).await.0, 500);
    fs::remove_dir(&beside).unwrap();
    let remembered = world.remembered();
    let kept = fs::read(&remembered).unwrap();
    fs::write(&remembered, kept.split_last().unwrap().1).unwrap();
    assert_eq!(witness.refused(told.ask(0, 9)).await.0, 500);
    fs::write(&remembered, kept).unwrap();
    witness.cosigned(&told, 3, 9).await;
}

/// At every size it is shown two heads at once, and killed: before it has answered, after one answer, after both.
#[tokio::test]
async fn whenever_it_is_killed_it_never_cosigns_two_heads_of_one_size() {
    let world = World::new();
    let (mut base, mut last, mut loser) = (History::told(), 0, None::<History>);
    for turn in 0..45 {
        let witness = world.start();
        if let Some(loser) = &loser {
            assert_eq!(witness.refused(loser.ask(last, last)).await, (409, format!("{last}\n")));
        }
        let (next, key) = (last + 1, witness.key.clone());
        let mut asking = JoinSet::new();
        for history in [base.clone(), base.forked_at(usize::try_from(last).unwrap())] {
            let asked = witness.post(history.ask(last, next).into());
            asking.spawn(async move { (history, asked.await) });
        }
        let mut answers = Vec::new();
        for _ in 0..turn % 3 {
            answers.push(asking.join_next().await.unwrap().unwrap());
        }
        witness.kill();
        answers.extend(asking.join_all().await);
        let root = |history: &History| history.tree(next).0;
        let cosigned = answers.iter().filter(|(history, answer)| {
            let Ok(Answer { status: StatusCode::OK, text, .. }) = answer else { return false };
            history.checkpoint(next).add_cosignature(text, &key).unwrap();
            true
        });
        let cosigned: Vec<Hash> = cosigned.map(|(history, _)| root(history)).collect();
        let kept = world.kept();
        if kept.0 == next {
            assert!(cosigned.is_empty() || cosigned == [kept.1], "it keeps another head than it cosigned");
            let (won, lost): (Vec<_>, Vec<_>) =
                answers.into_iter().map(|(history, _)| history).partition(|history| root(history) == kept.1);
            (base, last, loser) = (won.into_iter().next().unwrap(), next, lost.into_iter().next());
        } else {
            assert!((cosigned.is_empty(), kept.0) == (true, last), "it has forgotten what it cosigned");
        }
    }
    assert!(last >= 15, "whoever is answered gets on");
}

/// Of a log of which it has cosigned nothing yet, and of one that goes on.
#[tokio::test]
async fn at_whatever_step_it_dies_it_cosigns_one_head_of_each_size_and_resumes() {
    let told = History::told();
    for (step, is_kept) in STEPS {
        let world = World::new();
        for last in 0..2 {
            let (next, fork) = (last + 1, told.forked_at(usize::try_from(last).unwrap()));
            let mut dying = world.start_to_die(step);
            assert!(dying.post(told.ask(last, next).into()).await.is_err(), "{step}: it has answered");
            assert_eq!(dying.child.wait().unwrap().signal(), Some(SIGABRT), "{step}");
            let kept = if is_kept { next } else { last };
            assert_eq!(world.kept(), (kept, told.tree(kept).0), "{step}");
            let witness = world.start();
            if is_kept {
                assert_eq!(witness.refused(fork.ask(last, next)).await, (409, format!("{next}\n")), "{step}");
            }
            witness.cosigned(&told, kept, next).await;
            for older in [last, next] {
                assert_eq!(
                    witness.refused(fork.ask(older, next)).await,
                    (409, format!("{next}\n")),
                    "{step}"
                );
            }
            assert_eq!(world.kept(), (next, told.tree(next).0), "{step}");
        }
    }
}
