//! Is a resource written as FHIR R4 writes it: the elements it must have, how often, of what kind, with which codes.
mod check;
mod definitions;
mod primitive;

pub(crate) use check::{check_kept_type, check_resource};
pub(crate) use primitive::is_id;
