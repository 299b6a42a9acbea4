//! Which of the waiting appends go into one transaction.
use crate::committer::Job;
use std::collections::HashSet;
use tokio::{sync::mpsc, task::yield_now};

/// Most appends in one transaction.
pub(crate) const GROUP_MAX: usize = 512;

/// Takes what is there, and what callers who were just answered are about to bring: a group costs the same few round trips whatever
/// its size.
pub(crate) async fn gather(jobs: &mut mpsc::Receiver<Job>, waiting: &mut Vec<Job>) {
    let mut before = 0;
    while waiting.len() > before && waiting.len() < GROUP_MAX {
        before = waiting.len();
        yield_now().await;
        while waiting.len() < GROUP_MAX
            && let Ok(job) = jobs.try_recv()
        {
            waiting.push(job);
        }
    }
}

/// Holds back every job whose request id stands in the group already: it has to see the first one's outcome.
pub(crate) fn without_repeats(jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    let mut seen = HashSet::new();
    jobs.into_iter().partition(|job| job.request.is_none_or(|request| seen.insert(request.id)))
}
