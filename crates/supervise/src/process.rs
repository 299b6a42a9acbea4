//! A child process that dies with its parent, and the leftovers of a parent that died without it.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const POLL: Duration = Duration::from_millis(10);

pub(crate) struct Process(Child);

impl Process {
    /// Runs `command` with next to no environment, in a process group of its own: a Ctrl-C at the terminal reaches
    /// the parent alone, which then stops its children in order. On Linux `when_orphaned` is sent to the child when
    /// the parent is gone, however it went.
    pub(crate) fn start(mut command: Command, when_orphaned: Signal) -> io::Result<Self> {
        command.env_clear().process_group(0).stdin(Stdio::null()).current_dir("/");
        command.envs(
            ["PATH", "LD_LIBRARY_PATH", "TMPDIR"].iter().filter_map(|key| Some((key, env::var_os(key)?))),
        );
        command.env("TZ", "UTC").env("LC_ALL", "C");
        die_with_parent(&mut command, when_orphaned);
        let (answer, answered) = mpsc::sync_channel(1);
        let started = SPAWNER.send(Box::new(move || drop(answer.send(command.spawn()))));
        match started.map(|()| answered.recv()) {
            Ok(Ok(child)) => child.map(Self),
            _ => Err(io::Error::other("the thread that starts children is gone")),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    pub(crate) fn succeeds(&mut self) -> bool {
        self.0.wait().is_ok_and(|status| status.success())
    }

    /// Sends one signal after another, each with its time, then kills; returns when the process is gone.
    pub(crate) fn end(&mut self, steps: &[(Signal, Duration)]) {
        for (signal, limit) in steps {
            if self.is_running() {
                send(self.0.id(), *signal);
            }
            if wait_until(*limit, || !self.is_running()) {
                return;
            }
        }
        self.kill();
    }

    /// Returns when the process is gone. An error means that it already was.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ends a process that an earlier parent left behind, if `id` is one whose command line holds `mark`.
pub(crate) fn end_leftover(id: u32, mark: &str, steps: &[(Signal, Duration)]) -> Leftover {
    let runs = || command_line(id).is_some_and(|line| line.contains(mark));
    if !runs() {
        return Leftover::None;
    }
    for (signal, limit) in steps {
        send(id, *signal);
        if wait_until(*limit, || !runs()) {
            return Leftover::Ended;
        }
    }
    send(id, Signal::SIGKILL);
    wait_until(Duration::from_secs(5), || !runs());
    Leftover::Ended
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leftover {
    None,
    Ended,
}

/// Looks every few milliseconds; false when `limit` passed first.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(POLL);
    }
}

fn send(id: u32, signal: Signal) {
    // A process that is gone already needs no signal.
    let _ = i32::try_from(id).map(|id| kill(Pid::from_raw(id), signal));
}

/// `None` when there is no such process (one that has ended but was not yet reaped has no command line either).
fn command_line(id: u32) -> Option<String> {
    if cfg!(target_os = "linux") {
        let line = fs::read(format!("/proc/{id}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).replace('\0', " "));
    }
    let output = Command::new("ps").args(["-o", "command=", "-p", &id.to_string()]).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

type Job = Box<dyn FnOnce() + Send>;

/// Linux sends the parent-death signal when the *thread* that started the child ends, so that children are started by
/// one thread that lives as long as the process, not by whichever worker or test thread asks.
static SPAWNER: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (jobs, to_do) = mpsc::channel::<Job>();
    let body = move || to_do.into_iter().for_each(|job| job());
    // When no thread can be made the receiver is dropped, and `start` says so.
    let _ = thread::Builder::new().name("spawner".into()).spawn(body);
    jobs
});

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "std offers no safe way to run code between fork and exec")]
fn die_with_parent(command: &mut Command, when_orphaned: Signal) {
    let parent = nix::unistd::getpid();
    let ask = move || {
        nix::sys::prctl::set_pdeathsig(when_orphaned)?;
        // The parent may have gone before the request was made.
        if nix::unistd::getppid() == parent {
            Ok(())
        } else {
            Err(io::Error::from(io::ErrorKind::BrokenPipe))
        }
    };
    // SAFETY: only two system calls, both async-signal-safe, and no allocation. It runs after std has changed the user,
    // which would have cleared the request.
    unsafe { command.pre_exec(ask) };
}

/// Elsewhere the next start on the same directory ends what was left behind.
#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command, _when_orphaned: Signal) {}
