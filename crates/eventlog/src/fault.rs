//! Named places where a test can kill the process: between any two steps that a crash must not confuse.

/// Dies here, as by `kill -9`, if `HOLDFAST_FAULT` names this place: `append.inserted` or `append.inserted:3` for the third time.
/// Built without the feature `faults` it is nothing.
#[inline]
pub(crate) fn point(name: &'static str) {
    #[cfg(feature = "faults")]
    armed::hit(name);
    #[cfg(not(feature = "faults"))]
    let _ = name;
}

#[cfg(feature = "faults")]
mod armed {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    };

    struct Plan {
        name: String,
        left: AtomicU32,
    }

    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

    pub(super) fn hit(name: &str) {
        let plan = PLAN.get_or_init(|| {
            let text = std::env::var("HOLDFAST_FAULT").ok()?;
            let (name, times) = text.split_once(':').unwrap_or((&text, "1"));
            Some(Plan { name: name.to_owned(), left: AtomicU32::new(times.parse().unwrap_or(1)) })
        });
        if let Some(plan) = plan
            && plan.name == name
            && plan.left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            std::process::abort();
        }
    }
}
