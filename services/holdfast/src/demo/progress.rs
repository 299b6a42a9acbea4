//! One line that says how far a long step has come.
use anyhow::Result;
use std::{
    io::{IsTerminal, Write, stdout},
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

pub(super) struct Progress {
    what: &'static str,
    of: usize,
    done: AtomicUsize,
    began: Instant,
}

impl Progress {
    pub(super) fn begin(what: &'static str, of: usize) -> Result<Self> {
        let progress = Self { what, of, done: AtomicUsize::new(0), began: Instant::now() };
        print!("{what} … ");
        stdout().flush()?;
        Ok(progress)
    }

    pub(super) fn step(&self) -> Result<()> {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        // In a file or a pipe the line would be repeated.
        if stdout().is_terminal() {
            print!("\r{} … {done}/{} ", self.what, self.of);
            stdout().flush()?;
        }
        Ok(())
    }

    pub(super) fn end(&self) -> Result<()> {
        println!("{:.1} s", self.began.elapsed().as_secs_f32());
        Ok(stdout().flush()?)
    }
}
