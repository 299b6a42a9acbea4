//! What is commanded of links.
use super::Step;
use chrono::{DateTime, Utc};
use holdfast_consent::domain::link::{Command, Digest, Opening, Terms};
use holdfast_types::RequestId;
use uuid::Uuid;

impl Step {
    /// With a passcode of its own, or with none.
    pub(super) fn make_link(&self) -> Command {
        let mut secret = [0; 32];
        secret[0..16].copy_from_slice(self.id().as_bytes());
        Command::Make(Terms {
            patient: self.patient(),
            label: "School".into(),
            secret: Digest(secret),
            passcode: (self.way > 0).then_some(Digest([1; 32])),
            openings_max: 1 + u32::from(self.by),
        })
    }

    /// With the right passcode, a wrong one, or none.
    pub(super) fn open_link(&self, opened: DateTime<Utc>) -> Command {
        let attempt = RequestId::new(Uuid::from_u128(u128::from(self.thing + 3 * self.way)));
        let opening = Opening { attempt, opened, recipient: "the school".into() };
        let passcode = (self.way < 2).then_some(Digest([self.way; 32]));
        Command::Open { opening, passcode, in_force: self.by < 2 }
    }
}
