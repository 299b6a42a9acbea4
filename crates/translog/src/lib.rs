//! The proof: a transparency log over the envelopes of all services, in the forms of C2SP, which anyone can verify who holds
//! its public key. No server, no database: pure, but for the traits [`TileSource`] and [`TileStore`], and [`SigningKey::read`].
//!
//! # What is in the log
//! Each event of each service is one [`EventEntry`]; it commits to the event's leaf hash, and so to all of its header and the
//! digest of its sealed content. It counts twice: in the lane of its service, and among the entries of its patient, where it
//! also names the entry before. The last entry of every checkpointed tree is a [`HeadsEntry`]: what every chain has come to,
//! the time, and the checkpoint before. So a patient who is shown fewer entries than there are can tell from any checkpoint.
//!
//! # How a sequencer orders its steps
//! PostgreSQL is the truth of what was sequenced; the store of tiles follows it.
//! 1. **Pool**: take events that are not sequenced, of each lane from its head on without a gap.
//! 2. **Append**: [`Sequence::append`] gives entries, moved heads, files and the checkpoint. Nothing is stored yet.
//! 3. **Sign**: [`Checkpoint::sign`].
//! 4. **Compare and swap**, one transaction: entries, moved heads and the signed checkpoint take the place of the checkpoint on which
//!    the `Sequence` stands, or nothing does. Who loses throws its `Sequence` away: another sequencer is at work.
//! 5. **Write**: [`Growth::files`] into the store. They depend on the committed entries alone, so repeating them is harmless, and
//!    only what was committed is ever written: no sequencer can overwrite another's tiles with something else.
//! 6. **Publish**: the signed checkpoint, under [`CHECKPOINT_PATH`], never a smaller one after a larger.
//!
//! A crash before 4 has done nothing; after it, whoever resumes finds the committed checkpoint ahead of the published one, makes
//! the files again from the committed entries ([`Frontier::grow`] from the published size), and goes on with 5.
mod bundle;
mod chain;
mod checkpoint;
mod edge;
mod entry;
mod export;
mod exporting;
mod frontier;
mod hash;
mod heads;
mod key;
mod note;
mod plan;
mod proof;
mod rows;
mod sequence;
mod store;
mod tile;
mod verify;
mod witness;

pub use bundle::{BundleError, decode_bundle, encode_bundle};
pub use chain::{Chain, ChainKey, Head};
pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use edge::{Edge, EdgeError};
pub use entry::{Entry, EntryError, EventEntry, HeadsEntry, PatientLink};
pub use export::{
    Begin, Consistency, EXPORT_FORMAT, EXPORT_LINE_BYTES_MAX, ExportError, HashText, Line, Lines,
    PatientHead, Placed, write_line,
};
pub use exporting::{ExportingError, PatientPart, export_log, export_patient};
pub use frontier::{Frontier, FrontierError, Growth, TileFile};
pub use hash::{EMPTY_ROOT, Hash, decode_hash, encode_hash, leaf_hash, node_hash};
pub use heads::{HEAD_PROOF_HASHES_MAX, HeadError, Heads, verify_head};
pub use key::{KeyError, KeyFileError, SignatureError, SigningKey, Signs, VerifierKey};
pub use note::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, Note, NoteError, NoteSignature};
pub use plan::{Plan, TileError, Tiles, tile_hashes};
pub use proof::{PROOF_HASHES_MAX, ProofError, verify_consistency, verify_inclusion};
pub use sequence::{BATCH_EVENTS_MAX, Batch, Event, Sequence, SequenceError, Sequenced};
pub use store::{CHECKPOINT_PATH, StoreError, TileSource, TileStore, VERIFIER_KEY_PATH, fetch};
pub use tile::{TILE_HEIGHT, TILE_WIDTH, TREE_SIZE_MAX, Tile, TilePathError};
pub use verify::{
    CheckpointPlace, LogVerifier, PatientProof, PatientVerifier, Scope, Trust, Verified, VerifyError,
    verify_export, verify_published, verify_tiles,
};
pub use witness::{AddCheckpoint, WitnessRefusal, Witnessed};
