//! A device that keeps passkeys, as a browser speaks of it (WebAuthn Level 3), and the codes of an authenticator app.
use crate::world::World;
use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::{Value, cbor};
use holdfast_types::Clock as _;
use serde_json::json;

pub(crate) const ORIGIN: &str = "http://localhost:8080";

/// The code that an app shows now.
pub(crate) fn code(world: &World, secret_base32: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret_base32).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(world.clock.now().timestamp()).unwrap()).to_string()
}

pub(crate) struct Device {
    seed: u8,
    key: Ed25519KeyPair,
    id: Vec<u8>,
    user: Vec<u8>,
    pub(crate) origin: &'static str,
    pub(crate) counter: u32,
    pub(crate) user_verified: bool,
}

impl Device {
    pub(crate) fn new(seed: u8) -> Self {
        Self {
            seed,
            key: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap(),
            id: vec![seed; 16],
            user: Vec::new(),
            origin: ORIGIN,
            counter: 0,
            user_verified: true,
        }
    }

    /// The same key under the same id.
    pub(crate) fn twin(&self) -> Self {
        Self { id: self.id.clone(), user: self.user.clone(), counter: self.counter, ..Self::new(self.seed) }
    }

    /// Says that it is another's.
    pub(crate) fn pose_as(&mut self, other: &Self) {
        self.user.clone_from(&other.user);
    }

    /// Another key under the id of this one.
    pub(crate) fn take_id_of(&mut self, other: &Self) {
        self.id.clone_from(&other.id);
        self.user.clone_from(&other.user);
    }

    pub(crate) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.id)
    }

    /// RegistrationResponseJSON for the options.
    pub(crate) fn make(&mut self, options_json: &str) -> String {
        let options: serde_json::Value = serde_json::from_str(options_json).unwrap();
        self.user = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let x = Value::Bytes(self.key.public_key().as_ref().to_vec());
        let key = bytes(&cbor!({ 1 => 1, 3 => -8, -1 => 6, -2 => x }).unwrap());
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let credential = [[0; 16].as_slice(), &length, &self.id, &key].concat();
        let data = Value::Bytes(self.data(options["rp"]["id"].as_str().unwrap(), 0x40, &credential));
        let empty = Value::Map(Vec::new());
        let object = bytes(&cbor!({ "fmt" => "none", "attStmt" => empty, "authData" => data }).unwrap());
        let said = self.client_data("webauthn.create", &options);
        json!({ "id": self.id(), "rawId": self.id(), "type": "public-key", "response": {
            "clientDataJSON": URL_SAFE_NO_PAD.encode(said),
            "attestationObject": URL_SAFE_NO_PAD.encode(object),
        }})
        .to_string()
    }

    /// AuthenticationResponseJSON for the options.
    pub(crate) fn show(&self, options_json: &str) -> String {
        let options: serde_json::Value = serde_json::from_str(options_json).unwrap();
        let data = self.data(options["rpId"].as_str().unwrap(), 0, &[]);
        let said = self.client_data("webauthn.get", &options);
        let signature = self.key.sign(&[data.as_slice(), digest(&SHA256, said.as_bytes()).as_ref()].concat());
        json!({ "id": self.id(), "rawId": self.id(), "type": "public-key", "response": {
            "clientDataJSON": URL_SAFE_NO_PAD.encode(said),
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "signature": URL_SAFE_NO_PAD.encode(signature),
            "userHandle": URL_SAFE_NO_PAD.encode(&self.user),
        }})
        .to_string()
    }

    fn client_data(&self, kind: &str, options: &serde_json::Value) -> String {
        json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin }).to_string()
    }

    fn data(&self, rp_id: &str, flags: u8, credential: &[u8]) -> Vec<u8> {
        let flags = flags | if self.user_verified { 0x05 } else { 0x01 };
        let rp_id = digest(&SHA256, rp_id.as_bytes());
        [rp_id.as_ref(), &[flags], &self.counter.to_be_bytes(), credential].concat()
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}
