//! What a family proposes to add, as a resource: what it is, in words, and a note; codes are for whoever accepts it.
use bytes::Bytes;
use holdfast_types::Category;
use serde_json::{Value, json};

/// Rooms in which something can be added in words.
pub(in super::super) const ROOMS: [Category; 5] = [
    Category::Conditions,
    Category::Allergies,
    Category::Medications,
    Category::Goals,
    Category::Observations,
];

/// None: a room in which nothing is added in words.
pub(super) fn resource(room: Category, patient: &str, id: &str, text: &str, note: &str) -> Option<Bytes> {
    let about = json!({ "reference": format!("Patient/{patient}") });
    let said = json!({ "text": text });
    let mut resource = match room {
        Category::Conditions => json!({ "resourceType": "Condition", "subject": about, "code": said }),
        Category::Allergies => {
            json!({ "resourceType": "AllergyIntolerance", "patient": about, "code": said })
        }
        Category::Medications => json!({
            "resourceType": "MedicationStatement", "status": "active", "subject": about,
            "medicationCodeableConcept": said
        }),
        Category::Goals => json!({
            "resourceType": "Goal", "lifecycleStatus": "proposed", "subject": about, "description": said
        }),
        Category::Observations => {
            json!({ "resourceType": "Observation", "status": "preliminary", "subject": about, "code": said })
        }
        _ => return None,
    };
    let own = resource.as_object_mut()?;
    own.insert("id".to_owned(), Value::String(id.to_owned()));
    if !note.is_empty() {
        own.insert("note".to_owned(), json!([{ "text": note }]));
    }
    serde_json::to_vec(&resource).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_in_a_room_is_a_resource_of_that_room() {
        for room in ROOMS {
            let made = resource(room, "p", "i", "Bee stings", "swells").unwrap();
            assert_eq!(holdfast_fhir::category_of_stored(&made), Some(room));
            let text = String::from_utf8(made.to_vec()).unwrap();
            assert!(text.contains("Bee stings") && text.contains(r#""note":[{"text":"swells"}]"#), "{text}");
        }
        assert_eq!(resource(Category::Claims, "p", "i", "x", ""), None);
        let bare = resource(Category::Goals, "p", "i", "Wave", "").unwrap();
        assert!(!String::from_utf8(bare.to_vec()).unwrap().contains("note"));
    }
}
