//! Goals and the care plans that hold them.
use super::build::{Fields, coded, moment, note, period, quantity, reference, references, said, text};
use super::{Amount, Named, Span};
use crate::time::FhirDateTime;

/// Condition, observable behaviour, criterion and date; and the same in the family's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    pub id: String,
    pub description: String,
    pub plain_words: Option<String>,
    /// Such as `Communication`.
    pub domain: Option<String>,
    pub status: GoalStatus,
    pub achievement: Option<Achievement>,
    pub start: FhirDateTime,
    pub baseline: Option<Baseline>,
    pub criterion: Criterion,
    /// Whose goal it is.
    pub expressed_by: Option<Named>,
}

/// Where things stood before, and under which conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    pub amount: Amount,
    pub measured: FhirDateTime,
    pub conditions: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// What is counted or timed.
    pub measure: String,
    pub comparison: Comparison,
    pub amount: Amount,
    /// Over how many occasions, people and places.
    pub mastery_rule: Option<String>,
    pub due: Option<FhirDateTime>,
}

/// In which direction the goal lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    AtLeast,
    AtMost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoalStatus {
    Proposed,
    Accepted,
    Active,
    OnHold,
    Completed,
    Cancelled,
}

/// HL7 goal-achievement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Achievement {
    InProgress,
    Improving,
    Worsening,
    NoChange,
    Achieved,
    Sustaining,
    NotAchieved,
    NoProgress,
    NotAttainable,
}

impl GoalStatus {
    const fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Active => "active",
            Self::OnHold => "on-hold",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Achievement {
    const fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::InProgress => ("in-progress", "In Progress"),
            Self::Improving => ("improving", "Improving"),
            Self::Worsening => ("worsening", "Worsening"),
            Self::NoChange => ("no-change", "No Change"),
            Self::Achieved => ("achieved", "Achieved"),
            Self::Sustaining => ("sustaining", "Sustaining"),
            Self::NotAchieved => ("not-achieved", "Not Achieved"),
            Self::NoProgress => ("no-progress", "No Progress"),
            Self::NotAttainable => ("not-attainable", "Not Attainable"),
        }
    }
}

#[must_use]
pub fn goal(goal: &Goal) -> Vec<u8> {
    let achievement = goal.achievement.map(|achievement| {
        let (code, display) = achievement.code();
        coded("http://terminology.hl7.org/CodeSystem/goal-achievement", code, display)
    });
    // R4 has no element for a baseline or a mastery rule: words, until the record's own facts hold them.
    let baseline = goal.baseline.as_ref().map(|baseline| {
        let conditions = baseline.conditions.as_ref().map(|said| format!(", {said}")).unwrap_or_default();
        let Amount { decimal, unit } = &baseline.amount;
        note(&format!(
            "Baseline {}: {decimal} {}{conditions}",
            baseline.measured,
            unit.replace(['{', '}'], "")
        ))
    });
    let mastery = goal.criterion.mastery_rule.as_ref().map(|rule| note(&format!("Reached when: {rule}")));
    let plain = goal.plain_words.as_deref().map(note);
    Fields::resource("Goal", &goal.id, "subject")
        .text("lifecycleStatus", goal.status.code())
        .maybe("achievementStatus", achievement)
        .many("category", goal.domain.as_deref().map(said).into_iter().collect())
        .set("description", said(&goal.description))
        .set("startDate", text(goal.start.as_str().split('T').next().unwrap_or_default()))
        .many("target", vec![target(&goal.criterion)])
        .maybe("expressedBy", goal.expressed_by.as_ref().map(reference))
        .many("note", [plain, baseline, mastery].into_iter().flatten().collect())
        .bytes()
}

/// A range with one end says the direction, which a bare quantity would leave open.
fn target(criterion: &Criterion) -> crate::json::Json<'static> {
    let end = match criterion.comparison {
        Comparison::AtLeast => "low",
        Comparison::AtMost => "high",
    };
    let due = criterion.due.as_ref().map(|due| text(due.as_str().split('T').next().unwrap_or_default()));
    Fields::default()
        .set("measure", said(&criterion.measure))
        .set("detailRange", Fields::default().set(end, quantity(&criterion.amount)).done())
        .maybe("dueDate", due)
        .done()
}

/// The plan of one discipline: its goals, its activities, its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarePlan {
    pub id: String,
    pub title: String,
    pub description: Option<String>,
    pub period: Span,
    pub created: FhirDateTime,
    pub author: Named,
    pub goals: Vec<Named>,
    pub addresses: Vec<Named>,
    /// Such as `Direct therapy, 20 hours a week`.
    pub activities: Vec<String>,
    pub completed: bool,
}

#[must_use]
pub fn care_plan(plan: &CarePlan) -> Vec<u8> {
    let status = if plan.completed { "completed" } else { "active" };
    let assess_plan = coded(
        "http://hl7.org/fhir/us/core/CodeSystem/careplan-category",
        "assess-plan",
        "Assessment and plan",
    );
    let activity = |words: &String| {
        let state = if plan.completed { "completed" } else { "in-progress" };
        let detail = Fields::default().text("status", state).text("description", words).done();
        Fields::default().set("detail", detail).done()
    };
    Fields::resource("CarePlan", &plan.id, "subject")
        .text("status", status)
        .text("intent", "plan")
        .many("category", vec![assess_plan])
        .text("title", &plan.title)
        .text("description", plan.description.as_deref().unwrap_or_default())
        .set("period", period(&plan.period))
        .set("created", moment(&plan.created))
        .set("author", reference(&plan.author))
        .many("goal", references(&plan.goals))
        .many("addresses", references(&plan.addresses))
        .many("activity", plan.activities.iter().map(activity).collect())
        .bytes()
}
