//! The whole policy set as a table that a person can read: role × category × action × state of the grant.
//! `UPDATE=1 cargo test -p holdfast-access --test policy_matrix` writes the golden file anew.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]
mod given;
use cedar_policy::Schema;
use given::*;
use holdfast_access::*;
use holdfast_types::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    time::Duration,
};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy_matrix.txt");

/// What the one grant at hand is like.
const STATES: &[&str] = &[
    "in force",
    "none",
    "not yet",
    "ended",
    "revoked",
    "other category",
    "other action",
    "other purpose",
    "other patient",
    "other grantee",
    "stale feed",
    "unheard feed",
    "never shared",
    "a part of it",
    "a part, in part",
    "on a visit",
    "visit not begun",
];

struct Row {
    who: String,
    caller: Caller,
    relationship: Option<Relationship>,
    grantee: Grantee,
    basis: Basis,
    /// Of the request and of the grant.
    purpose: Purpose,
}

fn rows() -> Vec<Row> {
    let to_account = Grantee::Account(account());
    let to_practice = |role| Grantee::Practice { practice: practice(), role };
    let third = |who: &str, roles: &[Role], grantee| Row {
        who: who.to_owned(),
        caller: caller(roles),
        relationship: None,
        grantee,
        basis: Basis::Holder,
        purpose: Purpose::Treatment,
    };
    let mut rows: Vec<Row> = Relationship::ALL
        .iter()
        .map(|relationship| Row {
            relationship: Some(*relationship),
            ..third(&format!("{relationship} (holder)"), &[], to_account)
        })
        .collect();
    rows.push(third("no role, granted by name", &[], to_account));
    for role in Role::ALL {
        rows.push(third(&format!("{role}, granted by name"), &[*role], to_account));
        rows.push(third(&format!("{role}, granted to the practice's {role}"), &[*role], to_practice(*role)));
    }
    let both = [Role::Therapist, Role::FrontDesk];
    rows.push(third("therapist and front-desk, granted by name", &both, to_account));
    rows.push(third(
        "front-desk, granted to the practice's therapist",
        &[Role::FrontDesk],
        to_practice(Role::Therapist),
    ));
    rows.push(third(
        "service-account and therapist, granted to the practice's therapist",
        &[Role::ServiceAccount, Role::Therapist],
        to_practice(Role::Therapist),
    ));
    rows.push(third(
        "compliance-officer and therapist, granted by name",
        &[Role::ComplianceOfficer, Role::Therapist],
        to_account,
    ));
    rows.push(Row {
        relationship: Some(Relationship::Parent),
        ..third("parent (holder) and compliance-officer", &[Role::ComplianceOfficer], to_account)
    });
    // What some are reached for is payment alone.
    for role in [Role::Billing, Role::PayerReviewer, Role::FrontDesk] {
        let purpose = Purpose::Payment;
        let who = format!("{role}, granted to the practice's {role}, for payment");
        rows.push(Row { purpose, ..third(&who, &[role], to_practice(role)) });
    }
    let taken = |who: String, roles: &[Role]| Row {
        basis: Basis::Emergency,
        purpose: Purpose::EmergencyTreatment,
        ..third(&who, roles, to_account)
    };
    rows.push(taken("no role, taken in an emergency".to_owned(), &[]));
    rows.extend(Role::ALL.iter().map(|role| taken(format!("{role}, taken in an emergency"), &[*role])));
    rows.push(taken("therapist and front-desk, taken in an emergency".to_owned(), &both));
    let roles =
        vec![RoleAssignment { role: Role::Therapist, tenant: other_tenant(), practice: Some(practice()) }];
    let elsewhere = taken("therapist of another tenant, taken in an emergency".to_owned(), &[]);
    rows.push(Row { caller: Caller { roles, ..caller(&[]) }, ..elsewhere });
    let for_care = taken("therapist, taken in an emergency, asked for care".to_owned(), &[Role::Therapist]);
    rows.push(Row { purpose: Purpose::Treatment, ..for_care });
    rows
}

fn facts_in(row: &Row, state: &str, category: Category, action: Action) -> Facts {
    let purpose = if row.basis.is_holder() { row.purpose } else { Purpose::EmergencyTreatment };
    let mut grant = GrantFact { basis: row.basis, ..grant(row.grantee, purpose) };
    let microsecond = chrono::TimeDelta::microseconds(1);
    let mut consent_age = Some(CONSENT_AGE_MAX);
    match state {
        "in force" | "none" => {}
        "not yet" => grant.period = Period::try_new(now() + microsecond, None).unwrap(),
        "ended" => grant.period = Period::try_new(grant.period.from(), Some(now())).unwrap(),
        "revoked" => grant.revoked = Some(now() - microsecond),
        "other category" => grant.categories.retain(|granted| *granted != category),
        "other action" => grant.actions.retain(|granted| *granted != action),
        "other purpose" => {
            grant.purposes = Purpose::ALL.iter().copied().filter(|purpose| *purpose != row.purpose).collect();
        }
        "other patient" => grant.patient = other_patient(),
        "other grantee" => {
            grant.grantee = match grant.grantee {
                Grantee::Account(_) => Grantee::Account(AccountId::new(id(0xACD))),
                Grantee::Practice { role, .. } => Grantee::Practice { practice: other_practice(), role },
            }
        }
        "stale feed" => consent_age = Some(CONSENT_AGE_MAX + Duration::from_millis(1)),
        "unheard feed" => consent_age = None,
        "never shared" => {}
        // Asked for as a whole, and by whoever leaves out what is not of it.
        "a part of it" | "a part, in part" => {
            let items = vec![id(0x17E)];
            grant.narrowing = Some(Narrowing { items, ..Narrowing::default() });
        }
        "on a visit" => {
            grant.uses = Some(Uses { visit_until: Some(now() + microsecond), ..Uses::of(1) });
        }
        "visit not begun" => grant.uses = Some(Uses { used: 1, visit_until: Some(now()), ..Uses::of(2) }),
        unknown => panic!("no such state: {unknown}"),
    }
    let grants = if state == "none" { Vec::new() } else { vec![grant] };
    let (what, kept_from) = (Marked::Category(category), KeptFrom::Everybody);
    let mark = MarkFact { id: MarkId::new(id(0x3A)), patient: patient(), what, kept_from };
    let marks = if state == "never shared" { vec![mark] } else { Vec::new() };
    Facts { consent_age, marks, ..facts(row.relationship, grants) }
}

fn outcome(decision: &Decision) -> String {
    match decision {
        Decision::Permitted { rule_ids, parts, .. } => {
            format!("{}  {}", if parts.is_empty() { "permit" } else { "part" }, rule_ids.join(" "))
        }
        Decision::Refused { reason, rule_ids } => {
            format!("refuse  {}", [&[reason.reason().to_owned()], rule_ids.as_slice()].concat().join(" "))
        }
    }
}

fn every<W: std::fmt::Display>(words: &[W]) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Cells of the same outcome share a line; no cell is left out.
fn content(policies: &Policies, text: &mut String) {
    for row in rows() {
        writeln!(text, "\n## {}", row.who).unwrap();
        for state in STATES {
            let mut outcomes: BTreeMap<String, BTreeMap<Action, Vec<Category>>> = BTreeMap::new();
            for action in Action::ALL {
                for category in Category::ALL {
                    let record = record(&[*category]);
                    let facts = facts_in(&row, state, *category, *action);
                    let request = Request { purpose: row.purpose, ..request(&row.caller, *action, &record) };
                    let decision = match *state {
                        "a part, in part" => decide_in_part(policies, &request, &facts).0,
                        _ => decide(policies, &request, &facts),
                    };
                    let cells = outcomes.entry(outcome(&decision)).or_default();
                    cells.entry(*action).or_default().push(*category);
                }
            }
            for (outcome, cells) in outcomes {
                let mut by_categories: BTreeMap<Vec<Category>, Vec<Action>> = BTreeMap::new();
                for (action, categories) in cells {
                    by_categories.entry(categories).or_default().push(action);
                }
                for (categories, actions) in by_categories {
                    let missing: Vec<_> =
                        Category::ALL.iter().filter(|category| !categories.contains(category)).collect();
                    let categories = match missing.len() {
                        0 => "all".to_owned(),
                        1..=8 => format!("all but {}", every(&missing)),
                        _ => every(&categories),
                    };
                    let actions =
                        if actions.len() == Action::ALL.len() { "all".to_owned() } else { every(&actions) };
                    writeln!(text, "{state:<15} {actions:<26} {outcome:<60} {categories}").unwrap();
                }
            }
        }
    }
}

/// What the matrix asks beside content.
fn asked() -> Vec<(&'static str, Oversight)> {
    let tenant_history = |tenant, patient| Oversight::TenantHistory { tenant, patient };
    let role = |role, tenant, practice| Oversight::Role(RoleAssignment { role, tenant, practice });
    vec![
        ("history of the record", Oversight::RecordHistory(patient())),
        ("history of the own tenant", tenant_history(tenant(), None)),
        ("history of the own tenant about the record", tenant_history(tenant(), Some(patient()))),
        (
            "history of the own tenant about a record elsewhere",
            tenant_history(tenant(), Some(other_patient())),
        ),
        ("history of another tenant", tenant_history(other_tenant(), None)),
        ("health of the logs", Oversight::LogHealth),
        ("administer the installation", Oversight::Installation),
        ("administer the own tenant", Oversight::Tenant(tenant())),
        ("administer another tenant", Oversight::Tenant(other_tenant())),
        ("give a role at the own practice", role(Role::Therapist, tenant(), Some(practice()))),
        (
            "give a role at another practice of the tenant",
            role(Role::Therapist, tenant(), Some(other_practice())),
        ),
        ("give a role in the whole tenant", role(Role::Therapist, tenant(), None)),
        (
            "give the role of a school's coordinator",
            role(Role::SchoolCoordinator, tenant(), Some(practice())),
        ),
        ("make a supporter", role(Role::Support, tenant(), None)),
        ("make a compliance officer", role(Role::ComplianceOfficer, tenant(), Some(practice()))),
        ("give a role in another tenant", role(Role::Therapist, other_tenant(), None)),
        ("make an operator", role(Role::Operator, tenant(), None)),
        ("review the roles of the own tenant", Oversight::AccessReview(tenant())),
        ("review the roles of another tenant", Oversight::AccessReview(other_tenant())),
        ("look up people", Oversight::Directory),
        ("hold or erase the record", Oversight::Erasure(patient())),
        ("hold or erase a record elsewhere", Oversight::Erasure(other_patient())),
        ("hold or erase a free-standing record", Oversight::Erasure(free_standing_patient())),
        ("open the record in an emergency", Oversight::Emergency(patient())),
        ("open a record elsewhere in an emergency", Oversight::Emergency(other_patient())),
        ("open a free-standing record in an emergency", Oversight::Emergency(free_standing_patient())),
        ("review an emergency of the record", Oversight::EmergencyReview(patient())),
        ("review an emergency of a record elsewhere", Oversight::EmergencyReview(other_patient())),
        (
            "review an emergency of a free-standing record",
            Oversight::EmergencyReview(free_standing_patient()),
        ),
        ("attest who acts for the record's person", Oversight::Authority(patient())),
        ("attest who acts for a person elsewhere", Oversight::Authority(other_patient())),
        (
            "attest who acts for a free-standing record's person",
            Oversight::Authority(free_standing_patient()),
        ),
        ("review that somebody was stopped", Oversight::AuthorityReview(patient())),
        ("review that somebody elsewhere was stopped", Oversight::AuthorityReview(other_patient())),
        (
            "review that somebody of a free-standing record was stopped",
            Oversight::AuthorityReview(free_standing_patient()),
        ),
        ("keep the treatments of the own practice", Oversight::Treatments(practice())),
        ("keep the treatments of another practice of the tenant", Oversight::Treatments(other_practice())),
        ("set the treatment policy of the own practice", Oversight::TreatmentPolicy(practice())),
        (
            "set the treatment policy of another practice of the tenant",
            Oversight::TreatmentPolicy(other_practice()),
        ),
    ]
}

fn beside_content(policies: &Policies, text: &mut String) {
    writeln!(text, "\n# Beside content").unwrap();
    let mut callers = vec![("nobody".to_owned(), caller(&[]), None)];
    callers
        .extend(Relationship::ALL.iter().map(|held| (format!("{held} (holder)"), caller(&[]), Some(*held))));
    callers.extend(Role::ALL.iter().map(|role| (role.to_string(), caller(&[*role]), None)));
    let both = [Role::Therapist, Role::ComplianceOfficer];
    callers.push(("therapist and compliance-officer".to_owned(), caller(&both), None));
    let roles = vec![RoleAssignment { role: Role::Therapist, tenant: tenant(), practice: None }];
    callers.push(("therapist in the whole tenant".to_owned(), Caller { roles, ..caller(&[]) }, None));
    let roles = vec![RoleAssignment { role: Role::PracticeAdministrator, tenant: tenant(), practice: None }];
    callers.push(("administrator of the whole tenant".to_owned(), Caller { roles, ..caller(&[]) }, None));
    callers.push((
        "parent (holder) and therapist".to_owned(),
        caller(&[Role::Therapist]),
        Some(Relationship::Parent),
    ));
    for (what, oversight) in asked() {
        writeln!(text, "## {what}").unwrap();
        let mut outcomes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (who, caller, relationship) in &callers {
            let mut facts = facts(*relationship, Vec::new());
            if oversight.patient() == Some(other_patient()) {
                facts = Facts { record_tenant: Some(other_tenant()), relationship: None, ..facts };
            }
            if oversight.patient() == Some(free_standing_patient()) {
                facts.record_tenant = Some(TenantId::new(id(0)));
            }
            let decision = decide_oversight(policies, caller, &oversight, &facts);
            outcomes.entry(outcome(&decision)).or_default().push(who);
        }
        for (outcome, callers) in outcomes {
            writeln!(text, "{outcome:<60} {}", callers.join(", ")).unwrap();
        }
    }
}

#[test]
fn the_policy_matrix_is_the_one_that_was_agreed() {
    let policies = Policies::load().unwrap();
    let mut text = String::from(
        "# Policy matrix: who may do what, by the state of the one grant at hand. Made by tests/policy_matrix.rs.\n",
    );
    writeln!(text, "categories: {}", every(Category::ALL)).unwrap();
    writeln!(text, "actions: {}", every(Action::ALL)).unwrap();
    writeln!(text, "roles: {}", every(Role::ALL)).unwrap();
    writeln!(text, "relationships: {}", every(Relationship::ALL)).unwrap();
    writeln!(text, "grant states: {}", STATES.join(", ")).unwrap();
    writeln!(text, "policies: {}", every(&policies.rule_ids())).unwrap();
    writeln!(text, "columns: grant state, actions, outcome with reason and policies, categories").unwrap();
    content(&policies, &mut text);
    beside_content(&policies, &mut text);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(GOLDEN, &text).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    for (number, (is, agreed)) in text.lines().zip(golden.lines()).enumerate() {
        assert_eq!(is, agreed, "line {} differs; set UPDATE=1 if the change is meant", number + 1);
    }
    assert_eq!(
        text.lines().count(),
        golden.lines().count(),
        "rows are missing or new; set UPDATE=1 if it is meant"
    );
    let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with("policies:")).collect();
    for rule in policies.rule_ids() {
        assert!(rows.iter().any(|row| row.split(' ').any(|word| word == rule)), "`{rule}` decides nothing");
    }
}

#[test]
fn the_matrix_asks_for_every_action_on_every_resource_of_the_schema() {
    let text = include_str!("../policies/holdfast.cedarschema");
    let (schema, _) = Schema::from_cedarschema_str(text).unwrap();
    let in_schema: BTreeSet<(String, String)> = schema
        .request_envs()
        .map(|env| (env.action().id().unescaped().to_owned(), env.resource().basename().to_owned()))
        .collect();
    let of_records = Action::ALL.iter().map(|action| (action.as_str(), "Room"));
    let beside = asked().into_iter().map(|(_, oversight)| oversight.in_schema());
    let in_matrix: BTreeSet<(String, String)> =
        of_records.chain(beside).map(|(action, resource)| (action.to_owned(), resource.to_owned())).collect();
    assert_eq!(in_matrix, in_schema);
}

#[test]
fn the_matrix_asks_for_every_kind_of_oversight() {
    // Serde knows every variant's name, and says so when it is given none of them.
    let refusal = serde_json::from_str::<Oversight>("\"none of them\"").unwrap_err().to_string();
    let known: BTreeSet<&str> = refusal.split('`').skip(3).step_by(2).collect();
    assert!(known.contains("directory"), "{refusal}");
    let asked: Vec<serde_json::Value> =
        asked().into_iter().map(|(_, oversight)| serde_json::to_value(oversight).unwrap()).collect();
    let in_matrix: BTreeSet<&str> = asked
        .iter()
        .map(|value| value.as_str().unwrap_or_else(|| value.as_object().unwrap().keys().next().unwrap()))
        .collect();
    assert_eq!(in_matrix, known);
}
