//! Ids of the demo network: each follows from the generator's key, so that an interrupted load goes on where it stopped.
use std::fmt::Display;
use uuid::Uuid;

const NETWORK: Uuid = Uuid::from_u128(0x8d1f_0b5e_2c64_4b7a_9e35_6a10_d3f2_71c8);

pub(super) fn id(kind: &str, key: impl Display) -> Uuid {
    Uuid::new_v5(&NETWORK, format!("{kind} {key}").as_bytes())
}

/// The id of a command about something: the same whenever it is sent again.
pub(super) fn request(command: &str, about: impl Display) -> String {
    id(&format!("command {command}"), about).to_string()
}
