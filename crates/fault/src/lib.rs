//! Named places where a test can kill the process: between any two steps that a crash must not confuse.

/// Dies here, as by `kill -9`, if `HOLDFAST_FAULT` names this place: `append.inserted` or `append.inserted:3` for the third time.
/// Built without the feature `faults` it is nothing.
#[inline]
pub fn point(name: &'static str) {
    #[cfg(feature = "faults")]
    armed::hit(name);
    #[cfg(not(feature = "faults"))]
    let _ = name;
}

/// Whether it is here that the process is to die, where a half-way state takes more than dying.
#[inline]
pub fn is_planned(name: &'static str) -> bool {
    #[cfg(feature = "faults")]
    return armed::plan().is_some_and(|plan| plan.name == name);
    #[cfg(not(feature = "faults"))]
    {
        let _ = name;
        false
    }
}

#[cfg(feature = "faults")]
mod armed {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    };

    pub(super) struct Plan {
        pub(super) name: String,
        left: AtomicU32,
    }

    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

    pub(super) fn plan() -> Option<&'static Plan> {
        let plan = PLAN.get_or_init(|| {
            let text = std::env::var("HOLDFAST_FAULT").ok()?;
            let (name, times) = text.split_once(':').unwrap_or((&text, "1"));
            Some(Plan { name: name.to_owned(), left: AtomicU32::new(times.parse().unwrap_or(1)) })
        });
        plan.as_ref()
    }

    pub(super) fn hit(name: &str) {
        if let Some(plan) = plan()
            && plan.name == name
            && plan.left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            std::process::abort();
        }
    }
}
