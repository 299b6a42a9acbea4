//! Identity from outside: through its gRPC, on real PostgreSQL and NATS.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod administration;
mod away;
mod device;
mod devices;
mod directory;
mod emergencies;
mod factors;
mod hosting;
mod invitations;
mod links;
mod passkeys;
mod programs;
mod provider;
mod providers;
mod reviews;
mod sessions;
mod sign_in;
mod staff;
mod world;
