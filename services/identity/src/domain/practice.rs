//! An organisation that families share with: a clinic inside a tenant and what it offers, a team of it, a school or an insurer.
use super::Discipline;
use holdfast_eventlog::{Decider, Event};
use holdfast_types::{OrganizationKind, PracticeId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum PracticeEvent {
    #[serde(rename = "practice.created")]
    Created(Create),
}

impl Event for PracticeEvent {
    const AGGREGATE: &'static str = "practice";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Created(_) => "practice.created",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Create {
    pub display_name: String,
    pub disciplines: Vec<Discipline>,
    /// Practices were created before there were others.
    #[serde(default = "practice", skip_serializing_if = "OrganizationKind::is_practice")]
    pub kind: OrganizationKind,
    /// Of a team, its practice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<PracticeId>,
}

const fn practice() -> OrganizationKind {
    OrganizationKind::Practice
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("a practice with this id exists")]
    Exists,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Practice {
    #[default]
    None,
    Created(Create),
}

impl Decider for Practice {
    type State = Self;
    type Command = Create;
    type Event = PracticeEvent;
    type Refusal = Refusal;

    fn decide(state: &Self, create: Create) -> Result<Vec<PracticeEvent>, Refusal> {
        match state {
            Self::None => Ok(vec![PracticeEvent::Created(create)]),
            Self::Created(_) => Err(Refusal::Exists),
        }
    }

    fn evolve(_: Self, event: &PracticeEvent) -> Self {
        match event {
            PracticeEvent::Created(created) => Self::Created(created.clone()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn create() -> Create {
        Create {
            display_name: "Little Steps".into(),
            disciplines: vec![Discipline::Aba, Discipline::Physical],
            kind: OrganizationKind::Practice,
            part_of: None,
        }
    }

    pub(crate) fn samples() -> Vec<PracticeEvent> {
        let part_of = Some(PracticeId::new(uuid::Uuid::from_u128(2)));
        let team = Create { kind: OrganizationKind::Team, part_of, ..create() };
        let school = Create { kind: OrganizationKind::School, disciplines: Vec::new(), ..create() };
        [create(), team, school].map(PracticeEvent::Created).into()
    }

    #[test]
    fn a_practice_is_created_once() {
        assert_eq!(Practice::decide(&Practice::None, create()), Ok(vec![PracticeEvent::Created(create())]));
        let created = samples().iter().fold(Practice::None, Practice::evolve);
        assert_eq!(Practice::decide(&created, create()), Err(Refusal::Exists));
    }
}
