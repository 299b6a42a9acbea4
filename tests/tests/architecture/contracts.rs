//! What every contract promises of its commands: who sends one twice, because an answer was lost, acts once.
use holdfast_proto::DESCRIPTORS;
use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet, MethodDescriptorProto, field_descriptor_proto::Type};
use std::collections::BTreeMap;

/// What an rpc that changes nothing begins with.
const QUESTIONS: &[&str] = &[
    "BatchGet",
    "Count",
    "Decide",
    "Download",
    "Get",
    "List",
    "Read",
    "Rehearse",
    "Replay",
    "Search",
    "Summarize",
    "Verify",
    "Watch",
];
/// Acts that need no id, each with its reason.
const WITHOUT: &[(&str, &str)] = &[
    ("IssueToken", "a token is signed, nothing is written down; another one does no harm"),
    (
        "IssueServiceToken",
        "the assertion is its id: it is good once, and for another token another is signed",
    ),
    ("BeginProviderSignIn", "an address to go to, good for minutes; another one does no harm"),
    ("BeginPasskey", "a challenge, good for minutes; another one does no harm"),
    ("BeginPasskeyShowing", "a challenge, good for minutes; another one does no harm"),
    ("BeginPasskeySignIn", "a challenge, good for minutes; another one does no harm"),
    ("BeginVisit", "grant and account say which visit it is: asked again while it lasts, it is the same"),
    ("AppendUpload", "upload and offset say which bytes they are: sent again they are the same bytes"),
];

type Messages = BTreeMap<String, DescriptorProto>;

fn descriptors() -> FileDescriptorSet {
    FileDescriptorSet::decode(DESCRIPTORS).unwrap()
}

/// Ours, by their full names.
fn messages(set: &FileDescriptorSet) -> Messages {
    let ours = set.file.iter().filter(|file| file.package().starts_with("holdfast."));
    let named = ours.flat_map(|file| {
        file.message_type
            .iter()
            .map(|message| (format!(".{}.{}", file.package(), message.name()), message.clone()))
    });
    named.collect()
}

fn commands(set: &FileDescriptorSet) -> Vec<MethodDescriptorProto> {
    let ours = set.file.iter().filter(|file| file.package().starts_with("holdfast."));
    let methods = ours.flat_map(|file| &file.service).flat_map(|service| &service.method);
    let asks = |method: &&MethodDescriptorProto| QUESTIONS.iter().any(|word| begins(method.name(), word));
    methods.filter(|method| !asks(method)).cloned().collect()
}

/// `Get` begins `GetItem`, not `GetawayPlanned`.
fn begins(name: &str, word: &str) -> bool {
    name.strip_prefix(word).is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_uppercase()))
}

/// In the request itself, or, where the request is a stream, in the message that opens it.
fn carries_an_id(method: &MethodDescriptorProto, messages: &Messages) -> bool {
    let holds = |message: &DescriptorProto| {
        message.field.iter().any(|field| field.name() == "request_id" && field.r#type() == Type::String)
    };
    let request = &messages[method.input_type()];
    let mut parts = request.field.iter().filter_map(|field| messages.get(field.type_name()));
    holds(request) || (method.client_streaming() && parts.any(holds))
}

fn without_an_id(commands: &[MethodDescriptorProto], messages: &Messages) -> Vec<String> {
    let excepted = |name: &str| WITHOUT.iter().any(|(own, _)| *own == name);
    commands
        .iter()
        .filter(|method| !excepted(method.name()) && !carries_an_id(method, messages))
        .map(|method| method.name().to_owned())
        .collect()
}

#[test]
fn every_command_carries_a_request_id() {
    let set = descriptors();
    let (commands, messages) = (commands(&set), messages(&set));
    assert!(commands.len() > 30, "{}", commands.len());
    assert_eq!(without_an_id(&commands, &messages), Vec::<String>::new());
    for (name, _) in WITHOUT {
        let excepted = commands.iter().find(|method| method.name() == *name);
        assert!(
            excepted.is_some_and(|method| !carries_an_id(method, &messages)),
            "{name}: take it off the list"
        );
    }
}

#[test]
fn a_command_without_an_id_is_seen() {
    let set = descriptors();
    let (commands, mut messages) = (commands(&set), messages(&set));
    for request in ["records.v1.RetractItemRequest", "records.v1.ImportStart"] {
        messages
            .get_mut(&format!(".holdfast.{request}"))
            .unwrap()
            .field
            .retain(|field| field.name() != "request_id");
    }
    let mut seen = without_an_id(&commands, &messages);
    seen.sort();
    assert_eq!(seen, ["ImportBundle", "RetractItem"]);
    assert!(begins("GetItem", "Get") && !begins("GetawayPlanned", "Get") && !begins("Get", "Get"));
}
