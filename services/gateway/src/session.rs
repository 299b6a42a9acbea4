//! From cookie to token: identity exchanges the session's secret for an access token, kept in memory for a minute.
use crate::{cookie, failure::Failure, site::Site};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::Roles;
use holdfast_host::{catalogue, client::Outgoing, status::reason_of};
use holdfast_proto::Word as _;
use holdfast_proto::{
    identity::v1::{Account, IssueTokenRequest},
    time,
};
use holdfast_types::{AccountId, Role};
use http::HeaderMap;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// A token is given up this long before it ends, so that no call meets its end on the way.
const MARGIN: TimeDelta = TimeDelta::seconds(60);
/// A session that was ended at another gateway opens nothing here after this time.
const KEPT: TimeDelta = TimeDelta::seconds(60);

/// How long what was shown counts as fresh: a little less than services let it count, so that a form's answer comes in time.
const FRESH: TimeDelta = TimeDelta::minutes(8);

/// Somebody whose session identity vouches for.
pub struct SignedIn {
    pub account_id: AccountId,
    pub account: Account,
    pub(crate) token: SecretString,
    /// SHA-256 of the session's secret.
    pub(crate) digest: [u8; 32],
    /// Roles are held back until the session has shown a second factor.
    pub(crate) withheld: bool,
    pub(crate) has_second: bool,
    /// When the session last showed who is there.
    pub(crate) shown: Option<DateTime<Utc>>,
    /// When it last showed a second factor, if it has.
    pub(crate) second_shown: Option<DateTime<Utc>>,
}

/// How a browser stands towards the pages.
#[derive(Clone)]
pub(crate) enum Session {
    None,
    Signed(Arc<SignedIn>),
    /// The link was used; a second factor is to be shown.
    Awaiting,
    /// There was one.
    Ended,
    /// Identity cannot be asked.
    Unknown(Failure),
}

/// Which pages are an account's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    Family,
    Staff,
    Officer,
}

/// Somebody of such a role finds records under their work, where any are.
fn is_at_work(role: Role) -> bool {
    Roles::table().is_to_share_with(role) || [Role::PracticeAdministrator, Role::Support].contains(&role)
}

impl SignedIn {
    pub fn seat(&self) -> Seat {
        let holds =
            |wanted: Role| self.account.roles.iter().any(|own| Role::from_proto(own.role) == Some(wanted));
        if holds(Role::ComplianceOfficer) {
            Seat::Officer
        } else if Role::ALL.iter().copied().filter(|role| is_at_work(*role)).any(holds) {
            Seat::Staff
        } else {
            Seat::Family
        }
    }

    /// Has shown lately who is there, by whatever the account has.
    pub(crate) fn shown_lately(&self, now: DateTime<Utc>) -> bool {
        self.shown.is_some_and(|shown| now - shown <= FRESH)
    }

    /// Has shown a second factor lately.
    pub(crate) fn second_lately(&self, now: DateTime<Utc>) -> bool {
        self.second_shown.is_some_and(|shown| now - shown <= FRESH)
    }

    /// Holds a role that treats somewhere.
    pub fn treats(&self) -> bool {
        Role::ALL.iter().any(|role| Roles::table().treats(*role) && self.is(*role))
    }

    /// Holds the role somewhere.
    pub fn is(&self, wanted: Role) -> bool {
        self.account.roles.iter().any(|own| Role::from_proto(own.role) == Some(wanted))
    }

    /// What to call the person; before they said so, what their address begins with.
    pub fn name(&self) -> String {
        match self.account.display_name.trim() {
            "" => self.account.email.split('@').next().unwrap_or_default().to_owned(),
            name => name.to_owned(),
        }
    }
}

impl Site {
    /// Whose session the cookie names.
    pub(crate) async fn session(&self, headers: &HeaderMap, correlation: Uuid) -> Session {
        let Some(secret) = cookie::read(headers, cookie::SESSION) else { return Session::None };
        let digest: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        if let Some(known) = self.sessions.get(&digest, self.now()) {
            return Session::Signed(known);
        }
        let asked = IssueTokenRequest { session_secret: secret.to_owned() };
        let mut identity = self.services.identity(Outgoing::new().correlation(correlation));
        let issued = match identity.issue_token(asked).await {
            Ok(issued) => issued.into_inner(),
            Err(status) if reason_of(&status) == Some(catalogue::SECOND_FACTOR_NEEDED) => {
                return Session::Awaiting;
            }
            Err(status) if status.code() == tonic::Code::Unauthenticated => return Session::Ended,
            Err(status) => return Session::Unknown(status.into()),
        };
        let account = issued.account.unwrap_or_default();
        let Ok(account_id) = account.account_id.parse() else {
            return Session::Unknown(Failure::of(crate::pages::trouble::Trouble::Failed));
        };
        let signed = Arc::new(SignedIn {
            account_id,
            account,
            token: issued.token.into(),
            digest,
            withheld: issued.roles_withheld,
            has_second: issued.has_second_factor,
            shown: issued.auth_time.as_ref().and_then(|shown| time(shown).ok()),
            second_shown: issued.second_factor_time.as_ref().and_then(|shown| time(shown).ok()),
        });
        let until = issued.expire_time.as_ref().and_then(|until| time(until).ok());
        if let Some(until) = until {
            let until = (until - MARGIN).min(self.now() + KEPT);
            self.sessions.put(digest, Arc::clone(&signed), until, self.now());
        }
        Session::Signed(signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::identity::v1::RoleAssignment;

    fn with(roles: &[Role]) -> SignedIn {
        let roles =
            roles.iter().map(|role| RoleAssignment { role: role.to_proto(), ..RoleAssignment::default() });
        let account =
            Account { email: "ana@mail.example".into(), roles: roles.collect(), ..Account::default() };
        SignedIn {
            account_id: AccountId::new(Uuid::nil()),
            account,
            token: String::new().into(),
            digest: [0; 32],
            withheld: false,
            has_second: false,
            shown: None,
            second_shown: None,
        }
    }

    #[test]
    fn a_role_at_a_practice_leads_to_its_pages() {
        assert_eq!(with(&[]).seat(), Seat::Family);
        for role in
            [Role::FrontDesk, Role::Supervisor, Role::SchoolCoordinator, Role::PayerReviewer, Role::Support]
        {
            assert_eq!(with(&[role]).seat(), Seat::Staff, "{role}");
        }
        assert!(with(&[Role::Supervisor]).treats() && !with(&[Role::SchoolCoordinator]).treats());
        assert_eq!(with(&[Role::Therapist, Role::ComplianceOfficer]).seat(), Seat::Officer);
    }

    #[test]
    fn who_has_said_no_name_is_called_by_the_address() {
        let mut signed = with(&[]);
        assert_eq!(signed.name(), "ana");
        signed.account.display_name = "Ana".into();
        assert_eq!(signed.name(), "Ana");
    }
}
