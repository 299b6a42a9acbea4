//! What stands for a record in an address: `/r/{alias}`.
//!
//! The alias of a record is HMAC-SHA-256 of the patient's id under a key made of the account's id, cut to 80 bits. It needs
//! no store and no secret of the installation, is the same on every gateway and after every start, and differs from account to
//! account. It is found again by comparing it with the aliases of the records that the caller may open, so that it opens nothing
//! for anybody else: who passes an address on passes on nothing.
use aws_lc_rs::hmac;
use holdfast_types::{AccountId, PatientId};

const ALIAS_BYTES: usize = 10;
/// Crockford's: no letter looks like another sign.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The account's own alias of a record: 16 signs.
pub fn of(account: AccountId, patient: PatientId) -> String {
    named(b"holdfast record alias 1", account, patient)
}

/// The account's own alias of a record that it opened in an emergency: what is asked under it is asked for that alone.
pub fn of_emergency(account: AccountId, patient: PatientId) -> String {
    named(b"holdfast emergency alias 1", account, patient)
}

fn named(what: &[u8], account: AccountId, patient: PatientId) -> String {
    let key = [what, account.uuid().as_bytes()].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), patient.uuid().as_bytes());
    base32(tag.as_ref().get(..ALIAS_BYTES).unwrap_or_default())
}

/// Five bits a sign, the last ones filled up with zeros.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let sign = |five: &[u8]| {
        five.iter().chain(std::iter::repeat(&0)).take(5).fold(0_usize, |sum, bit| sum * 2 + usize::from(*bit))
    };
    bits.chunks(5).filter_map(|five| LETTERS.get(sign(five))).map(|letter| char::from(*letter)).collect()
}

/// What was written as [`base32`] of so many bytes; none where no bytes are written so.
pub(crate) fn unbase32(text: &str, bytes: usize) -> Option<Vec<u8>> {
    if text.len() != (bytes * 8).div_ceil(5) {
        return None;
    }
    let five = |sign: u8| LETTERS.iter().position(|letter| *letter == sign);
    let fives: Vec<usize> = text.bytes().map(five).collect::<Option<_>>()?;
    let bits: Vec<usize> = fives.iter().flat_map(|five| (0..5).rev().map(move |at| five >> at & 1)).collect();
    let byte = |eight: &[usize]| u8::try_from(eight.iter().fold(0, |sum, bit| sum * 2 + bit)).ok();
    let read: Vec<u8> = bits.chunks_exact(8).take(bytes).map(byte).collect::<Option<_>>()?;
    (base32(&read) == text).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_alias_is_the_same_each_time_and_another_for_everybody_else() {
        let (ana, ben) = (AccountId::new(Uuid::from_u128(1)), AccountId::new(Uuid::from_u128(2)));
        let patient = PatientId::new(Uuid::from_u128(3));
        assert_eq!(of(ana, patient), of(ana, patient));
        assert_eq!(of(ana, patient).len(), 16);
        assert_ne!(of(ana, patient), of(ben, patient));
        assert_ne!(of(ana, patient), of(ana, PatientId::new(Uuid::from_u128(4))));
    }

    #[test]
    fn five_bits_make_a_sign() {
        assert_eq!(base32(&[0b0000_1000, 0b1000_0110, 0b0100_0010, 0b1001_1000, 0b1110_1000]), "12345678");
        assert_eq!(base32(&[0xff]), "zw");
        for bytes in [vec![0xff], vec![], vec![1, 2, 3], (0..15).collect()] {
            assert_eq!(unbase32(&base32(&bytes), bytes.len()), Some(bytes));
        }
        for wrong in ["zz", "z", "ZW", "zwz", "il"] {
            assert_eq!(unbase32(wrong, 1), None, "{wrong}");
        }
    }
}
