//! Identity from outside: through its gRPC, on real PostgreSQL and NATS.
mod administration;
mod directory;
mod hosting;
mod sessions;
mod sign_in;
mod world;
