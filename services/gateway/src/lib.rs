//! The gateway: pages for browsers, over the services it asks by gRPC.

pub mod gallery;
pub mod pages;
pub mod web;
pub mod words;
