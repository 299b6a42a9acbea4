//! Secrets that identity gives out, and the keyed hash by which it finds an address.
//!
//! A link's and a session's secret, an authenticator app's and recovery codes are HMAC-SHA-256 (32 bytes, base64url, where nothing else is said) under a key of the installation over what the
//! command was: a command repeated after a lost answer gets the same secret, while only its SHA-256 is ever stored. A session's
//! secret depends on the link's, which nobody but the mail's reader has.
use crate::domain::Digest;
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_eventlog::{KeyError, MasterKey};
use holdfast_types::{AccountId, RequestId, SessionId};
use secrecy::{ExposeSecret as _, SecretString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use uuid::{Builder, Uuid};

pub(crate) struct Secrets {
    addresses: hmac::Key,
    links: hmac::Key,
    sessions: hmac::Key,
    factors: hmac::Key,
    providers: hmac::Key,
}

/// An address in one spelling; letter case never tells two mailboxes apart in practice.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// At most 254 characters (RFC 5321, section 4.5.3.1.3, less the brackets).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let parsed: lettre::Address = text.parse().ok()?;
        // A mail needs no quoting and no transcription on its way.
        let plain = text.is_ascii() && !text.contains(['"', '[', ' ']) && !parsed.domain().is_empty();
        (plain && text.len() <= 254).then_some(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// HMAC-SHA-256 of an address, of a mailbox or of a network.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct AddressHash([u8; 32]);

impl AddressHash {
    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The id of the account that the address gets when it has none: the same whoever opens it first.
    pub(crate) fn account(self) -> AccountId {
        let bytes = self.0.first_chunk::<16>().copied().unwrap_or_default();
        AccountId::new(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl Secrets {
    pub(crate) fn derive(master: &MasterKey) -> Result<Self, KeyError> {
        let key = |name| Ok(hmac::Key::new(hmac::HMAC_SHA256, master.derive(name)?.as_slice()));
        Ok(Self {
            addresses: key("identity/addresses")?,
            links: key("identity/links")?,
            sessions: key("identity/sessions")?,
            factors: key("identity/factors")?,
            providers: key("identity/providers")?,
        })
    }

    pub(crate) fn address(&self, email: &Email) -> AddressHash {
        AddressHash(tag(&self.addresses, &[email.as_str().as_bytes()]))
    }

    /// Of where somebody asks from: of IPv6 the first 64 bits, which one household or host has all of.
    pub(crate) fn network(&self, address: IpAddr) -> AddressHash {
        let network = match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            address @ IpAddr::V4(_) => address,
        };
        // No mailbox has a space in it.
        AddressHash(tag(&self.addresses, &[b"network ", network.to_string().as_bytes()]))
    }

    /// Of an address, for counting invitations apart from links.
    pub(crate) fn invitations_to(&self, email: &Email) -> AddressHash {
        AddressHash(tag(&self.addresses, &[b"invitations ", email.as_str().as_bytes()]))
    }

    /// The same network, for counting challenges apart from links.
    pub(crate) fn challenges_of(&self, address: IpAddr) -> AddressHash {
        AddressHash(tag(&self.addresses, &[b"challenges ", self.network(address).bytes()]))
    }

    pub(crate) fn link(&self, request: RequestId, address: AddressHash, browser: Digest) -> SecretString {
        text(tag(&self.links, &[request.uuid().as_bytes(), address.bytes(), browser.bytes()]))
    }

    pub(crate) fn session(&self, session: SessionId, link: Digest) -> SecretString {
        text(tag(&self.sessions, &[session.uuid().as_bytes(), link.bytes()]))
    }

    /// 160 bits (RFC 4226, section 4).
    pub(crate) fn totp(&self, account: AccountId, request: RequestId) -> Vec<u8> {
        let made = tag(&self.factors, &[b"totp", account.uuid().as_bytes(), request.uuid().as_bytes()]);
        made.iter().copied().take(20).collect()
    }

    /// Eighty bits each, in four groups of letters and digits that are not mistaken for others.
    pub(crate) fn recovery_codes(&self, account: AccountId, request: RequestId, count: usize) -> Vec<String> {
        const SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
        let sign = |byte: u8| SIGNS.get(usize::from(byte % 32)).copied().map_or('a', char::from);
        let code = |number: usize| {
            let (account, request, number) = (account.uuid(), request.uuid(), number.to_be_bytes());
            let made =
                tag(&self.factors, &[b"code", account.as_bytes(), request.as_bytes(), number.as_slice()]);
            let signs: Vec<char> = made.iter().copied().take(16).map(sign).collect();
            signs.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
        };
        (0..count).map(code).collect()
    }

    /// What a provider sends back (RFC 6749, section 4.1.1): made of an id that is used once.
    pub(crate) fn provider_state(&self, id: Uuid) -> SecretString {
        text(tag(&self.providers, &[b"state", id.as_bytes()]))
    }

    /// What its ID token repeats: whoever knows it does not know the state.
    pub(crate) fn provider_nonce(&self, state: &SecretString) -> String {
        URL_SAFE_NO_PAD.encode(tag(&self.providers, &[b"nonce", state.expose_secret().as_bytes()]))
    }

    /// What shows that the code was asked for here (RFC 7636).
    pub(crate) fn provider_verifier(&self, state: &SecretString) -> SecretString {
        text(tag(&self.providers, &[b"verifier", state.expose_secret().as_bytes()]))
    }

    /// S256 of the verifier.
    pub(crate) fn provider_challenge(&self, state: &SecretString) -> String {
        let verifier = self.provider_verifier(state);
        URL_SAFE_NO_PAD.encode(Digest::of(verifier.expose_secret().as_bytes()).bytes())
    }

    /// What a passkey is to sign: made of an id that is used once.
    pub(crate) fn challenge(&self, id: Uuid) -> [u8; 32] {
        tag(&self.factors, &[b"challenge", id.as_bytes()])
    }
}

/// Where somebody signs in, in as much detail as they need to know it again: 24 bits of an IPv4 address, 48 of an IPv6 address.
pub(crate) fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() >> 8 << 8)),
        IpAddr::V6(address) => format!("{}/48", Ipv6Addr::from_bits(address.to_bits() >> 80 << 80)),
    }
}

/// The id that a command's result gets: the same when the command is repeated.
pub(crate) fn derived_id(scope: Uuid, request: RequestId) -> Uuid {
    Uuid::new_v5(&scope, request.uuid().as_bytes())
}

/// All parts but the first have a fixed length under one first part, so no two lists have the same bytes.
fn tag(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    for (byte, from) in bytes.iter_mut().zip(context.sign().as_ref()) {
        *byte = *from;
    }
    bytes
}

fn text(bytes: [u8; 32]) -> SecretString {
    URL_SAFE_NO_PAD.encode(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(key: u8) -> Secrets {
        Secrets::derive(&MasterKey::new([key; 32])).unwrap()
    }

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn a_network_is_one_address_of_ipv4_and_half_an_address_of_ipv6() {
        let of = |text: &str| *secrets(1).network(text.parse().unwrap()).bytes();
        assert_eq!(of("2001:db8:1:2::7"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::7"), of("2001:db8:1:3::7"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }

    #[test]
    fn where_somebody_signs_in_is_kept_without_the_last_numbers() {
        let of = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(of("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("2001:db8:1:2::7"), "2001:db8:1::/48");
    }

    #[test]
    fn one_address_has_one_hash_in_whatever_spelling_and_another_under_another_key() {
        let hash = secrets(1).address(&email("Pat@Example.org "));
        assert!(hash == secrets(1).address(&email("pat@example.org")));
        assert!(hash != secrets(2).address(&email("pat@example.org")));
        assert!(hash != secrets(1).address(&email("pat@example.com")));
        assert_eq!(hash.account().uuid().get_version_num(), 8);
    }

    #[test]
    fn what_is_no_address_is_not_taken() {
        let long = format!("a@{}.org", "b".repeat(260));
        for text in [
            "",
            "pat",
            "pat@",
            "@example.org",
            "pat@exa mple.org",
            "a\n@example.org",
            "\"a b\"@example.org",
            &long,
        ] {
            assert!(Email::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn what_an_account_shows_is_made_of_the_command_and_no_two_are_alike() {
        let (rosa, request) = (AccountId::new(Uuid::from_u128(1)), RequestId::new(Uuid::from_u128(2)));
        let codes = secrets(1).recovery_codes(rosa, request, 10);
        assert_eq!(codes, secrets(1).recovery_codes(rosa, request, 10));
        assert!(codes.iter().all(|code| code.len() == 19 && code.split('-').all(|group| group.len() == 4)));
        let others = secrets(1).recovery_codes(AccountId::new(Uuid::from_u128(3)), request, 10);
        let mut all: Vec<_> = codes.into_iter().chain(others).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 20);
        assert_eq!(secrets(1).totp(rosa, request).len(), 20);
        assert_ne!(secrets(1).totp(rosa, request), secrets(2).totp(rosa, request));
    }

    #[test]
    fn a_secret_is_the_same_for_the_same_command_and_differs_for_every_other() {
        let request = |id| RequestId::new(Uuid::from_u128(id));
        let (address, browser) = (secrets(1).address(&email("pat@example.org")), Digest::new([3; 32]));
        let link = |key, id| secrets(key).link(request(id), address, browser).expose_secret().to_owned();
        assert_eq!(link(1, 1), link(1, 1));
        assert_eq!(link(1, 1).len(), 43);
        assert_ne!(link(1, 1), link(1, 2));
        assert_ne!(link(1, 1), link(2, 1));
        let session = |id, link| {
            secrets(1)
                .session(SessionId::new(Uuid::from_u128(id)), Digest::new([link; 32]))
                .expose_secret()
                .to_owned()
        };
        assert_ne!(session(1, 1), session(1, 2));
        assert_ne!(session(1, 1), session(2, 1));
    }
}
