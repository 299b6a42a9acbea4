//! The first operator, named by a setting, because nobody gives a role to themselves.
use super::{App, AppError, executed, unsigned_context};
use crate::{
    domain::account::{Account, Command, Holder, Refusal},
    secret::Email,
};
use holdfast_access::RoleAssignment;
use holdfast_eventlog::{ExecuteError, Subject};
use holdfast_types::{Actor, Purpose, Role, Service};

impl App {
    /// Opens the account where there is none, and gives it the role unless it holds it.
    #[tracing::instrument(skip_all, name = "identity.ensure_operator")]
    pub(crate) async fn ensure_operator(&self, email: &Email) -> Result<(), AppError> {
        let address = self.secrets.address(email);
        let id = self.views.account_of(address).await?.unwrap_or(address.account());
        let mut context = unsigned_context(Actor::Service(Service::Identity), self.ground.ids().next(), None);
        context.purpose = Purpose::SystemAdministration;
        let assignment =
            RoleAssignment { role: Role::Operator, tenant: crate::FREE_STANDING, practice: None };
        // Whatever others do meanwhile: decided on the account as it is.
        let command = |account: &Account| match account {
            Account::Open { .. } => Command::AssignRole { to: id, by: None, assignment },
            Account::None => Command::Open {
                holder: Holder::Person { email: email.as_str().to_owned(), discipline: None },
                display_name: String::new(),
                locale: "en".to_owned(),
                roles: vec![assignment],
            },
        };
        let log = self.ground.log();
        let subject = Subject::Account(id);
        match log
            .execute::<Account>(subject, id.uuid(), &context, None, |loaded| command(&loaded.state))
            .await
        {
            Ok(_) | Err(ExecuteError::Refused(Refusal::AlreadyAssigned)) => Ok(()),
            Err(error) => Err(executed(AppError::Account)(error)),
        }
    }
}
