//! A tenant: a network of practices, isolated from every other.
use holdfast_eventlog::{Decider, Event};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum TenantEvent {
    #[serde(rename = "tenant.created")]
    Created {
        display_name: String,
        /// None: required.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        second_factor: Option<SecondFactor>,
    },
}

/// What a tenant asks of those who hold its roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SecondFactor {
    /// Roles hold only in sessions that have shown one.
    Required,
    /// Whoever has none is invited to set one up.
    Invited,
}

impl Event for TenantEvent {
    const AGGREGATE: &'static str = "tenant";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Created { .. } => "tenant.created",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Create {
    pub display_name: String,
    pub second_factor: SecondFactor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("a tenant with this id exists")]
    Exists,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Tenant {
    #[default]
    None,
    Created,
}

impl Decider for Tenant {
    type State = Self;
    type Command = Create;
    type Event = TenantEvent;
    type Refusal = Refusal;

    fn decide(state: &Self, create: Create) -> Result<Vec<TenantEvent>, Refusal> {
        let Create { display_name, second_factor } = create;
        match state {
            Self::None => Ok(vec![TenantEvent::Created { display_name, second_factor: Some(second_factor) }]),
            Self::Created => Err(Refusal::Exists),
        }
    }

    fn evolve(_: Self, event: &TenantEvent) -> Self {
        match event {
            TenantEvent::Created { .. } => Self::Created,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn samples() -> Vec<TenantEvent> {
        let created =
            |second_factor| TenantEvent::Created { display_name: "Riverside network".into(), second_factor };
        [None, Some(SecondFactor::Required), Some(SecondFactor::Invited)].map(created).into()
    }

    #[test]
    fn a_tenant_is_created_once() {
        let second_factor = SecondFactor::Invited;
        let create = || Create { display_name: "Riverside network".into(), second_factor };
        assert_eq!(Tenant::decide(&Tenant::None, create()), Ok(samples().split_off(2)));
        let created = samples().iter().fold(Tenant::None, Tenant::evolve);
        assert_eq!(Tenant::decide(&created, create()), Err(Refusal::Exists));
    }
}
