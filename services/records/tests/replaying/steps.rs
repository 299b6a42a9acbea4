//! What is commanded: every command of the contract, in small numbers, so that commands meet each other.
use crate::common::*;
use holdfast_proto::records::v1 as pb;
use holdfast_types::*;
use proptest::{prelude::*, sample::select};
use prost::{Message as _, Name};
use prost_types::{FieldMask, FileDescriptorSet};
use std::collections::BTreeSet;
use tonic::Status;
use uuid::Uuid;

const CONTRACT: &str = "holdfast.records.v1";

/// What happens to one of two records, or to the directory: time goes by, or one of two people commands something.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) of: u8,
    pub(crate) by: u8,
    /// Which goal, item, file or entry, or which command once more.
    pub(crate) thing: u8,
    /// Which of the ways in which it can be said.
    pub(crate) way: u8,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Wait,
    /// What was commanded before, by whoever did and by somebody else.
    Repeat,
    Register,
    Rename,
    Create,
    CreateMany,
    Update,
    Retract,
    Import,
    ImportDirectory,
    Lock,
    Propose,
    Withdraw,
    Review,
}

const WHATS: &[What] = &[
    What::Wait,
    What::Repeat,
    What::Register,
    What::Rename,
    What::Create,
    What::CreateMany,
    What::Update,
    What::Retract,
    What::Import,
    What::ImportDirectory,
    What::Lock,
    What::Propose,
    What::Withdraw,
    What::Review,
];

/// A command as it is sent, so that it can be sent again.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Register(pb::RegisterPatientRequest),
    Rename(pb::UpdatePatientRequest),
    Create(pb::CreateItemRequest),
    CreateMany(pb::BatchCreateItemsRequest),
    Update(pb::UpdateItemRequest),
    Retract(pb::RetractItemRequest),
    Import(pb::ImportStart, Vec<u8>),
    ImportDirectory(pb::DirectoryStart, Vec<u8>),
    Lock(pb::SetFieldLocksRequest),
    Propose(pb::ProposeChangeRequest),
    Withdraw(pb::WithdrawProposalRequest),
    Review(pb::ReviewProposalRequest),
}

/// An item that a command can be about.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) item: Uuid,
    pub(crate) revision: i64,
    pub(crate) is_goal: bool,
}

prop_compose! {
    pub(crate) fn step()(
        // The one that both may write to, mostly.
        of in select([0_u8, 0, 0, 1].as_slice()),
        by in 0_u8..2,
        thing in 0_u8..12,
        way in 0_u8..4,
        what in select(WHATS),
    ) -> Step {
        Step { of, by, thing, way, what }
    }
}

/// Every command, accepted: no table stays empty, and no kind of event is left out.
pub(crate) fn story() -> Vec<Step> {
    let steps = [
        (What::Register, 0, 0, 0),
        (What::Rename, 1, 0, 1),
        (What::Create, 0, 0, 0),
        (What::CreateMany, 1, 0, 0),
        (What::Wait, 0, 0, 0),
        (What::Update, 1, 0, 1),
        (What::Update, 0, 1, 0),
        (What::Import, 0, 0, 0),
        (What::Wait, 0, 0, 0),
        (What::Import, 1, 0, 1),
        (What::Retract, 1, 3, 1),
        (What::Import, 0, 1, 0),
        (What::ImportDirectory, 0, 0, 0),
        (What::ImportDirectory, 1, 0, 1),
        // Of another practitioner under the same name, which leads there from now on.
        (What::ImportDirectory, 0, 1, 1),
        (What::Lock, 0, 0, 0),
        (What::Propose, 0, 0, 0),
        (What::Review, 0, 0, 0),
        (What::Propose, 0, 0, 2),
        (What::Review, 0, 0, 1),
        (What::Propose, 0, 1, 2),
        (What::Withdraw, 0, 0, 0),
    ];
    steps.map(|(what, by, thing, way)| Step { of: 0, by, thing, way, what }).to_vec()
}

/// The contract's own: every message that names itself.
pub(crate) fn commands() -> BTreeSet<String> {
    let contracts = FileDescriptorSet::decode(holdfast_proto::DESCRIPTORS).unwrap();
    let messages =
        contracts.file.iter().filter(|file| file.package() == CONTRACT).flat_map(|file| &file.message_type);
    let named = messages.filter(|message| message.field.iter().any(|field| field.name() == "request_id"));
    named.map(|message| format!("{CONTRACT}.{}", message.name())).collect()
}

impl Command {
    /// Its message in the contract.
    pub(crate) fn name(&self) -> String {
        const fn of<M: Name>(_: &M) -> fn() -> String {
            M::full_name
        }
        let name = match self {
            Self::Register(asked) => of(asked),
            Self::Rename(asked) => of(asked),
            Self::Create(asked) => of(asked),
            Self::CreateMany(asked) => of(asked),
            Self::Update(asked) => of(asked),
            Self::Retract(asked) => of(asked),
            Self::Import(asked, _) => of(asked),
            Self::ImportDirectory(asked, _) => of(asked),
            Self::Lock(asked) => of(asked),
            Self::Propose(asked) => of(asked),
            Self::Withdraw(asked) => of(asked),
            Self::Review(asked) => of(asked),
        };
        name()
    }

    /// Answers with what is answered the same whenever it is asked again.
    pub(crate) async fn send(&self, world: &World, by: &Person) -> Result<String, Status> {
        let mut client = world.client(by);
        Ok(match self.clone() {
            Self::Register(asked) => position(client.register_patient(asked).await?.into_inner().position),
            Self::Rename(asked) => position(client.update_patient(asked).await?.into_inner().position),
            Self::Create(asked) => position(client.create_item(asked).await?.into_inner().position),
            Self::CreateMany(asked) => format!("{:?}", client.batch_create_items(asked).await?.into_inner()),
            Self::Update(asked) => position(client.update_item(asked).await?.into_inner().position),
            Self::Retract(asked) => position(client.retract_item(asked).await?.into_inner().position),
            Self::Import(start, file) => {
                let done = world.import_from(by, start, &file).await?;
                format!("{:?}", (done.added, done.changed, done.unchanged, done.position))
            }
            Self::ImportDirectory(start, file) => {
                let request = start.request_id.parse().unwrap();
                format!("{:?}", world.import_directory(by, request, &file).await?)
            }
            Self::Lock(asked) => {
                position(world.proposals(by).set_field_locks(asked).await?.into_inner().position)
            }
            Self::Propose(asked) => {
                format!("{:?}", world.proposals(by).propose_change(asked).await?.into_inner())
            }
            Self::Withdraw(asked) => {
                position(world.proposals(by).withdraw_proposal(asked).await?.into_inner().position)
            }
            Self::Review(asked) => {
                format!("{:?}", world.proposals(by).review_proposal(asked).await?.into_inner())
            }
        })
    }
}

fn position(position: Option<holdfast_proto::r#type::v1::Position>) -> String {
    format!("{position:?}")
}

impl Step {
    pub(crate) fn patient(&self) -> PatientId {
        record(self.of)
    }

    /// Who commands it, or somebody else who might.
    pub(crate) fn person(&self, other: bool) -> Person {
        match (self.what, (self.by == 0) != other) {
            (What::ImportDirectory | What::Lock, true) => administrator(),
            (What::ImportDirectory | What::Lock, false) => person(5, Role::PracticeAdministrator),
            // Who holds the record decides nothing of what is proposed.
            (What::Review, true) => therapist(),
            (What::Review, false) => parent(),
            (_, true) => parent(),
            (_, false) => therapist(),
        }
    }

    /// None: nothing is commanded, or there is nothing that it could be about.
    pub(crate) fn command(&self, known: &[Known], waiting: &[Uuid], request: Uuid) -> Option<Command> {
        let (request_id, patient_id) = (request.to_string(), self.patient().to_string());
        let (thing, way) = (self.thing, self.way);
        Some(match self.what {
            What::Wait | What::Repeat => return None,
            What::Register => Command::Register(pb::RegisterPatientRequest {
                request_id,
                patient_id,
                demographics: Some(self.demographics()),
            }),
            What::Rename => Command::Rename(pb::UpdatePatientRequest {
                request_id,
                patient_id,
                demographics: Some(self.demographics()),
                update_mask: Some(FieldMask { paths: vec!["preferred_name".to_owned()] }),
                etag: String::new(),
            }),
            What::Create => {
                let item = Some(new_goal(thing % 4, way));
                Command::Create(pb::CreateItemRequest { request_id, patient_id, item })
            }
            What::CreateMany => {
                let items = (thing % 4..5).map(|goal| new_goal(goal, way)).collect();
                Command::CreateMany(pb::BatchCreateItemsRequest { request_id, patient_id, items })
            }
            What::Update => {
                let (item_id, etag) = self.one_of(known.iter().filter(|known| known.is_goal))?;
                let fhir_json = goal("g-0", &format!("other {way} {thing}")).into_bytes().into();
                Command::Update(pb::UpdateItemRequest { request_id, item_id, patient_id, fhir_json, etag })
            }
            What::Retract => {
                let (item_id, etag) = self.one_of(known.iter())?;
                let reason = "wrong child".to_owned();
                Command::Retract(pb::RetractItemRequest { request_id, item_id, patient_id, reason, etag })
            }
            What::Import => {
                let (source_name, accept_unknown_code_systems) = (format!("Portal {}", thing % 3), false);
                let start =
                    pb::ImportStart { request_id, patient_id, source_name, accept_unknown_code_systems };
                let status = ["\"finished\"", "\"cancelled\""][usize::from(way % 2)];
                let file = std::str::from_utf8(SMALL).unwrap().replace("\"finished\"", status);
                Command::Import(start, file.into_bytes())
            }
            What::ImportDirectory => {
                let start = pb::DirectoryStart { request_id, tenant_id: tenant().to_string() };
                Command::ImportDirectory(start, self.directory().into_bytes())
            }
            What::Lock => Command::Lock(self.locks(request_id)),
            What::Propose => Command::Propose(pb::ProposeChangeRequest {
                request_id,
                patient_id,
                change: Some(self.change(known)?),
                reason: format!("because {way}"),
                etag: String::new(),
            }),
            What::Withdraw => {
                let proposal_id = self.waits(waiting)?;
                Command::Withdraw(pb::WithdrawProposalRequest { request_id, patient_id, proposal_id })
            }
            What::Review => Command::Review(pb::ReviewProposalRequest {
                request_id,
                patient_id,
                proposal_id: self.waits(waiting)?,
                accept: way % 2 == 0,
                answer: "seen".to_owned(),
                etag: String::new(),
            }),
        })
    }

    fn waits(&self, waiting: &[Uuid]) -> Option<String> {
        waiting.iter().cycle().nth(usize::from(self.thing)).map(Uuid::to_string)
    }

    /// What must be locked and a little more, or all but what may be opened.
    fn locks(&self, request_id: String) -> pb::SetFieldLocksRequest {
        let more = ["phone", "email", "address"][usize::from(self.thing % 3)];
        let more = [(Some(Category::Demographics), more)];
        let locks = REQUIRED.iter().chain(&more[..usize::from(self.way < 3)]);
        let lock = |(room, field): &(Option<Category>, &str)| pb::FieldLock {
            category: room.map_or(0, holdfast_proto::Word::to_proto),
            field: (*field).to_owned(),
            ..pb::FieldLock::default()
        };
        pb::SetFieldLocksRequest {
            request_id,
            tenant_id: tenant().to_string(),
            locks: locks.map(lock).collect(),
            ..pb::SetFieldLocksRequest::default()
        }
    }

    fn change(&self, known: &[Known]) -> Option<Change> {
        let new = || new_goal(9, self.thing % 4).fhir_json;
        let one = || self.one_of(known.iter().filter(|known| known.is_goal)).map(|(item, _)| item);
        Some(match self.way {
            0 => renamed(self.demographics(), &["preferred_name", "given_name"]),
            1 => Change::ChangedItem(pb::ItemProposal { item_id: one()?, fhir_json: new() }),
            2 => Change::NewFhirJson(new()),
            _ => Change::RetractedItemId(one()?),
        })
    }

    /// The one whom the file is about, too.
    fn demographics(&self) -> pb::Demographics {
        pb::Demographics {
            family_name: "Fernhollow".to_owned(),
            given_name: "Juniper Wren".to_owned(),
            birth_date: "2019-04-02".to_owned(),
            preferred_name: format!("June {}", self.way),
            ..pb::Demographics::default()
        }
    }

    /// The id of the item that is meant, and the state of it that was seen, if one was.
    fn one_of<'a>(&self, known: impl Iterator<Item = &'a Known> + Clone) -> Option<(String, String)> {
        let Known { item, revision, .. } = known.cycle().nth(usize::from(self.thing))?;
        let etag = match self.way {
            0 => String::new(),
            3 => "\"99\"".to_owned(),
            _ => format!("\"{revision}\""),
        };
        Some((item.to_string(), etag))
    }

    /// A site, and a practitioner whose name in the file may be that of another one in another file.
    fn directory(&self) -> String {
        let (thing, way) = (self.thing % 3, self.way);
        format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[
                {{"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{{
                    "resourceType":"Practitioner","id":"robin-{name}",
                    "identifier":[{{"system":"http://hl7.org/fhir/sid/us-npi","value":"000000000{thing}"}}],
                    "name":[{{"given":["Robin"],"family":"Sedgebrook {way}"}}]}}}},
                {{"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000002","resource":{{
                    "resourceType":"Organization","id":"site","name":"Site {way}",
                    "identifier":[{{"system":"https://practice.example/sites","value":"S-1"}}]}}}}]}}"#,
            name = way % 2
        )
    }
}

/// The parent's, and of the first of them the therapist's, too.
pub(crate) fn record(number: u8) -> PatientId {
    if number == 0 { patient() } else { PatientId::new(id(0xA0)) }
}

fn new_goal(number: u8, way: u8) -> pb::NewItem {
    let fhir_json = goal(&format!("g-{number}"), &format!("text {way}")).into_bytes().into();
    pb::NewItem { fhir_json, source_key: String::new() }
}
