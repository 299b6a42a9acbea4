//! What a person reads of a stored resource: a title, one plain value, and rows of label and value.
mod decimal;
mod labels;
mod note;
mod rows;
mod title;
mod value;

use std::borrow::Cow;

use crate::bundle::read_json;
use crate::category::ResourceType;
use crate::item::{period_of, status_of};
use crate::limits::Limits;
use crate::reference::Reference;
use crate::time::FhirDateTime;

pub(crate) use title::title_of;
pub(crate) use value::value_of;
pub use value::{Flag, Measured};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub title: String,
    /// One line such as `7.2 %`.
    pub value: Option<String>,
    /// The same as a number, to be drawn over time.
    pub measured: Option<Measured>,
    pub flag: Option<Flag>,
    /// Such as `4 to 5.6 %`.
    pub reference_range: Option<String>,
    /// In plain words.
    pub status: Option<String>,
    pub occurred: Option<FhirDateTime>,
    pub ended: Option<FhirDateTime>,
    pub rows: Vec<Row>,
    /// The text of a note or report, where it travels inside.
    pub text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub label: Cow<'static, str>,
    pub value: RowValue,
}

/// Dates and references stay what they are: the page knows the reader's language and where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowValue {
    Text(String),
    When(FhirDateTime),
    Span { start: Option<FhirDateTime>, end: Option<FhirDateTime> },
    Reference(Reference),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SummaryError {
    #[error("the stored resource is not JSON")]
    NotJson,
    #[error("the stored resource has no type that FHIR R4 knows")]
    NotAResource,
}

/// Renders the JSON of an item as it was stored.
pub fn of(json: &[u8]) -> Result<Summary, SummaryError> {
    let text = std::str::from_utf8(json).map_err(|_| SummaryError::NotJson)?;
    let resource = read_json(text, &Limits::default()).map_err(|_| SummaryError::NotJson)?;
    let name = resource.text_at("resourceType").ok_or(SummaryError::NotAResource)?;
    let resource_type = ResourceType::parse(name).ok_or(SummaryError::NotAResource)?;
    let (occurred, ended) = period_of(&resource);
    Ok(Summary {
        title: title_of(resource_type, &resource),
        value: value_of(resource_type, &resource),
        measured: value::measured_of(&resource),
        flag: value::flag_of(&resource),
        reference_range: value::range_of(&resource),
        status: status_of(&resource).map(|code| labels::status_words(&code)),
        occurred,
        ended,
        rows: rows::rows_of(resource_type, &resource),
        text: note::text_of(&resource),
    })
}
