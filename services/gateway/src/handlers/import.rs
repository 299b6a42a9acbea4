//! Bringing a record in from a file: passed on as it arrives, all of it or nothing.
mod unresolved;

use super::people;
use crate::{
    failure::{self, Answer, Failure},
    form::{self, Fields},
    pages::{
        Tab,
        import::{FileTrouble, Import, Imported, Tally, UnknownCode, UnknownCodes},
        show, show_as,
        trouble::Trouble,
    },
    shelf::Open,
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Multipart, multipart::Field},
    response::Response,
    routing::get,
};
use bytes::{Bytes, BytesMut};
use holdfast_fhir::{Limits, Problem, read_bundle};
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    records::v1::{
        CategoryCount, ImportBundleRequest, ImportBundleResponse, ImportStart, import_bundle_request::Part,
    },
};
use holdfast_types::Category;
use http::StatusCode;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

pub(super) const SIZE_MAX: &str = "32 MB";
/// The file and what the form puts around it.
pub(super) const BODY_BYTES_MAX: usize = 33 * 1024 * 1024;
/// What records takes in one message.
const CHUNK_BYTES_MAX: usize = 1024 * 1024;
const CHUNKS_WAITING_MAX: usize = 4;
const FIELDS_MAX: usize = 10;
const FIELD_BYTES_MAX: usize = 1024;
const SOURCE_CHARACTERS_MAX: usize = 100;

pub(super) fn routes() -> Router<Arc<Site>> {
    let limit = DefaultBodyLimit::max(BODY_BYTES_MAX);
    Router::new().route("/r/{r}/import", get(form_page).post(import).layer(limit))
}

async fn form_page(open: Open) -> Answer {
    Failure::shown_if(open.record.may_contribute())?;
    let frame = open.frame(Tab::Record).await;
    Ok(show(&Import { frame, size_max: SIZE_MAX.to_owned(), trouble: None }))
}

async fn import(open: Open, multipart: Multipart) -> Answer {
    receive(multipart, Target::Record(open)).await
}

/// Where a file goes.
pub(super) enum Target {
    Record(Open),
    /// A record that is opened for it.
    NewRecord(Signed),
}

/// A file that begins like one that can be read: its first bytes, and the rest if it is still on its way.
struct File<'a> {
    name: String,
    first: Bytes,
    rest: Option<Field<'a>>,
}

/// The small fields of a form stand before its file.
pub(super) async fn receive(mut multipart: Multipart, target: Target) -> Answer {
    let mut small = Vec::new();
    let file = loop {
        let Some(mut field) = multipart.next_field().await.map_err(cut)? else { break None };
        let first = field.chunk().await.map_err(cut)?.unwrap_or_default();
        if field.name() == Some("bundle") {
            let name = field.file_name().unwrap_or_default().chars().take(SOURCE_CHARACTERS_MAX).collect();
            break begins_like_json(&first).then_some(File { name, first, rest: Some(field) });
        }
        if small.len() == FIELDS_MAX || first.len() > FIELD_BYTES_MAX {
            return Err(Failure::bad_form());
        }
        let name = field.name().unwrap_or_default().to_owned();
        let value = std::str::from_utf8(&first).map_err(|_| Failure::bad_form())?;
        small.push((name, value.to_owned()));
    };
    let fields = Fields::new(small);
    match (target, file) {
        (Target::Record(open), Some(file)) => {
            bring_in(&open, fields.request_id()?, accepts(&fields), file).await
        }
        (Target::Record(open), None) => refused(&open, Wrong::at("import-file-wrong", String::new())).await,
        (Target::NewRecord(signed), file) => {
            let form = fields.request_id()?;
            match (people::whose_file(&signed, &fields, file.is_some())?, file) {
                (Ok(relationship), Some(file)) => {
                    let site = Arc::clone(signed.site());
                    let _held = site.files.try_acquire().map_err(|_| Failure::of(Trouble::Unavailable))?;
                    let file = whole(file).await?;
                    let accepts = accepts(&fields);
                    if let Some(wrong) = unreadable(&file.first, accepts).await? {
                        let number = failure::number(signed.correlation());
                        let what = signed.words().t(wrong.key);
                        let trouble = wrong.said(what, number, "/people/import", fields.one("relation"));
                        return Ok(people::refused_file(&signed, fields, trouble));
                    }
                    let open = people::open_for_file(&signed, form, relationship).await?;
                    bring_in(&open, form, accepts, file).await
                }
                (Ok(_), None) => Err(Failure::bad_form()),
                (Err(page), _) => Ok(page),
            }
        }
    }
}

/// Of the form that brings a file in although codes in it are not known.
fn accepts(fields: &Fields) -> bool {
    fields.one("codes") == "any"
}

/// What is wrong with a file, by the key of the words, and where.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    key: &'static str,
    place: String,
    codes: Vec<UnknownCode>,
}

impl Wrong {
    const fn at(key: &'static str, place: String) -> Self {
        Self { key, place, codes: Vec::new() }
    }

    const fn codes(codes: Vec<UnknownCode>) -> Self {
        Self { key: "import-codes", place: String::new(), codes }
    }

    fn said(self, what: String, number: String, action: &str, relation: &str) -> FileTrouble {
        let codes = (!self.codes.is_empty()).then(|| UnknownCodes {
            places: self.codes,
            action: action.to_owned(),
            relation: relation.to_owned(),
        });
        FileTrouble { what, place: self.place, number, codes }
    }
}

/// A record that is opened stays for ever: the file for it is held here until it is known to be one.
async fn whole(file: File<'_>) -> Result<File<'static>, Failure> {
    let (name, mut bytes, mut rest) = (file.name, BytesMut::from(file.first), file.rest);
    while let Some(field) = &mut rest {
        match field.chunk().await.map_err(cut)? {
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => rest = None,
        }
    }
    Ok(File { name, first: bytes.freeze(), rest: None })
}

/// Records reads it by the same rules.
async fn unreadable(bytes: &Bytes, accepts_unknown_codes: bool) -> Result<Option<Wrong>, Failure> {
    let bytes = bytes.clone();
    let read = move || match read_bundle(&bytes, &Limits::default()) {
        Ok(bundle) if bundle.patient.is_none() && bundle.items.is_empty() => {
            Some(Wrong::at("import-not-fhir", "Bundle".to_owned()))
        }
        Ok(bundle) if bundle.unknown_codes.count > 0 && !accepts_unknown_codes => {
            let unknown = bundle.unknown_codes.systems.into_iter();
            Some(Wrong::codes(
                unknown.map(|one| UnknownCode { place: one.place, system: one.system }).collect(),
            ))
        }
        Ok(_) => None,
        Err(error) => Some(Wrong::at(fault(error.problem()), error.place().to_owned())),
    };
    tokio::task::spawn_blocking(read).await.map_err(|_| Failure::of(Trouble::Failed))
}

fn fault(problem: &Problem) -> &'static str {
    match problem {
        Problem::TooLarge { .. } | Problem::TooManyEntries { .. } => "import-large",
        Problem::ReferenceBroken
        | Problem::ReferenceMalformed
        | Problem::ReferenceAmbiguous
        | Problem::ReferenceWrongType { .. } => "import-broken-link",
        Problem::SeveralPatients { .. } | Problem::OtherPatient { .. } => "import-several-people",
        _ => "import-not-fhir",
    }
}

fn begins_like_json(first: &[u8]) -> bool {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
    text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

fn cut(error: axum::extract::multipart::MultipartError) -> Failure {
    failure::of_bare(error.status()).unwrap_or_else(Failure::bad_form)
}

/// Passes the file on to records and shows what it did.
async fn bring_in(open: &Open, form: Uuid, accept_unknown_code_systems: bool, mut file: File<'_>) -> Answer {
    let start = ImportStart {
        request_id: form::step(form, "import"),
        patient_id: open.patient_id(),
        source_name: match file.name.trim() {
            "" => open.words().t("import-file"),
            name => name.to_owned(),
        },
        accept_unknown_code_systems,
    };
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING_MAX);
    let pass_on = async {
        let sender = sender;
        let part = |part| ImportBundleRequest { part: Some(part) };
        let mut heard = sender.send(part(Part::Start(start))).await.is_ok();
        let mut next = Some(std::mem::take(&mut file.first));
        while let Some(mut bytes) = next {
            // Whatever records said by then, the browser must be let finish before it reads the answer.
            while heard && !bytes.is_empty() {
                let chunk = bytes.split_to(bytes.len().min(CHUNK_BYTES_MAX));
                heard = sender.send(part(Part::Chunk(chunk))).await.is_ok();
            }
            next = match &mut file.rest {
                Some(rest) => rest.chunk().await.map_err(cut)?,
                None => None,
            };
        }
        Ok::<(), Failure>(())
    };
    let mut records = open.records();
    let asked = async { Ok::<_, Failure>(records.import_bundle(ReceiverStream::new(receiver)).await) };
    // A file that is cut off on its way drops the call, so that no half of it is taken for the whole.
    let ((), answer) = tokio::try_join!(pass_on, asked)?;
    match answer {
        Ok(answer) => Ok(imported(open, answer.into_inner()).await),
        Err(status) => refused(open, wrong(status)?).await,
    }
}

/// A refusal that is about the file; every other one is a failure.
fn wrong(status: Status) -> Result<Wrong, Failure> {
    let violations = status.get_details_bad_request().map(|request| request.field_violations);
    let failure = Failure::from(status);
    if failure.is(catalogue::BUNDLE_CODE_SYSTEM_UNKNOWN) {
        let unknown = violations.unwrap_or_default().into_iter();
        return Ok(Wrong::codes(
            unknown.map(|one| UnknownCode { place: one.field, system: one.description }).collect(),
        ));
    }
    match what(&failure) {
        Some(key) => Ok(Wrong::at(key, failure.place.unwrap_or_default())),
        None => Err(failure),
    }
}

fn what(failure: &Failure) -> Option<&'static str> {
    let words = [
        (catalogue::BUNDLE_MALFORMED, "import-not-fhir"),
        (catalogue::BUNDLE_UNSUPPORTED, "import-not-fhir"),
        (catalogue::BUNDLE_CODE_SYSTEM_MALFORMED, "import-not-fhir"),
        (catalogue::RESOURCE_MALFORMED, "import-not-fhir"),
        (catalogue::BUNDLE_REFERENCE_BROKEN, "import-broken-link"),
        (catalogue::BUNDLE_CODE_SYSTEM_UNKNOWN, "import-codes"),
        (catalogue::BUNDLE_PATIENT_MISMATCH, "import-other-person"),
        (catalogue::BUNDLE_TOO_LARGE, "import-large"),
    ];
    words.iter().find(|(reason, _)| failure.is(reason)).map(|(_, key)| *key)
}

async fn refused(open: &Open, wrong: Wrong) -> Answer {
    let mut frame = open.frame(Tab::Record).await;
    frame.here = open.path("/import");
    let (what, number) = (open.words().t(wrong.key), failure::number(open.correlation()));
    let trouble = Some(wrong.said(what, number, &open.path("/import"), ""));
    let page = Import { frame, size_max: SIZE_MAX.to_owned(), trouble };
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

async fn imported(open: &Open, answer: ImportBundleResponse) -> Response {
    open.wrote(answer.position);
    open.forget_name(open.record.patient);
    let count = |counts: &[CategoryCount], category: Category| {
        let of = counts.iter().find(|count| Category::from_proto(count.category) == Some(category));
        of.and_then(|count| usize::try_from(count.count).ok()).unwrap_or_default()
    };
    let tallies = Category::ALL.iter().map(|category| Tally {
        label: open.words().category(*category),
        href: open.path(&format!("/c/{category}")),
        added: count(&answer.added, *category),
        changed: count(&answer.changed, *category),
        unchanged: count(&answer.unchanged, *category),
    });
    let tallies = tallies.filter(|tally| tally.added + tally.changed + tally.unchanged > 0).collect();
    let mut frame = open.frame(Tab::Record).await;
    frame.here = open.path("/import");
    let before = open.when(answer.earlier_import_time.as_ref()).map(|when| when.text);
    let unknown = unresolved::told(&open.words(), &answer.unresolved);
    show(&Imported { frame, tallies, before, unknown })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::trouble::Trouble::NotShown;

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_known_before_a_record_is_opened_for_it() {
        let read =
            async |text: &str, accepts| unreadable(&Bytes::from(text.to_owned()), accepts).await.unwrap();
        let said = async |text: &str| read(text, false).await;
        let cut = said("{\"resourceType\": \"Bundle\", \"type\": ").await.unwrap();
        assert!(cut.key == "import-not-fhir" && !cut.place.is_empty() && cut.codes.is_empty());
        let nothing = r#"{"resourceType": "Bundle", "type": "collection"}"#;
        assert_eq!(said(nothing).await.unwrap().key, "import-not-fhir");
        let whole = include_str!("../../../../crates/fhir/tests/fixtures/small_transaction.json");
        assert_eq!(said(whole).await, None);
        let own_codes = whole.replace("http://loinc.org", "https://codes.example/unheard-of");
        let refused = said(&own_codes).await.unwrap();
        assert_eq!(refused.key, "import-codes");
        assert_eq!(refused.codes.len(), 1);
        assert_eq!(refused.codes[0].system, "https://codes.example/unheard-of");
        assert_eq!(read(&own_codes, true).await, None, "whoever was told and says so brings it in");
    }

    #[test]
    fn a_file_begins_like_json_or_is_not_sent_on() {
        assert!(begins_like_json(b"  \n{\"resourceType\"") && begins_like_json(b"\xef\xbb\xbf{"));
        assert!(!begins_like_json(b"") && !begins_like_json(b"%PDF-1.7") && !begins_like_json(b"[]"));
    }

    #[test]
    fn codes_that_are_not_known_are_told_with_their_places_and_leave_a_way_in() {
        let refusal = holdfast_host::Problem::new(catalogue::BUNDLE_CODE_SYSTEM_UNKNOWN, "no")
            .with("place", "Bundle.entry[3]")
            .field("Bundle.entry[3]", "https://codes.example/unheard-of");
        let unknown = wrong(refusal.into()).unwrap();
        assert_eq!(unknown.codes[0].place, "Bundle.entry[3]");
        let said = unknown.said(String::new(), String::new(), "/r/k7m2q/import", "");
        assert_eq!(said.codes.unwrap().action, "/r/k7m2q/import");
        let other = holdfast_host::Problem::new(catalogue::BUNDLE_MALFORMED, "no").with("place", "Bundle");
        assert!(wrong(other.into()).unwrap().said(String::new(), String::new(), "", "").codes.is_none());
        assert!(wrong(holdfast_host::Problem::new(catalogue::NOT_PERMITTED, "no").into()).is_err());
    }

    #[test]
    fn each_refusal_of_a_file_is_said_in_words() {
        let of = |reason| {
            let status =
                tonic::Status::from(holdfast_host::Problem::new(reason, "no").with("place", "Bundle"));
            what(&Failure::from(status))
        };
        assert_eq!(of(catalogue::BUNDLE_PATIENT_MISMATCH), Some("import-other-person"));
        assert_eq!(of(catalogue::BUNDLE_TOO_LARGE), Some("import-large"));
        assert_eq!(of(catalogue::NOT_PERMITTED), None);
        assert_eq!(what(&Failure::of(NotShown)), None);
        assert!(
            catalogue::ALL
                .iter()
                .filter(|reason| reason.name().starts_with("BUNDLE_"))
                .all(|reason| of(reason).is_some())
        );
    }
}
