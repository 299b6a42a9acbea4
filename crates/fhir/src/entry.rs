//! The envelope of a bundle: its kind, and for each entry its identity and what is asked to be done with it.
use crate::category::ResourceType;
use crate::error::{BundleError, Problem};
use crate::json::Json;
use crate::limits::Limits;
use crate::place::Place;
use crate::reference::parse_condition;
use crate::shape::{check_kept_type, is_id};

/// What a bundle asks for. All three are taken over all or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleKind {
    Transaction,
    Batch,
    Collection,
}

pub(crate) const BUNDLE: Place<'static> = Place::Root("Bundle");

pub(crate) struct Entry<'a> {
    pub(crate) resource_type: ResourceType,
    pub(crate) full_url: Option<String>,
    pub(crate) source_key: String,
    /// `Type/id` as other entries may write it, where the resource has an id.
    pub(crate) local: Option<String>,
    /// System and value, where the entry is identified by `ifNoneExist` or a conditional update.
    pub(crate) condition: Option<(String, String)>,
    pub(crate) resource: Json<'a>,
}

pub(crate) fn read_envelope<'a>(
    root: Json<'a>,
    limits: &Limits,
) -> Result<(BundleKind, Vec<Entry<'a>>), BundleError> {
    let Json::Object(mut bundle) = root else { return Err(BundleError::at(&BUNDLE, Problem::NotABundle)) };
    if bundle.get("resourceType").and_then(Json::text) != Some("Bundle") {
        return Err(BundleError::at(&BUNDLE, Problem::NotABundle));
    }
    let kind = match bundle.get("type").and_then(Json::text) {
        Some("transaction") => BundleKind::Transaction,
        Some("batch") => BundleKind::Batch,
        Some("collection") => BundleKind::Collection,
        Some(_) => return Err(BundleError::at(&BUNDLE.field("type"), Problem::BundleKindNotSupported)),
        None => return Err(missing(&BUNDLE, "type")),
    };
    let place = BUNDLE.field("entry");
    let entries = match bundle.take("entry") {
        None => Vec::new(),
        Some(Json::List(entries)) => entries,
        Some(_) => return Err(wrong_shape(&place, "a list")),
    };
    if entries.len() > limits.entries_max {
        return Err(BundleError::at(&place, Problem::TooManyEntries { entries_max: limits.entries_max }));
    }
    let entries = entries.into_iter().enumerate();
    let read = entries.map(|(position, entry)| read_entry(entry, kind, &place.index(position)));
    Ok((kind, read.collect::<Result<_, _>>()?))
}

fn read_entry<'a>(entry: Json<'a>, kind: BundleKind, place: &Place<'_>) -> Result<Entry<'a>, BundleError> {
    let Json::Object(mut entry) = entry else { return Err(wrong_shape(place, "an object")) };
    let request = match (kind, entry.take("request")) {
        (BundleKind::Collection, _) => None,
        (_, None) => return Err(missing(place, "request")),
        (_, Some(request)) => Some(request),
    };
    // Before the resource: a DELETE or GET has none, and its method is what is wrong with it.
    let method = request.as_ref().map(|request| read_method(request, place)).transpose()?;
    let resource = entry.take("resource").ok_or_else(|| missing(place, "resource"))?;
    let resource_type = check_kept_type(&resource, &place.field("resource"))?;
    let full_url = match entry.take("fullUrl") {
        None => None,
        Some(Json::Text(url)) if url.contains(':') && !url.contains(char::is_whitespace) => {
            Some(url.into_owned())
        }
        Some(_) => return Err(wrong_shape(&place.field("fullUrl"), "an absolute URL or urn")),
    };
    let id = match resource.get("id") {
        None => None,
        Some(id) => match id.text().filter(|id| is_id(id)) {
            Some(id) => Some(id.to_owned()),
            None => {
                let expected = "an id of 1 to 64 letters, digits, `-` and `.`";
                return Err(wrong_shape(&place.field("resource").field("id"), expected));
            }
        },
    };
    let condition = match (&request, method) {
        (Some(request), Some(method)) => {
            read_condition(request, method, resource_type, id.as_deref(), place)?
        }
        _ => None,
    };
    let local = id.map(|id| format!("{resource_type}/{id}"));
    let source_key = match (&condition, &local, &full_url) {
        (Some((system, value)), _, _) => format!("{resource_type}?identifier={system}|{value}"),
        (None, Some(local), _) => local.clone(),
        (None, None, Some(url)) => match url.strip_prefix("urn:uuid:").filter(|uuid| is_id(uuid)) {
            Some(uuid) => format!("{resource_type}/{uuid}"),
            None => url.clone(),
        },
        (None, None, None) => return Err(BundleError::at(place, Problem::NoIdentity)),
    };
    Ok(Entry { resource_type, full_url, source_key, local, condition, resource })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Post,
    Put,
}

fn read_method(request: &Json<'_>, place: &Place<'_>) -> Result<Method, BundleError> {
    let place = place.field("request");
    match request.text_at("method") {
        Some("POST") => Ok(Method::Post),
        Some("PUT") => Ok(Method::Put),
        Some(method @ ("GET" | "HEAD" | "DELETE" | "PATCH")) => Err(BundleError::at(
            &place.field("method"),
            Problem::MethodNotSupported { method: method.to_owned() },
        )),
        Some(_) => Err(wrong_shape(&place.field("method"), "POST or PUT")),
        None => Err(missing(&place, "method")),
    }
}

/// Also checks that the url of the request names the resource that comes with it.
fn read_condition(
    request: &Json<'_>,
    method: Method,
    resource_type: ResourceType,
    id: Option<&str>,
    place: &Place<'_>,
) -> Result<Option<(String, String)>, BundleError> {
    let place = place.field("request");
    let url = request.text_at("url").ok_or_else(|| missing(&place, "url"))?;
    let mismatch = || BundleError::at(&place.field("url"), Problem::RequestMismatch);
    let rest = url.strip_prefix(resource_type.as_str()).ok_or_else(mismatch)?;
    let (query, element) = match (method, rest.strip_prefix('?'), rest.strip_prefix('/')) {
        (Method::Post, _, _) if rest.is_empty() => (request.text_at("ifNoneExist"), "ifNoneExist"),
        (Method::Put, Some(query), _) => (Some(query), "url"),
        (Method::Put, None, Some(named)) if id == Some(named) => (None, "url"),
        _ => return Err(mismatch()),
    };
    let Some(query) = query else { return Ok(None) };
    // Some clients repeat the type in front of the condition.
    let query = query.strip_prefix(&format!("{resource_type}?")).unwrap_or(query);
    let not_supported = |_| BundleError::at(&place.field(element), Problem::ConditionNotSupported);
    let (system, value) = parse_condition(query).map_err(not_supported)?;
    Ok(Some((system.to_owned(), value.to_owned())))
}

fn missing(place: &Place<'_>, element: &str) -> BundleError {
    BundleError::at(place, Problem::Missing { element: element.to_owned() })
}

fn wrong_shape(place: &Place<'_>, expected: &str) -> BundleError {
    BundleError::at(place, Problem::WrongShape { expected: expected.to_owned() })
}
