//! How far a replay has come, on the error output, so that what it finds can go to a file.
use std::{
    io::{IsTerminal as _, Write as _, stderr},
    time::Instant,
};

/// Where nobody watches, a line each time that this many more are done.
const STEP: u64 = 10_000;
/// The services count no further.
const COUNTED_MAX: u64 = 10_000;

pub(super) struct Progress {
    what: &'static str,
    done: u64,
    of: Option<u64>,
    said: u64,
    began: Instant,
}

impl Progress {
    pub(super) fn begin(what: &'static str) -> Self {
        Self { what, done: 0, of: None, said: 0, began: Instant::now() }
    }

    /// How many there are in all, as far as that is counted.
    pub(super) fn expect(&mut self, total: i32) {
        self.of = u64::try_from(total).ok().filter(|total| *total < COUNTED_MAX);
    }

    /// So many more. Nobody who watches is no reason to stop.
    pub(super) fn step(&mut self, more: usize) {
        self.done = self.done.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
        let mut terminal = stderr();
        if terminal.is_terminal() {
            let _ = write!(terminal, "\r{}", self.line());
            let _ = terminal.flush();
        } else if self.done / STEP > self.said {
            self.said = self.done / STEP;
            let _ = writeln!(terminal, "{}", self.line());
        }
    }

    pub(super) fn end(&self) {
        let mut terminal = stderr();
        let start = if terminal.is_terminal() { "\r" } else { "" };
        let _ = writeln!(terminal, "{start}{}, {:.1} s", self.line(), self.began.elapsed().as_secs_f32());
    }

    fn line(&self) -> String {
        let Self { what, done, of, .. } = self;
        match of {
            Some(of) if *of > 0 => format!("{done} {what}, {} %", (done.saturating_mul(100) / of).min(100)),
            _ => format!("{done} {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_told_where_the_whole_is_known() {
        let mut progress = Progress::begin("decisions");
        assert_eq!(progress.line(), "0 decisions");
        progress.expect(40);
        progress.step(10);
        assert_eq!(progress.line(), "10 decisions, 25 %");
        progress.step(40);
        assert_eq!(progress.line(), "50 decisions, 100 %", "more came in meanwhile");
        progress.expect(10_000);
        assert_eq!(progress.line(), "50 decisions", "it was not counted to its end");
    }
}
