//! What the device says of a ceremony (WebAuthn Level 3, section 6.1).
use super::{Broken, Expected};
use ciborium::Value;
use sha2::{Digest as _, Sha256};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;
const AAGUID_BYTES: usize = 16;
const CREDENTIAL_ID_BYTES_MAX: usize = 1023;

pub(super) struct AuthenticatorData<'a> {
    rp_id_sha256: [u8; 32],
    flags: u8,
    pub(super) counter: u32,
    pub(super) credential: Option<Credential<'a>>,
}

pub(super) struct Credential<'a> {
    pub(super) id: &'a [u8],
    pub(super) key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Every byte has its meaning, or none has.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Broken> {
        let (rp_id_sha256, rest) = bytes.split_first_chunk::<32>().ok_or(Broken::Format)?;
        let (flags, rest) = rest.split_first().ok_or(Broken::Format)?;
        let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(Broken::Format)?;
        let mut credential = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (_, after) = rest.split_at_checked(AAGUID_BYTES).ok_or(Broken::Format)?;
            let (length, after) = after.split_first_chunk::<2>().ok_or(Broken::Format)?;
            let length = usize::from(u16::from_be_bytes(*length));
            if length > CREDENTIAL_ID_BYTES_MAX {
                return Err(Broken::Format);
            }
            let (id, after) = after.split_at_checked(length).ok_or(Broken::Format)?;
            let (key, after) = split_value(after)?;
            credential = Some(Credential { id, key });
            rest = after;
        }
        if flags & HAS_EXTENSIONS != 0 {
            rest = split_value(rest)?.1;
        }
        if !rest.is_empty() {
            return Err(Broken::Format);
        }
        Ok(Self {
            rp_id_sha256: *rp_id_sha256,
            flags: *flags,
            counter: u32::from_be_bytes(*counter),
            credential,
        })
    }

    pub(super) fn check(&self, expected: &Expected<'_>) -> Result<(), Broken> {
        let said = |flag: u8| self.flags & flag != 0;
        if self.rp_id_sha256 != <[u8; 32]>::from(Sha256::digest(expected.rp_id)) {
            return Err(Broken::RelyingParty);
        }
        if !said(USER_PRESENT) {
            return Err(Broken::Presence);
        }
        if expected.user_verified && !said(USER_VERIFIED) {
            return Err(Broken::Verification);
        }
        // What is not made to be backed up is not backed up.
        if said(BACKED_UP) && !said(BACKUP_ELIGIBLE) {
            return Err(Broken::Format);
        }
        Ok(())
    }
}

/// The first CBOR value's bytes, and what follows them.
fn split_value(bytes: &[u8]) -> Result<(&[u8], &[u8]), Broken> {
    let mut rest = bytes;
    let _: Value = ciborium::from_reader(&mut rest).map_err(|_| Broken::Format)?;
    bytes.split_at_checked(bytes.len() - rest.len()).ok_or(Broken::Format)
}
