//! A tenant: a network of practices, isolated from every other.
use holdfast_eventlog::{Decider, Event};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum TenantEvent {
    #[serde(rename = "tenant.created")]
    Created { display_name: String },
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
    Created {
        display_name: String,
    },
}

impl Decider for Tenant {
    type State = Self;
    type Command = Create;
    type Event = TenantEvent;
    type Refusal = Refusal;

    fn decide(state: &Self, Create { display_name }: Create) -> Result<Vec<TenantEvent>, Refusal> {
        match state {
            Self::None => Ok(vec![TenantEvent::Created { display_name }]),
            Self::Created { .. } => Err(Refusal::Exists),
        }
    }

    fn evolve(_: Self, event: &TenantEvent) -> Self {
        match event {
            TenantEvent::Created { display_name } => Self::Created { display_name: display_name.clone() },
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn samples() -> Vec<TenantEvent> {
        vec![TenantEvent::Created { display_name: "Riverside network".into() }]
    }

    #[test]
    fn a_tenant_is_created_once() {
        let create = || Create { display_name: "Riverside network".into() };
        assert_eq!(Tenant::decide(&Tenant::None, create()), Ok(samples()));
        let created = samples().iter().fold(Tenant::None, Tenant::evolve);
        assert_eq!(Tenant::decide(&created, create()), Err(Refusal::Exists));
    }
}
