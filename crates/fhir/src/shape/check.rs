//! Walks a resource along its definition. References have been resolved before, so their types are known here.
use super::definitions::{DEFINITIONS, Element, Kind, Type};
use super::primitive::Primitive;
use crate::category::ResourceType;
use crate::error::{BundleError, Problem, WarningKind, Warnings};
use crate::json::{Json, Object};
use crate::place::Place;
use crate::reference::leads_inside;

/// Checks what the tables define of the type; of other types, that they have an id if any and proper contained ones.
pub(crate) fn check_resource(
    resource: &Json<'_>,
    place: &Place<'_>,
    warnings: &mut Warnings,
) -> Result<(), BundleError> {
    let Some(object) = resource.object() else { return Ok(()) };
    let name = object.get("resourceType").and_then(Json::text).unwrap_or_default();
    if let Some(id) = object.get("id") {
        Primitive::Id.check(id).map_err(|problem| BundleError::at(&place.field("id"), problem))?;
    }
    let contained = place.field("contained");
    for (position, inner) in resource.each("contained").enumerate() {
        let place = contained.index(position);
        check_kept_type(inner, &place)?;
        check_resource(inner, &place, warnings)?;
    }
    match DEFINITIONS.get(name) {
        Some(defined) => check_elements(object, name, defined, Owner::Resource, place, warnings),
        None => Ok(()),
    }
}

/// A resource of a type that R4 has and a record keeps.
pub(crate) fn check_kept_type(resource: &Json<'_>, place: &Place<'_>) -> Result<ResourceType, BundleError> {
    let object = resource.object().ok_or_else(|| wrong_shape(place, "a resource"))?;
    let here = place.field("resourceType");
    let missing = || BundleError::at(place, Problem::Missing { element: "resourceType".to_owned() });
    let name = object.get("resourceType").ok_or_else(missing)?;
    let name = name.text().ok_or_else(|| wrong_shape(&here, "the name of a resource type"))?;
    let Some(resource_type) = ResourceType::parse(name) else {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        return Err(BundleError::at(&here, Problem::UnknownResourceType { name }));
    };
    if resource_type.is_kept() {
        Ok(resource_type)
    } else {
        Err(BundleError::at(&here, Problem::ResourceNotKept { name: name.to_owned() }))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Resource,
    Group,
}

impl Owner {
    /// The elements that every resource or every element has.
    fn inherited(self, name: &str) -> Option<&'static Element> {
        let base = match self {
            Self::Resource => "Resource",
            Self::Group => "Element",
        };
        DEFINITIONS.get(base)?.elements.get(name)
    }
}

fn check_elements(
    object: &Object<'_>,
    type_name: &str,
    defined: &Type,
    owner: Owner,
    place: &Place<'_>,
    warnings: &mut Warnings,
) -> Result<(), BundleError> {
    for (name, value) in object.iter() {
        let place = place.field(name);
        if let Some(element) = defined.elements.get(name) {
            check_element(value, element, &place, warnings)?;
        } else if let Some(element) = owner.inherited(name) {
            check_element(value, element, &place, warnings)?;
        } else if !is_expected(name, defined, owner) {
            let element = format!("{type_name}.{name}");
            warnings.add(&place, WarningKind::UnknownElement { element });
        }
    }
    for (label, names) in &defined.required {
        let present = |name: &String| object.get(name).is_some() || object.get(&format!("_{name}")).is_some();
        if !names.iter().any(present) {
            return Err(BundleError::at(place, Problem::Missing { element: label.clone() }));
        }
    }
    for (label, names) in &defined.choices {
        if names.iter().filter(|name| object.get(name).is_some()).count() > 1 {
            return Err(BundleError::at(place, Problem::SeveralChoices { element: label.clone() }));
        }
    }
    Ok(())
}

/// Checked elsewhere, open, or the extension of a primitive element that is known (`_status`).
fn is_expected(name: &str, defined: &Type, owner: Owner) -> bool {
    let of_primitive = name
        .strip_prefix('_')
        .is_some_and(|name| defined.elements.contains_key(name) || owner.inherited(name).is_some());
    defined.open || of_primitive || (owner == Owner::Resource && name == "contained")
}

fn check_element(
    value: &Json<'_>,
    element: &Element,
    place: &Place<'_>,
    warnings: &mut Warnings,
) -> Result<(), BundleError> {
    match (element.many, value) {
        (true, Json::List(members)) => members.iter().enumerate().try_for_each(|(position, member)| {
            // In a list of primitives a null keeps the place of one that has only an extension.
            match (member, &element.kind) {
                (Json::Null, Kind::Primitive(_) | Kind::Code(_)) => Ok(()),
                _ => check_value(member, &element.kind, &place.index(position), warnings),
            }
        }),
        (true, _) => Err(wrong_shape(place, "a list")),
        (false, Json::List(_)) => Err(wrong_shape(place, "one value, not a list")),
        (false, _) => check_value(value, &element.kind, place, warnings),
    }
}

fn check_value(
    value: &Json<'_>,
    kind: &Kind,
    place: &Place<'_>,
    warnings: &mut Warnings,
) -> Result<(), BundleError> {
    match kind {
        Kind::Primitive(primitive) => {
            primitive.check(value).map_err(|problem| BundleError::at(place, problem))
        }
        Kind::Code(allowed) => match value.text() {
            None => Err(wrong_shape(place, "a code")),
            Some(code) if allowed.contains(&code) => Ok(()),
            Some(_) => Err(not_allowed(place, allowed)),
        },
        Kind::Complex(name, codes) => {
            let object = value.object().ok_or_else(|| wrong_shape(place, "an object"))?;
            if let Some(defined) = DEFINITIONS.get(name) {
                check_elements(object, name, defined, Owner::Group, place, warnings)?;
            }
            check_bound_concept(value, codes, place)
        }
        Kind::Reference(allowed) => check_reference(value, allowed, place, warnings),
    }
}

/// A concept that must be one of a closed list: where it has codings, one of them is.
fn check_bound_concept(value: &Json<'_>, codes: &[&str], place: &Place<'_>) -> Result<(), BundleError> {
    let mut codings = value.each("coding").peekable();
    if codes.is_empty() || codings.peek().is_none() {
        return Ok(());
    }
    let mut given = codings.filter_map(|coding| coding.text_at("code"));
    if given.any(|code| codes.contains(&code)) { Ok(()) } else { Err(not_allowed(place, codes)) }
}

fn check_reference(
    value: &Json<'_>,
    allowed: &[&str],
    place: &Place<'_>,
    warnings: &mut Warnings,
) -> Result<(), BundleError> {
    let object = value.object().ok_or_else(|| wrong_shape(place, "a reference"))?;
    if let Some(defined) = DEFINITIONS.get("Reference") {
        check_elements(object, "Reference", defined, Owner::Group, place, warnings)?;
    }
    let literal = value.text_at("reference").filter(|text| leads_inside(text));
    let leads_to = literal.and_then(|text| text.split(['/', '?']).next()).or_else(|| value.text_at("type"));
    match leads_to {
        Some(name) if !allowed.is_empty() && !allowed.contains(&name) => {
            let expected = allowed.join(" or ");
            Err(BundleError::at(place, Problem::ReferenceWrongType { expected }))
        }
        _ => Ok(()),
    }
}

fn not_allowed(place: &Place<'_>, allowed: &[&str]) -> BundleError {
    BundleError::at(place, Problem::CodeNotAllowed { allowed: allowed.join(", ") })
}

fn wrong_shape(place: &Place<'_>, expected: &str) -> BundleError {
    BundleError::at(place, Problem::WrongShape { expected: expected.to_owned() })
}
