//! The vectors of WebAuthn Level 3, read from beside the project, and a key of our own for every rule that may be broken.
use super::*;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::cbor;
use std::path::Path;

const ORIGIN: &str = "https://example.org";
const RP_ID: &str = "example.org";

/// A ceremony of the vectors: its values by their names.
type Values<'a> = Vec<(&'a str, Vec<u8>)>;

/// Registration and authentication of each credential, by the section's name.
fn vectors(text: &str) -> Vec<(String, Values<'_>, Values<'_>)> {
    let mut found = Vec::new();
    for section in text.split("\n## ").filter(|section| section.contains("attestationObject = h'")) {
        let name = section.split(" ##").next().unwrap().to_owned();
        let (registration, authentication) = section.split_once("[=authentication ceremony|").unwrap();
        let values = |part| -> Values<'_> {
            let lines = str::lines(part).filter_map(|line| line.split_once(" = h'"));
            lines.map(|(name, rest)| (name, hex::decode(rest.split('\'').next().unwrap()).unwrap())).collect()
        };
        found.push((name, values(registration), values(authentication)));
    }
    found
}

fn value<'a>(values: &'a Values<'_>, name: &str) -> &'a [u8] {
    &values.iter().find(|(own, _)| *own == name).unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn the_vectors_of_the_standard_are_known_again_and_those_altered_are_not() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/webauthn/w3c-webauthn-l3-test-vectors.section.bs");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: the vectors of WebAuthn are not in ../shared/data/webauthn beside the project");
        return;
    };
    let mut passed = 0;
    for (name, registration, authentication) in vectors(&text) {
        let expected = |values: &Values<'_>, framed| {
            let challenge = value(values, "challenge").to_vec();
            move |of: &dyn Fn(&Expected<'_>) -> Result<(), Broken>| {
                of(&Expected {
                    challenge: &challenge,
                    origin: ORIGIN,
                    rp_id: RP_ID,
                    // Whether the vectors' device makes sure of its owner is drawn by lot.
                    user_verified: false,
                    framed,
                })
            }
        };
        let (client_data, object) =
            (value(&registration, "clientDataJSON"), value(&registration, "attestationObject"));
        let framed = name.contains("crossOrigin") || name.contains("topOrigin");
        if name.contains("Ed448") {
            // Not offered, so no device of ours has one.
            let refused =
                expected(&registration, false)(&|expected| made(expected, client_data, object).map(|_| ()));
            assert_eq!(refused, Err(Broken::Algorithm), "{name}");
            continue;
        }
        if framed {
            let refused =
                expected(&registration, false)(&|expected| made(expected, client_data, object).map(|_| ()));
            assert_eq!(refused, Err(Broken::Framed), "{name}");
        }
        let held = std::cell::RefCell::new(None);
        expected(&registration, framed)(&|expected| {
            *held.borrow_mut() = Some(made(expected, client_data, object)?);
            Ok(())
        })
        .unwrap_or_else(|broken| panic!("{name}: {broken}"));
        let held = held.into_inner().unwrap();
        assert_eq!(held.id, value(&registration, "credential_id"), "{name}");
        let (client_data, data, signature) = (
            value(&authentication, "clientDataJSON"),
            value(&authentication, "authenticatorData"),
            value(&authentication, "signature"),
        );
        let show = |signature: &[u8]| {
            expected(&authentication, framed)(&|expected| {
                shown(expected, &held.key, client_data, data, signature).map(|_| ())
            })
        };
        assert_eq!(show(signature), Ok(()), "{name}");
        let mut altered = signature.to_vec();
        *altered.last_mut().unwrap() ^= 1;
        assert_eq!(show(&altered), Err(Broken::Signature), "{name}");
        passed += 1;
    }
    assert_eq!(passed, 14, "every section but Ed448");
}

/// A device of our own.
struct Device(Ed25519KeyPair);

impl Device {
    fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    fn cose(&self) -> Vec<u8> {
        let x = Value::Bytes(self.0.public_key().as_ref().to_vec());
        cbor_bytes(&cbor!({ 1 => 1, 3 => -8, -1 => 6, -2 => x }).unwrap())
    }

    fn sign(&self, data: &[u8], client_data: &[u8]) -> Vec<u8> {
        self.0.sign(&signed(data, client_data)).as_ref().to_vec()
    }
}

fn cbor_bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

fn client_data(kind: &str, challenge: &[u8], origin: &str, more: &str) -> Vec<u8> {
    let challenge = URL_SAFE_NO_PAD.encode(challenge);
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"{more}}}"#).into_bytes()
}

fn data(rp_id: &str, flags: u8, credential: &[u8]) -> Vec<u8> {
    [Sha256::digest(rp_id).as_slice(), &[flags], &7u32.to_be_bytes(), credential].concat()
}

fn attested(device: &Device) -> Vec<u8> {
    [[0; 16].as_slice(), &3u16.to_be_bytes(), b"abc", &device.cose()].concat()
}

fn object(format: &str, statement: Value, data: Vec<u8>) -> Vec<u8> {
    let data = Value::Bytes(data);
    cbor_bytes(&cbor!({ "fmt" => format, "attStmt" => statement, "authData" => data }).unwrap())
}

const EXPECTED: Expected<'static> =
    Expected { challenge: b"challenge", origin: ORIGIN, rp_id: RP_ID, user_verified: true, framed: false };

#[test]
fn a_key_that_is_made_and_shown_as_asked_is_known_again() {
    let device = Device::new(1);
    let said = client_data("webauthn.create", b"challenge", ORIGIN, "");
    let made =
        made(&EXPECTED, &said, &object("none", cbor!({}).unwrap(), data(RP_ID, 0x45, &attested(&device))))
            .unwrap();
    assert_eq!((made.id.as_slice(), made.counter), (b"abc".as_slice(), 7));
    let said = client_data("webauthn.get", b"challenge", ORIGIN, "");
    let bytes = data(RP_ID, 0x05, &[]);
    assert_eq!(shown(&EXPECTED, &made.key, &said, &bytes, &device.sign(&bytes, &said)), Ok(7));
    assert_eq!(challenge_of(&said).unwrap(), b"challenge");
}

#[test]
fn what_is_signed_elsewhere_or_otherwise_is_refused_by_its_rule() {
    let device = Device::new(1);
    let show = |said: &[u8], bytes: &[u8]| {
        shown(&EXPECTED, &device.cose(), said, bytes, &device.sign(bytes, said)).unwrap_err()
    };
    let bytes = data(RP_ID, 0x05, &[]);
    let get =
        |challenge: &[u8], origin: &str, more: &str| client_data("webauthn.get", challenge, origin, more);
    let good = get(b"challenge", ORIGIN, "");
    assert_eq!(show(&client_data("webauthn.create", b"challenge", ORIGIN, ""), &bytes), Broken::Ceremony);
    assert_eq!(show(&get(b"another", ORIGIN, ""), &bytes), Broken::Challenge);
    for origin in ["https://example.org.evil.example", "http://example.org", "https://example.org:444", ""] {
        assert_eq!(show(&get(b"challenge", origin, ""), &bytes), Broken::Origin, "{origin}");
    }
    for more in [r#","crossOrigin":true"#, r#","topOrigin":"https://evil.example""#] {
        assert_eq!(show(&get(b"challenge", ORIGIN, more), &bytes), Broken::Framed);
    }
    assert_eq!(show(&good, &data("evil.example", 0x05, &[])), Broken::RelyingParty);
    assert_eq!(show(&good, &data(RP_ID, 0x04, &[])), Broken::Presence);
    assert_eq!(show(&good, &data(RP_ID, 0x01, &[])), Broken::Verification);
    for cut in [data(RP_ID, 0x05, &[0]), data(RP_ID, 0x15, &[]), data(RP_ID, 0x45, &[]), bytes[..36].to_vec()]
    {
        assert_eq!(show(&good, &cut), Broken::Format);
    }
    for nonsense in [b"".as_slice(), b"{}", b"\xff", b"[1]"] {
        assert_eq!(show(nonsense, &bytes), Broken::Format);
    }
    let other = Device::new(2);
    assert_eq!(
        shown(&EXPECTED, &other.cose(), &good, &bytes, &device.sign(&bytes, &good)),
        Err(Broken::Signature)
    );
}

#[test]
fn a_statement_about_a_key_that_does_not_hold_is_refused() {
    let device = Device::new(1);
    let said = client_data("webauthn.create", b"challenge", ORIGIN, "");
    let bytes = data(RP_ID, 0x45, &attested(&device));
    let make = |format: &str, statement| made(&EXPECTED, &said, &object(format, statement, bytes.clone()));
    let by = |signer: &Device, algorithm: i64| {
        let signature = Value::Bytes(signer.sign(&bytes, &said));
        cbor!({ "alg" => algorithm, "sig" => signature }).unwrap()
    };
    assert!(make("packed", by(&device, -8)).is_ok());
    assert_eq!(make("packed", by(&Device::new(2), -8)), Err(Broken::Attestation));
    assert_eq!(make("packed", by(&device, -7)), Err(Broken::Attestation));
    assert_eq!(make("none", by(&device, -8)), Err(Broken::Attestation));
    let trailing = [object("none", cbor!({}).unwrap(), bytes.clone()), vec![0]].concat();
    assert_eq!(made(&EXPECTED, &said, &trailing), Err(Broken::Format));
}

#[test]
fn a_key_of_a_kind_that_was_not_offered_is_refused() {
    let said = client_data("webauthn.create", b"challenge", ORIGIN, "");
    let with = |key: Value| {
        let credential = [[0; 16].as_slice(), &3u16.to_be_bytes(), b"abc", &cbor_bytes(&key)].concat();
        made(&EXPECTED, &said, &object("none", cbor!({}).unwrap(), data(RP_ID, 0x45, &credential)))
            .unwrap_err()
    };
    let octets = |length| Value::Bytes(vec![1; length]);
    assert_eq!(
        with(cbor!({ 1 => 2, 3 => -47, -1 => 8, -2 => octets(32), -3 => octets(32) }).unwrap()),
        Broken::Algorithm
    );
    assert_eq!(
        with(cbor!({ 1 => 2, 3 => -7, -1 => 2, -2 => octets(32), -3 => octets(32) }).unwrap()),
        Broken::Algorithm
    );
    assert_eq!(
        with(cbor!({ 1 => 2, 3 => -7, -1 => 1, -2 => octets(31), -3 => octets(32) }).unwrap()),
        Broken::Format
    );
    assert_eq!(with(cbor!({ 1 => 2 }).unwrap()), Broken::Format);
    assert_eq!(with(cbor!([]).unwrap()), Broken::Format);
}

proptest::proptest! {
    /// Whatever comes from outside, it is refused and nothing falls over.
    #[test]
    fn nonsense_is_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let said = client_data("webauthn.create", b"challenge", ORIGIN, "");
        proptest::prop_assert!(made(&EXPECTED, &said, &bytes).is_err());
        proptest::prop_assert!(shown(&EXPECTED, &bytes, &said, &bytes, &bytes).is_err());
        let object = object("none", cbor!({}).unwrap(), [data(RP_ID, 0xc5, &[]), bytes].concat());
        proptest::prop_assert!(made(&EXPECTED, &said, &object).is_err());
    }
}
