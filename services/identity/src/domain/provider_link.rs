//! Who somebody is at a sign-in provider, and which roles they have by it: in the lane of their account.
use holdfast_access::RoleAssignment;
use holdfast_eventlog::{Decider, Event};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum LinkEvent {
    #[serde(rename = "provider-link.made")]
    Made(Identity),
    /// All that they have by it from now on.
    #[serde(rename = "provider-link.roles-followed")]
    RolesFollowed { given: Vec<RoleAssignment> },
}

/// `subject` is good within `issuer` alone (OpenID Connect Core 1.0, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub provider: Uuid,
    pub issuer: String,
    pub subject: String,
}

impl Event for LinkEvent {
    const AGGREGATE: &'static str = "provider-link";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Made(_) => "provider-link.made",
            Self::RolesFollowed { .. } => "provider-link.roles-followed",
        }
    }
}

/// The provider has vouched for them, and these are the roles by it.
#[derive(Debug, Clone)]
pub(crate) struct Vouch {
    pub identity: Identity,
    pub given: Vec<RoleAssignment>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProviderLink {
    pub made: bool,
    pub given: Vec<RoleAssignment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Never {}

impl Identity {
    /// Of the link: one identity has one, whatever else the provider says.
    pub(crate) fn id(&self) -> Uuid {
        Uuid::new_v5(&self.provider, format!("{}\n{}", self.issuer, self.subject).as_bytes())
    }
}

impl Decider for ProviderLink {
    type State = Self;
    type Command = Vouch;
    type Event = LinkEvent;
    type Refusal = Never;

    fn decide(state: &Self, vouch: Vouch) -> Result<Vec<LinkEvent>, Never> {
        let made = (!state.made).then_some(LinkEvent::Made(vouch.identity));
        let followed =
            (state.given != vouch.given).then_some(LinkEvent::RolesFollowed { given: vouch.given });
        Ok(made.into_iter().chain(followed).collect())
    }

    fn evolve(state: Self, event: &LinkEvent) -> Self {
        match event {
            LinkEvent::Made(_) => Self { made: true, ..state },
            LinkEvent::RolesFollowed { given } => Self { given: given.clone(), ..state },
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::provider;

    fn identity() -> Identity {
        let issuer = "https://login.little-steps.example".into();
        Identity { provider: provider::tests::place().provider(), issuer, subject: "248289761001".into() }
    }

    pub(crate) fn samples() -> Vec<LinkEvent> {
        let given = provider::tests::config().targets();
        vec![LinkEvent::Made(identity()), LinkEvent::RolesFollowed { given }]
    }

    #[test]
    fn a_link_is_made_once_and_says_again_only_what_differs() {
        let vouch = |given| Vouch { identity: identity(), given };
        let given = provider::tests::config().targets();
        let first = ProviderLink::decide(&ProviderLink::default(), vouch(given.clone())).unwrap();
        assert_eq!(first, samples());
        let state = first.iter().fold(ProviderLink::default(), ProviderLink::evolve);
        assert_eq!(ProviderLink::decide(&state, vouch(given)), Ok(vec![]));
        let none = LinkEvent::RolesFollowed { given: vec![] };
        assert_eq!(ProviderLink::decide(&state, vouch(vec![])), Ok(vec![none]));
    }

    #[test]
    fn the_same_subject_is_somebody_else_at_another_issuer_and_at_another_provider() {
        let (one, issuer) = (identity(), "https://elsewhere.example".to_owned());
        assert_ne!(one.id(), Identity { issuer, ..one.clone() }.id());
        assert_ne!(one.id(), Identity { provider: Uuid::nil(), ..one.clone() }.id());
    }
}
