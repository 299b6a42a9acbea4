//! Who is meant: names of accounts and practices, for pages that show who did what.
use crate::{failure::Failure, links, pages::parts::Person, visitor::Signed};
use chrono::TimeDelta;
use holdfast_access::Roles;
use holdfast_proto::{
    Word as _,
    consent::v1::{Grantee, Link, grantee},
    identity::v1::{BatchGetProfilesRequest, ListPracticesRequest, Practice, Profile},
};
use holdfast_types::{AccountId, Actor, PracticeId, Role};
use std::{collections::HashMap, sync::Arc};

const PROFILES_AT_ONCE_MAX: usize = 200;
const PRACTICES_KEPT: TimeDelta = TimeDelta::seconds(60);
const PAGE_SIZE: i32 = 200;
const PAGES_MAX: usize = 5;

/// What somebody is to a family comes first.
const ROLES: [Role; 11] = [
    Role::Therapist,
    Role::Supervisor,
    Role::FrontDesk,
    Role::Billing,
    Role::SchoolCoordinator,
    Role::PayerReviewer,
    Role::PracticeAdministrator,
    Role::ComplianceOfficer,
    Role::Support,
    Role::Operator,
    Role::ServiceAccount,
];

/// Names by account and by practice.
#[derive(Clone, Default)]
pub struct Known {
    accounts: HashMap<String, Profile>,
    practices: Arc<HashMap<String, Practice>>,
    /// By the account that the bearer is.
    links: HashMap<String, Link>,
}

impl Signed {
    /// What these accounts (`account/<uuid>` or the id alone) and all practices are called.
    pub async fn known<'a>(&self, actors: impl IntoIterator<Item = &'a str>) -> Result<Known, Failure> {
        let mut ids: Vec<String> = actors.into_iter().filter_map(account).map(|id| id.to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        let (accounts, practices) = tokio::try_join!(self.profiles(&ids), self.practices())?;
        Ok(Known { accounts, practices, links: HashMap::new() })
    }

    async fn profiles(&self, ids: &[String]) -> Result<HashMap<String, Profile>, Failure> {
        let mut found = HashMap::new();
        for chunk in ids.chunks(PROFILES_AT_ONCE_MAX) {
            let asked = BatchGetProfilesRequest { account_ids: chunk.to_vec() };
            let answer = self.identity().batch_get_profiles(asked).await?.into_inner();
            found.extend(answer.profiles.into_iter().map(|profile| (profile.account_id.clone(), profile)));
        }
        Ok(found)
    }

    /// All practices, by id.
    pub async fn practices(&self) -> Result<Arc<HashMap<String, Practice>>, Failure> {
        if let Some(known) = self.site().practices.get(&(), self.now()) {
            return Ok(known);
        }
        let (mut found, mut page_token) = (HashMap::new(), String::new());
        for _ in 0..PAGES_MAX {
            let asked = ListPracticesRequest { tenant_id: String::new(), page_size: PAGE_SIZE, page_token };
            let page = self.identity().list_practices(asked).await?.into_inner();
            found.extend(page.practices.into_iter().map(|practice| (practice.practice_id.clone(), practice)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let found = Arc::new(found);
        self.site().practices.put((), Arc::clone(&found), self.now() + PRACTICES_KEPT, self.now());
        Ok(found)
    }

    /// The account itself, as its own pages show it.
    pub fn me(&self) -> Person {
        Person::new(self.who.name(), self.words().t("role-you"))
    }
}

impl Known {
    /// Whether identity has such an account, whatever it calls it; of a service nobody asks.
    pub(crate) fn knows(&self, actor: &str) -> bool {
        account(actor).is_none_or(|id| self.accounts.contains_key(&id.to_string()))
    }

    pub(crate) fn with_links(self, links: HashMap<String, Link>) -> Self {
        Self { links, ..self }
    }

    /// What an account is the bearer of.
    pub(crate) fn link(&self, account: &str) -> Option<&Link> {
        self.links.get(account)
    }

    /// Who an actor is: "Dana K., therapist"; a program by its name; the account itself as "you".
    pub fn actor(&self, signed: &Signed, actor: &str) -> Person {
        let words = signed.words();
        match actor.parse::<Actor>() {
            Ok(Actor::Service(service)) => Person::new(service.as_str(), words.role(Role::ServiceAccount)),
            _ => match account(actor) {
                Some(id) if id == signed.who.account_id => signed.me(),
                Some(id) => self.account(signed, &id.to_string()),
                None => Person::new(words.t("who-unknown"), ""),
            },
        }
    }

    fn account(&self, signed: &Signed, id: &str) -> Person {
        let words = signed.words();
        if let Some(link) = self.link(id) {
            return links::bearer(words, link);
        }
        let Some(profile) = self.accounts.get(id) else { return Person::new(words.t("who-unknown"), "") };
        let held =
            |role: &&Role| profile.roles.iter().any(|held| Role::from_proto(held.role) == Some(**role));
        let roles = ROLES.iter().filter(held).map(|role| words.role(*role));
        let at = profile.roles.iter().find_map(|held| self.practices.get(&held.practice_id));
        let at = at.map(|practice| self.organization(practice));
        let name = Some(profile.display_name.clone()).filter(|name| !name.is_empty());
        Person::new(
            name.unwrap_or_else(|| words.t("who-unknown")),
            roles.chain(at).collect::<Vec<_>>().join(", "),
        )
    }

    /// What an account is called, where that is known.
    pub fn name(&self, account: &str) -> Option<String> {
        let name = self.accounts.get(account).map(|profile| profile.display_name.clone());
        name.filter(|name| !name.is_empty())
    }

    /// Who a grant is for.
    pub fn grantee(&self, signed: &Signed, grantee: Option<&Grantee>) -> Person {
        let words = signed.words();
        let Some(grantee) = grantee else { return Person::new(words.t("who-unknown"), "") };
        match &grantee.kind {
            Some(grantee::Kind::AccountId(id)) => self.actor(signed, id),
            Some(grantee::Kind::PracticeId(id)) => Person::new(
                self.practice(signed, id),
                words.role(Role::from_proto(grantee.role).unwrap_or(Role::Therapist)),
            ),
            None => Person::new(words.t("who-unknown"), ""),
        }
    }

    /// The practices at which an account holds a role.
    pub fn practices_of(&self, account: &str) -> Vec<String> {
        let held = self.accounts.get(account).map(|profile| profile.roles.as_slice()).unwrap_or_default();
        held.iter().map(|held| held.practice_id.clone()).filter(|id| !id.is_empty()).collect()
    }

    /// As families know it: a team with the practice that it is part of.
    pub fn practice(&self, signed: &Signed, id: &str) -> String {
        let known = self.practices.get(id).map(|practice| self.organization(practice));
        known.unwrap_or_else(|| signed.words().t("who-unknown"))
    }

    pub fn organization(&self, practice: &Practice) -> String {
        let name = practice.display_name.clone();
        match self.practices.get(&practice.part_of_practice_id) {
            Some(whole) => format!("{name} · {}", whole.display_name),
            None => name,
        }
    }

    /// All of them, by kind and name.
    pub fn organizations(&self) -> Vec<&Practice> {
        let mut all: Vec<&Practice> = self.practices.values().collect();
        all.sort_by_key(|practice| (practice.kind, practice.display_name.to_lowercase()));
        all
    }

    /// What somebody is at their work, where they are not reached by name.
    pub fn at_work(&self, account: &str) -> Vec<(PracticeId, Role)> {
        let held = self.accounts.get(account).map(|profile| profile.roles.as_slice()).unwrap_or_default();
        let table = Roles::table();
        let roles: Vec<(Role, &str)> = held
            .iter()
            .filter_map(|held| Some((Role::from_proto(held.role)?, held.practice_id.as_str())))
            .collect();
        if roles.iter().any(|(role, _)| table.treats(*role)) {
            return Vec::new();
        }
        let at = roles.iter().filter(|(role, _)| table.is_at_work(*role));
        at.filter_map(|(role, practice)| Some((practice.parse().ok()?, *role))).collect()
    }
}

fn account(actor: &str) -> Option<AccountId> {
    actor.strip_prefix("account/").unwrap_or(actor).parse().ok()
}
