//! What is commanded: every command of every aggregate, in small numbers, so that commands meet each other.
use super::*;
use crate::domain::{
    access_review::{self, Held, Line, Verdict},
    account,
    factors::By,
    factors::Code,
    invitation,
    practice::Create as CreatePractice,
    provider,
    provider_link::{Identity, Vouch},
    service_key::{self, ServiceKey},
    sign_in,
    tenant::Create,
    totp,
};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_types::OrganizationKind;
use proptest::{prelude::*, sample::select};
use std::collections::BTreeSet;

/// Something is commanded of one of three accounts, about one of three of its things.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) of: u8,
    /// The session, link, practice, passkey or role.
    pub(super) thing: u8,
    /// Which of the ways in which it can be said.
    pub(super) way: u8,
    pub(super) what: What,
}

macro_rules! kinds {
    ($(#[$about:meta])* $name:ident: $($kind:ident),+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum $name { $($kind),+ }

        impl $name {
            pub(super) const ALL: &[Self] = &[$(Self::$kind),+];
        }
    };
}

kinds! {
    /// Kinds of commands. [`kind`] fails to compile where a command has none.
    What: Open, Change, AssignRole, WithdrawRole, AddKeys, RemoveKey, Follow, SetProvider,
    RemoveProvider, Vouch, Start, End, CreateTenant, CreatePractice, Request, Use, BeginTotp, ConfirmTotp,
    RemoveTotp, MakeRecoveryCodes, ShowCode, AddPasskey, ShowPasskey, RemovePasskey, OpenReview, DecideLines,
    SignOff, Invite, WithdrawInvitation, Answer
}

#[derive(Debug, Clone)]
pub(super) enum Command {
    Account(account::Command),
    Session(session::Command),
    Tenant(Create),
    Provider(provider::Command),
    ProviderLink(Vouch),
    Practice(CreatePractice),
    SignIn(sign_in::Command),
    Factors(factors::Command),
    Review(access_review::Command),
    Invitation(invitation::Command),
}

/// Which of [`What`] a command is.
pub(super) const fn kind(command: &Command) -> What {
    match command {
        Command::Account(account::Command::Open { .. }) => What::Open,
        Command::Account(account::Command::Change { .. }) => What::Change,
        Command::Account(account::Command::AssignRole { .. }) => What::AssignRole,
        Command::Account(account::Command::WithdrawRole { .. }) => What::WithdrawRole,
        Command::Account(account::Command::AddKeys { .. }) => What::AddKeys,
        Command::Account(account::Command::RemoveKey { .. }) => What::RemoveKey,
        Command::Account(account::Command::Follow { .. }) => What::Follow,
        Command::Provider(provider::Command::Set { .. }) => What::SetProvider,
        Command::Provider(provider::Command::Remove { .. }) => What::RemoveProvider,
        Command::ProviderLink(_) => What::Vouch,
        Command::Session(session::Command::Start(_)) => What::Start,
        Command::Session(session::Command::End { .. }) => What::End,
        Command::Tenant(_) => What::CreateTenant,
        Command::Practice(_) => What::CreatePractice,
        Command::SignIn(sign_in::Command::Request(_)) => What::Request,
        Command::SignIn(sign_in::Command::Use { .. }) => What::Use,
        Command::Invitation(invitation::Command::Send(_)) => What::Invite,
        Command::Invitation(invitation::Command::Withdraw { .. }) => What::WithdrawInvitation,
        Command::Invitation(invitation::Command::Answer { .. }) => What::Answer,
        Command::Factors(factors::Command::BeginTotp { .. }) => What::BeginTotp,
        Command::Factors(factors::Command::ConfirmTotp { .. }) => What::ConfirmTotp,
        Command::Factors(factors::Command::RemoveTotp) => What::RemoveTotp,
        Command::Factors(factors::Command::MakeRecoveryCodes { .. }) => What::MakeRecoveryCodes,
        Command::Factors(factors::Command::ShowCode { .. }) => What::ShowCode,
        Command::Factors(factors::Command::AddPasskey { .. }) => What::AddPasskey,
        Command::Factors(factors::Command::ShowPasskey { .. }) => What::ShowPasskey,
        Command::Factors(factors::Command::RemovePasskey { .. }) => What::RemovePasskey,
        Command::Review(access_review::Command::Open { .. }) => What::OpenReview,
        Command::Review(access_review::Command::Decide { .. }) => What::DecideLines,
        Command::Review(access_review::Command::SignOff { .. }) => What::SignOff,
    }
}

prop_compose! {
    pub(super) fn step()(of in 0_u8..3, thing in 0_u8..3, way in 0_u8..4, what in select(What::ALL)) -> Step {
        Step { of, thing, way, what }
    }
}

/// Something of everything, accepted: no table stays empty, and no kind of event is left out.
pub(super) fn story() -> Vec<Step> {
    let step = |(what, of, thing, way)| Step { of, thing, way, what };
    [
        (What::CreateTenant, 0, 0, 0),
        (What::CreatePractice, 0, 0, 0),
        (What::Request, 0, 0, 0),
        (What::Open, 0, 0, 0),
        (What::Use, 0, 0, 0),
        (What::Start, 0, 0, 0),
        (What::Start, 0, 1, 1),
        (What::End, 0, 1, 0),
        (What::Change, 0, 0, 0),
        (What::AssignRole, 0, 0, 0),
        (What::AssignRole, 0, 1, 0),
        (What::WithdrawRole, 0, 1, 0),
        (What::Open, 1, 0, 3),
        (What::AddKeys, 1, 1, 0),
        (What::RemoveKey, 1, 0, 0),
        (What::SetProvider, 0, 0, 0),
        (What::SetProvider, 0, 0, 1),
        (What::SetProvider, 0, 1, 0),
        (What::RemoveProvider, 0, 1, 0),
        (What::Vouch, 0, 0, 1),
        (What::Follow, 0, 2, 0),
        (What::BeginTotp, 0, 0, 0),
        (What::ConfirmTotp, 0, 0, 0),
        (What::ShowCode, 0, 0, 1),
        (What::ShowCode, 0, 1, 2),
        (What::ShowCode, 0, 1, 3),
        (What::MakeRecoveryCodes, 0, 0, 0),
        (What::AddPasskey, 0, 0, 0),
        (What::AddPasskey, 0, 1, 0),
        (What::ShowPasskey, 0, 0, 1),
        (What::RemovePasskey, 0, 1, 0),
        (What::RemoveTotp, 0, 0, 0),
        (What::OpenReview, 0, 0, 1),
        (What::DecideLines, 0, 0, 1),
        (What::SignOff, 0, 0, 0),
        (What::Invite, 0, 0, 0),
        (What::Answer, 0, 0, 0),
        (What::Invite, 0, 1, 0),
        (What::WithdrawInvitation, 0, 1, 0),
    ]
    .map(step)
    .into()
}

impl Step {
    pub(super) fn account(self) -> AccountId {
        account(0xACC0 + u128::from(self.of))
    }

    /// The thing, which is one of its account's.
    pub(super) fn id(self) -> Uuid {
        Uuid::from_u128(0x5E50 + 16 * u128::from(self.of) + u128::from(self.thing))
    }

    fn session(self) -> SessionId {
        SessionId::new(self.id())
    }

    fn by(self, now: DateTime<Utc>) -> By {
        By { session: self.session(), awaits: self.way > 1, now }
    }

    fn role(self) -> RoleAssignment {
        // The nil one would be the whole tenant.
        let practice = Some(PracticeId::new(Uuid::from_u128(0x9A + u128::from(self.thing))));
        RoleAssignment { role: Role::Therapist, tenant: tenant(), practice }
    }

    /// `revision`: of the account's stream.
    pub(super) fn command(self, now: DateTime<Utc>, revision: u64) -> Command {
        let (id, session) = (format!("key{}{}", self.of, self.thing), self.session());
        match self.what {
            What::Open => Command::Account(self.open()),
            What::Change => {
                let display_name = Some(format!("Name {}", self.thing));
                let change = Change { display_name, large_text: Some(self.way == 0), ..Change::default() };
                let decided_on = (self.way > 1).then_some(u64::from(self.way));
                Command::Account(account::Command::Change { change, present: revision, decided_on })
            }
            What::AssignRole => Command::Account(account::Command::AssignRole {
                to: self.account(),
                by: (self.way > 0).then(|| account(0xACC0 + u128::from(self.way - 1))),
                assignment: self.role(),
            }),
            What::WithdrawRole => {
                Command::Account(account::Command::WithdrawRole { assignment: self.role() })
            }
            What::Follow => {
                let (provider, given) = (self.place().provider(), vec![self.role()]);
                let over = vec![self.role(), Self { thing: 0, ..self }.role()];
                Command::Account(account::Command::Follow { provider, given, over })
            }
            What::SetProvider => {
                let client_secret = (self.way < 2).then(|| "hush".to_owned());
                Command::Provider(provider::Command::Set {
                    config: self.provider(),
                    client_secret,
                    by: self.account(),
                })
            }
            What::RemoveProvider => Command::Provider(provider::Command::Remove { by: self.account() }),
            What::Vouch => {
                let given = if self.way == 0 { vec![] } else { vec![self.role()] };
                Command::ProviderLink(Vouch { identity: self.identity(), given })
            }
            What::AddKeys => Command::Account(account::Command::AddKeys { keys: vec![self.key()] }),
            What::RemoveKey => {
                Command::Account(account::Command::RemoveKey { id: self.key().id().to_owned() })
            }
            What::Start => Command::Session(session::Command::Start(self.start(now))),
            What::End => Command::Session(session::Command::End { by: RequestId::new(Uuid::from_u128(9)) }),
            What::CreateTenant => {
                let second_factor =
                    if self.way == 0 { SecondFactor::Invited } else { SecondFactor::Required };
                Command::Tenant(Create { display_name: "Riverside".into(), second_factor })
            }
            What::CreatePractice => {
                let disciplines = crate::domain::Discipline::ALL[..usize::from(self.way)].to_vec();
                let kind = OrganizationKind::ALL[usize::from(self.way) % OrganizationKind::ALL.len()];
                let part_of = (kind == OrganizationKind::Team).then(|| PracticeId::new(Uuid::from_u128(7)));
                let display_name = "Little Steps".into();
                Command::Practice(CreatePractice { display_name, disciplines, kind, part_of })
            }
            What::OpenReview => {
                let lines = (0..2).map(|of| Self { of, ..self }.line(now)).collect();
                Command::Review(access_review::Command::Open { by: self.reviewer(), lines })
            }
            What::DecideLines => {
                let verdict = if self.way == 3 { Verdict::Withdraw } else { Verdict::Keep };
                let held = [self.line(now).held].into();
                Command::Review(access_review::Command::Decide { by: self.reviewer(), held, verdict })
            }
            What::SignOff => {
                let standing = if self.way == 0 { BTreeSet::new() } else { [self.line(now).held].into() };
                Command::Review(access_review::Command::SignOff { by: self.reviewer(), standing })
            }
            What::Request => Command::SignIn(sign_in::Command::Request(Link {
                email: self.email(),
                locale: "es".into(),
                link_sha256: Digest::of(self.id().as_bytes()),
                browser_sha256: Digest::of(b"browser"),
                expire_time: now + TimeDelta::minutes(10 - 20 * i64::from(self.way == 3)),
            })),
            What::Use => {
                let browser: &[u8] = if self.way < 2 { b"browser" } else { b"another" };
                let (browser_sha256, account) = (Digest::of(browser), self.account());
                Command::SignIn(sign_in::Command::Use { browser_sha256, now, account, session })
            }
            What::Invite => {
                let sent = invitation::tests::sent(now - TimeDelta::days(7 * i64::from(self.way)));
                let sent = invitation::Sent { email: self.email(), ..sent };
                Command::Invitation(invitation::Command::Send(sent))
            }
            What::WithdrawInvitation => {
                Command::Invitation(invitation::Command::Withdraw { by: account(0xACC0) })
            }
            What::Answer => {
                let (by, accepted) = (self.account(), self.way == 0);
                Command::Invitation(invitation::Command::Answer { by, accepted, now })
            }
            What::BeginTotp => {
                Command::Factors(factors::Command::BeginTotp { secret: totp::tests::SECRET.into() })
            }
            What::ConfirmTotp => {
                let (code, by, recovery) = (self.code(now), self.by(now), recovery(0));
                Command::Factors(factors::Command::ConfirmTotp { code, by, recovery })
            }
            What::RemoveTotp => Command::Factors(factors::Command::RemoveTotp),
            What::MakeRecoveryCodes => {
                Command::Factors(factors::Command::MakeRecoveryCodes { sha256: recovery(self.way) })
            }
            What::ShowCode => {
                Command::Factors(factors::Command::ShowCode { code: self.code(now), by: self.by(now) })
            }
            What::AddPasskey => {
                let (key, name) = ("AQID".into(), format!("Phone {}", self.way));
                let passkey = Passkey { id, key, counter: 0, name };
                Command::Factors(factors::Command::AddPasskey { passkey, session, recovery: recovery(1) })
            }
            What::ShowPasskey => {
                let counter = u32::from(self.way);
                Command::Factors(factors::Command::ShowPasskey { id, counter, session })
            }
            What::RemovePasskey => Command::Factors(factors::Command::RemovePasskey { id }),
        }
    }

    /// One of the accounts, or none of them.
    fn reviewer(self) -> AccountId {
        if self.way == 2 { self.account() } else { account(0xACCE) }
    }

    fn line(self, now: DateTime<Utc>) -> Line {
        let held = Held { account: self.account(), assignment: Self { thing: 0, ..self }.role() };
        Line { held, since: Some(now), last_used: (self.of > 0).then_some(now) }
    }

    fn email(self) -> String {
        format!("person-{}@families.example", self.of)
    }

    fn open(self) -> account::Command {
        let holder = match self.way {
            3 => Holder::Program { keys: vec![self.key()], secret_sha256: None },
            _ => Holder::Person { email: self.email(), discipline: None },
        };
        let (display_name, locale) = (format!("Person {}", self.of), "en".to_owned());
        let roles = (0..self.way % 3).map(|thing| Self { thing, ..self }.role()).collect();
        account::Command::Open { holder, display_name, locale, roles }
    }

    pub(super) fn place(self) -> provider::Place {
        provider::Place { tenant: tenant(), practice: self.role().practice }
    }

    /// Its domain follows from the way: a change takes one and gives another back.
    fn provider(self) -> provider::Config {
        let assignment = self.role();
        provider::Config {
            at: self.place(),
            email_domains: vec![format!("practice-{}-{}.example", self.thing, self.way % 2)],
            mappings: vec![provider::Mapping { value: "staff".into(), assignment }],
            ..provider::tests::config()
        }
    }

    pub(super) fn identity(self) -> Identity {
        let subject = format!("{}", self.of);
        Identity { provider: self.place().provider(), issuer: "https://login.example".into(), subject }
    }

    fn key(self) -> ServiceKey {
        service_key::tests::key(&format!("key-{}", self.thing))
    }

    fn start(self, now: DateTime<Utc>) -> session::Start {
        session::Start {
            secret_sha256: Digest::of(self.id().as_bytes()),
            user_agent: "Firefox".into(),
            expire_time: now + TimeDelta::days(1),
            awaits: self.way == 1,
            by_passkey: self.way == 2,
            by_provider: (self.way == 3).then(|| session::ByProvider { tenant: tenant(), second: true }),
            device_sha256: (self.way > 1).then(|| Digest::of(b"device")),
            network: (self.way > 0).then(|| "192.0.2.0/24".into()),
        }
    }

    /// One of the step before, one of now, a recovery code, and one that is wrong.
    fn code(self, now: DateTime<Utc>) -> Code {
        match self.way {
            0 => Code::Totp(totp::tests::code_at(now - TimeDelta::seconds(30))),
            1 => Code::Totp(totp::tests::code_at(now)),
            2 => Code::Recovery(recovery(0)[usize::from(self.thing)]),
            _ => Code::Totp("12345".into()),
        }
    }
}

pub(super) fn tenant() -> TenantId {
    TenantId::new(Uuid::from_u128(1))
}

fn recovery(number: u8) -> Vec<Digest> {
    (0..3).map(|code: u8| Digest::of(&[number, code])).collect()
}
