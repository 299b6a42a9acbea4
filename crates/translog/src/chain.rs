//! Chains: the entries of one patient, and those of one lane of a service, each counted from one without gaps.
use crate::hash::Hash;
use holdfast_types::{PatientId, Service};
use sha2::{Digest, Sha256};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    Patient(PatientId),
    Lane(Service, u16),
}

/// A digest stands for the chain, so that the log does not name its patients: who knows the id knows the key.
pub type ChainKey = Hash;

impl Chain {
    /// `SHA-256("holdfast-chain-v1" || kind || id)`; of a lane, the id is its number, 16 bits, and the service's name.
    pub fn key(self) -> ChainKey {
        let digest = Sha256::new_with_prefix("holdfast-chain-v1");
        let digest = match self {
            Self::Patient(patient) => digest.chain_update([1]).chain_update(patient.uuid().as_bytes()),
            Self::Lane(service, lane) => {
                digest.chain_update([2]).chain_update(lane.to_be_bytes()).chain_update(service.as_str())
            }
        };
        digest.finalize().into()
    }
}

/// How many entries a chain has, and the leaf hash of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub count: u64,
    pub last: Hash,
}

impl Head {
    /// Before the first entry.
    pub const NONE: Self = Self { count: 0, last: [0; 32] };
}
