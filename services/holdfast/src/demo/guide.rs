//! Whom to sign in as: a short table for the terminal, and what the service account signs with and for whom.
use super::{
    Loading,
    accounts::{APP_KEY, OPERATOR_EMAIL, shown_name},
};
use crate::{data_dir::DataDir, roles::ISSUER};
use anyhow::{Context, Result};
use holdfast_demo::{Authority, Credential, Network, Patient, Person, Role};
use serde_json::json;

pub(super) fn write(dir: &DataDir, loading: Loading<'_>) -> Result<()> {
    let app = &loading.people.app;
    let audience = std::fs::read_to_string(dir.path("secrets").join(ISSUER))?;
    let account = json!({
        "account_id": app.account_id, "audience": audience.trim(), "key_file": APP_KEY, "key_id": app.key_id,
        "tenant_id": loading.people.tenant,
    });
    dir.secret("demo-service-account.json", || Ok(format!("{account:#}\n")))?;
    let path = dir.path("demo-people.txt");
    std::fs::write(&path, table(loading.network))
        .with_context(|| format!("`{}` cannot be written", path.display()))
}

fn table(network: &Network) -> String {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for (number, note) in [(0, ""), (1, ", two households")] {
        rows.extend(network.patients.get(number).and_then(|patient| parent(network, patient, note)));
    }
    for (credential, words) in [
        (Credential::Bcba, "behaviour analyst"),
        (Credential::Slp, "speech therapist"),
        (Credential::Ot, "occupational therapist"),
        (Credential::Pt, "physical therapist"),
    ] {
        rows.extend(find(network, words, |person| {
            person.credential() == Some(credential) && treats_cast(network, person)
        }));
    }
    rows.extend(find(network, "front desk", |person| matches!(person.role, Role::FrontDesk { .. })));
    rows.extend(find(network, "billing", |person| matches!(person.role, Role::Biller { .. })));
    rows.extend(find(network, "school coordinator", |person| {
        matches!(person.role, Role::SchoolCoordinator { .. })
    }));
    rows.extend(find(network, "insurance reviewer", |person| {
        matches!(person.role, Role::PayerReviewer { .. })
    }));
    rows.extend(find(network, "compliance officer", |person| person.role == Role::ComplianceOfficer));
    rows.extend(find(network, "administrator of the network", |person| {
        person.role == Role::NetworkAdministrator
    }));
    rows.push([
        "Demo Operator".to_owned(),
        "operator, sees no content".to_owned(),
        OPERATOR_EMAIL.to_owned(),
    ]);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (name, role) = (width(0), width(1));
    let lines = rows.iter().map(|[who, what, email]| format!("  {who:name$}  {what:role$}  {email}\n"));
    lines.collect::<String>()
        + "Everybody else in the demo network can be signed in as, too; the directory shows them.\n"
}

fn parent(network: &Network, patient: &Patient, note: &str) -> Option<[String; 3]> {
    let guardian = patient.family.iter().find(|member| member.authority != Authority::HelperOnly)?;
    let person = network.person(&guardian.account)?;
    let speaks = match person.languages.first().map(|language| language.tag()) {
        Some("es") => ", speaks Spanish",
        _ => "",
    };
    let role = format!("parent of {}{speaks}{note}", patient.demographics.name.given);
    Some([person.name.to_string(), role, person.email.clone()])
}

fn find(network: &Network, role: &str, is: impl Fn(&Person) -> bool) -> Option<[String; 3]> {
    let person = network.people.iter().find(|person| is(person))?;
    Some([shown_name(person), role.to_owned(), person.email.clone()])
}

/// Somebody with a full list of patients to look at.
fn treats_cast(network: &Network, person: &Person) -> bool {
    let cast = network.patients.iter().filter(|patient| patient.cast.is_some());
    cast.flat_map(|patient| &patient.enrolments).any(|enrolment| enrolment.lead == person.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_people_of_every_role_with_addresses_that_are_made_up() {
        let network = holdfast_demo::network(1, chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap());
        let table = table(&network);
        assert_eq!(table.lines().count(), 14, "{table}");
        assert!(table.contains("speaks Spanish") && table.contains(OPERATOR_EMAIL), "{table}");
        assert!(table.lines().take(13).all(|line| line.ends_with(".example")), "{table}");
    }
}
