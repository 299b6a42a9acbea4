//! What an account can show besides its mailbox: codes of an authenticator app, recovery codes, passkeys. Which session showed one is
//! a fact of this stream, and so is each wrong code, because how often one may be wrong is decided on it.
use super::{Digest, totp};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::{Decider, Event};
use holdfast_types::SessionId;
use serde::{Deserialize, Serialize};

pub(crate) const PASSKEYS_MAX: usize = 10;
pub(crate) const RECOVERY_CODES: usize = 10;
/// Wrong codes count for so long.
const WRONG_LIFE: TimeDelta = TimeDelta::days(1);
/// So many close the way by codes to the session that was wrong.
const WRONG_OF_SESSION_MAX: usize = 5;
/// So many close the app to sessions that await a second factor. Whoever is wrong that often has read the account's mail thirty
/// times; its owner still has recovery codes, passkeys and open sessions.
const WRONG_OF_ACCOUNT_MAX: usize = 30;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum FactorsEvent {
    #[serde(rename = "factors.totp-begun")]
    TotpBegun { secret: String },
    #[serde(rename = "factors.totp-confirmed")]
    TotpConfirmed { step: u64, session: SessionId },
    #[serde(rename = "factors.totp-removed")]
    TotpRemoved {},
    #[serde(rename = "factors.recovery-codes-made")]
    RecoveryCodesMade { sha256: Vec<Digest> },
    #[serde(rename = "factors.code-shown")]
    CodeShown { step: u64, session: SessionId },
    #[serde(rename = "factors.recovery-code-shown")]
    RecoveryCodeShown { sha256: Digest, session: SessionId },
    /// `used`: it had been good once.
    #[serde(rename = "factors.code-refused")]
    CodeRefused { session: SessionId, time: DateTime<Utc>, used: bool },
    #[serde(rename = "factors.passkey-added")]
    PasskeyAdded { passkey: Passkey, session: SessionId },
    #[serde(rename = "factors.passkey-shown")]
    PasskeyShown { id: String, counter: u32, session: SessionId },
    #[serde(rename = "factors.passkey-removed")]
    PasskeyRemoved { id: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passkey {
    /// Credential id, base64url.
    pub id: String,
    /// COSE, base64url.
    pub key: String,
    pub counter: u32,
    /// As its owner calls it.
    pub name: String,
}

impl Event for FactorsEvent {
    const AGGREGATE: &'static str = "factors";

    fn event_type(&self) -> &'static str {
        match self {
            Self::TotpBegun { .. } => "factors.totp-begun",
            Self::TotpConfirmed { .. } => "factors.totp-confirmed",
            Self::TotpRemoved {} => "factors.totp-removed",
            Self::RecoveryCodesMade { .. } => "factors.recovery-codes-made",
            Self::CodeShown { .. } => "factors.code-shown",
            Self::RecoveryCodeShown { .. } => "factors.recovery-code-shown",
            Self::CodeRefused { .. } => "factors.code-refused",
            Self::PasskeyAdded { .. } => "factors.passkey-added",
            Self::PasskeyShown { .. } => "factors.passkey-shown",
            Self::PasskeyRemoved { .. } => "factors.passkey-removed",
        }
    }
}

/// A code as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Code {
    Totp(String),
    Recovery(Digest),
}

impl Code {
    /// Six digits are the app's; anything else can but be a recovery code. Blanks, hyphens and letter case do not count.
    pub(crate) fn read(text: &str) -> Self {
        let plain: String = text
            .chars()
            .filter(|sign| !sign.is_whitespace() && *sign != '-')
            .collect::<String>()
            .to_lowercase();
        match plain.len() == totp::DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Self::Totp(plain),
            false => Self::Recovery(Digest::of(plain.as_bytes())),
        }
    }
}

/// The session that shows something, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By {
    pub session: SessionId,
    /// Whether it cannot go on without.
    pub awaits: bool,
    pub now: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub(crate) enum Command {
    BeginTotp {
        secret: String,
    },
    /// `recovery`: the codes to have from then on, where this is the account's first factor.
    ConfirmTotp {
        code: Code,
        by: By,
        recovery: Vec<Digest>,
    },
    RemoveTotp,
    MakeRecoveryCodes {
        sha256: Vec<Digest>,
    },
    ShowCode {
        code: Code,
        by: By,
    },
    AddPasskey {
        passkey: Passkey,
        session: SessionId,
        recovery: Vec<Digest>,
    },
    ShowPasskey {
        id: String,
        counter: u32,
        session: SessionId,
    },
    RemovePasskey {
        id: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the code is not good")]
    CodeWrong,
    #[error("the code was used already")]
    CodeUsed,
    #[error("too many codes were wrong")]
    TooManyCodes,
    #[error("the account has no second factor")]
    NoSecondFactor,
    #[error("the account has an authenticator app already")]
    TotpEnrolled,
    #[error("no authenticator app awaits its first code")]
    TotpNotBegun,
    #[error("the passkey is set up already")]
    PasskeyKnown,
    #[error("there is no such passkey")]
    PasskeyUnknown,
    #[error("the passkey counts no further than before")]
    PasskeyCounter,
    #[error("the account has {PASSKEYS_MAX} passkeys already")]
    TooManyPasskeys,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Totp {
    #[default]
    None,
    Begun {
        secret: String,
    },
    Confirmed {
        secret: String,
        last_step: u64,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Factors {
    pub totp: Totp,
    pub recovery: Vec<Digest>,
    pub passkeys: Vec<Passkey>,
    wrong: Vec<(SessionId, DateTime<Utc>)>,
}

impl Factors {
    pub(crate) const fn has_second(&self) -> bool {
        matches!(self.totp, Totp::Confirmed { .. }) || !self.passkeys.is_empty()
    }

    pub(crate) fn passkey(&self, id: &str) -> Option<&Passkey> {
        self.passkeys.iter().find(|own| own.id == id)
    }

    fn may_try(&self, code: &Code, by: &By) -> Result<(), Refusal> {
        let lately = || self.wrong.iter().filter(|(_, time)| *time > by.now - WRONG_LIFE);
        let of_session = lately().filter(|(session, _)| *session == by.session).count();
        let of_account =
            by.awaits && matches!(code, Code::Totp(_)) && lately().count() >= WRONG_OF_ACCOUNT_MAX;
        if of_session >= WRONG_OF_SESSION_MAX || of_account { Err(Refusal::TooManyCodes) } else { Ok(()) }
    }

    fn show(&self, code: &Code, by: &By) -> FactorsEvent {
        let refused = |used| FactorsEvent::CodeRefused { session: by.session, time: by.now, used };
        match (code, &self.totp) {
            (Code::Totp(code), Totp::Confirmed { secret, last_step }) => {
                match totp::step_of(secret, code, by.now) {
                    // RFC 6238, section 5.2: a code is good once, and none before it any more.
                    Some(step) if step <= *last_step => refused(true),
                    Some(step) => FactorsEvent::CodeShown { step, session: by.session },
                    None => refused(false),
                }
            }
            // Digests of 80 random bits: how long the comparison takes tells nothing.
            (Code::Recovery(sha256), _) if self.recovery.contains(sha256) => {
                FactorsEvent::RecoveryCodeShown { sha256: *sha256, session: by.session }
            }
            _ => refused(false),
        }
    }
}

impl Decider for Factors {
    type State = Self;
    type Command = Command;
    type Event = FactorsEvent;
    type Refusal = Refusal;

    /// A wrong code is a fact, and no refusal: whoever appends it answers with the refusal that it stands for.
    fn decide(state: &Self, command: Command) -> Result<Vec<FactorsEvent>, Refusal> {
        match (command, &state.totp) {
            (Command::BeginTotp { .. }, Totp::Confirmed { .. }) => Err(Refusal::TotpEnrolled),
            (Command::BeginTotp { secret }, _) => Ok(vec![FactorsEvent::TotpBegun { secret }]),
            (Command::ConfirmTotp { .. }, Totp::None) => Err(Refusal::TotpNotBegun),
            (Command::ConfirmTotp { .. }, Totp::Confirmed { .. }) => Err(Refusal::TotpEnrolled),
            (Command::ConfirmTotp { code, by, recovery }, Totp::Begun { secret }) => {
                state.may_try(&code, &by)?;
                let step = match &code {
                    Code::Totp(code) => totp::step_of(secret, code, by.now),
                    Code::Recovery(_) => None,
                };
                let Some(step) = step else {
                    let (session, time) = (by.session, by.now);
                    return Ok(vec![FactorsEvent::CodeRefused { session, time, used: false }]);
                };
                let confirmed = FactorsEvent::TotpConfirmed { step, session: by.session };
                Ok(state.first(confirmed, recovery))
            }
            (Command::RemoveTotp, Totp::Confirmed { .. }) => Ok(vec![FactorsEvent::TotpRemoved {}]),
            (Command::RemoveTotp, _) => Err(Refusal::NoSecondFactor),
            (Command::MakeRecoveryCodes { .. } | Command::ShowCode { .. }, _) if !state.has_second() => {
                Err(Refusal::NoSecondFactor)
            }
            (Command::MakeRecoveryCodes { sha256 }, _) => {
                Ok(vec![FactorsEvent::RecoveryCodesMade { sha256 }])
            }
            (Command::ShowCode { code, by }, _) => {
                state.may_try(&code, &by)?;
                Ok(vec![state.show(&code, &by)])
            }
            (Command::AddPasskey { passkey, .. }, _) if state.passkey(&passkey.id).is_some() => {
                Err(Refusal::PasskeyKnown)
            }
            (Command::AddPasskey { .. }, _) if state.passkeys.len() >= PASSKEYS_MAX => {
                Err(Refusal::TooManyPasskeys)
            }
            (Command::AddPasskey { passkey, session, recovery }, _) => {
                Ok(state.first(FactorsEvent::PasskeyAdded { passkey, session }, recovery))
            }
            (Command::ShowPasskey { id, counter, session }, _) => {
                let known = state.passkey(&id).ok_or(Refusal::PasskeyUnknown)?;
                // WebAuthn Level 3, section 7.2, step 22: one that counts goes on counting.
                if (counter > 0 || known.counter > 0) && counter <= known.counter {
                    return Err(Refusal::PasskeyCounter);
                }
                Ok(vec![FactorsEvent::PasskeyShown { id, counter, session }])
            }
            (Command::RemovePasskey { id }, _) => {
                state.passkey(&id).ok_or(Refusal::PasskeyUnknown)?;
                Ok(vec![FactorsEvent::PasskeyRemoved { id }])
            }
        }
    }

    fn evolve(mut state: Self, event: &FactorsEvent) -> Self {
        match event {
            FactorsEvent::TotpBegun { secret } => state.totp = Totp::Begun { secret: secret.clone() },
            FactorsEvent::TotpConfirmed { step, .. } | FactorsEvent::CodeShown { step, .. } => {
                state.totp = match state.totp {
                    Totp::Begun { secret } | Totp::Confirmed { secret, .. } => {
                        Totp::Confirmed { secret, last_step: *step }
                    }
                    Totp::None => Totp::None,
                };
            }
            FactorsEvent::TotpRemoved {} => state.totp = Totp::None,
            FactorsEvent::RecoveryCodesMade { sha256 } => state.recovery.clone_from(sha256),
            FactorsEvent::RecoveryCodeShown { sha256, .. } => state.recovery.retain(|own| own != sha256),
            FactorsEvent::CodeRefused { session, time, .. } => {
                state.wrong.retain(|(_, earlier)| *earlier > *time - WRONG_LIFE);
                state.wrong.push((*session, *time));
            }
            FactorsEvent::PasskeyAdded { passkey, .. } => {
                state.passkeys.retain(|own| own.id != passkey.id);
                state.passkeys.push(passkey.clone());
            }
            FactorsEvent::PasskeyShown { id, counter, .. } => {
                for own in state.passkeys.iter_mut().filter(|own| own.id == *id) {
                    own.counter = *counter;
                }
            }
            FactorsEvent::PasskeyRemoved { id } => state.passkeys.retain(|own| own.id != *id),
        }
        state
    }
}

impl Factors {
    /// Who adds a first factor gets recovery codes with it.
    fn first(&self, added: FactorsEvent, recovery: Vec<Digest>) -> Vec<FactorsEvent> {
        let made = (!self.has_second()).then_some(FactorsEvent::RecoveryCodesMade { sha256: recovery });
        std::iter::once(added).chain(made).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests;
