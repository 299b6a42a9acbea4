//! The room of the record that a change was about, where its service publishes it.
use holdfast_proto::{Word, documents::v1 as documents, messaging::v1 as messaging, records::v1 as records};
use holdfast_types::Category;
use prost::{Message, Name};
use prost_types::Any;

/// A look names its rooms itself, and a grant names several: they have none here.
pub fn room(payload: &Any) -> Option<Category> {
    let url = payload.type_url.as_str();
    let named = if url == records::ItemRecorded::type_url() {
        read::<records::ItemRecorded>(payload)?.category
    } else if url == records::ItemRetracted::type_url() {
        read::<records::ItemRetracted>(payload)?.category
    } else if url == documents::DocumentAdded::type_url() {
        read::<documents::DocumentAdded>(payload)?.category
    } else if url == documents::DocumentWithdrawn::type_url() {
        read::<documents::DocumentWithdrawn>(payload)?.category
    } else if url == records::PatientRegistered::type_url() {
        return Some(Category::Demographics);
    } else if [
        messaging::ThreadStarted::type_url(),
        messaging::MessagePosted::type_url(),
        messaging::ThreadClosed::type_url(),
    ]
    .iter()
    .any(|of_messages| of_messages == url)
    {
        return Some(Category::Messages);
    } else {
        return None;
    };
    Category::from_proto(named)
}

fn read<M: Message + Name + Default>(payload: &Any) -> Option<M> {
    payload.to_msg().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::{access::v1::AccessRecorded, consent::v1::GrantGiven};

    fn of<M: Message + Name>(message: &M) -> Option<Category> {
        room(&Any::from_msg(message).unwrap())
    }

    #[test]
    fn a_change_is_about_the_room_that_its_service_names() {
        let category = Category::Goals.to_proto();
        let recorded = records::ItemRecorded { category, ..Default::default() };
        assert_eq!(of(&recorded), Some(Category::Goals));
        assert_eq!(of(&records::ItemRetracted { category, ..Default::default() }), Some(Category::Goals));
        assert_eq!(of(&documents::DocumentAdded { category, ..Default::default() }), Some(Category::Goals));
        assert_eq!(
            of(&documents::DocumentWithdrawn { category, ..Default::default() }),
            Some(Category::Goals)
        );
        assert_eq!(of(&records::PatientRegistered::default()), Some(Category::Demographics));
        assert_eq!(of(&messaging::ThreadStarted::default()), Some(Category::Messages));
        assert_eq!(of(&messaging::MessagePosted::default()), Some(Category::Messages));
        assert_eq!(of(&messaging::ThreadClosed::default()), Some(Category::Messages));
    }

    #[test]
    fn what_names_no_room_or_several_or_cannot_be_read_is_about_none() {
        assert_eq!(of(&AccessRecorded::default()), None);
        assert_eq!(of(&GrantGiven::default()), None);
        assert_eq!(of(&records::ItemRecorded::default()), None, "the category is unspecified");
        let garbled = Any { type_url: records::ItemRecorded::type_url(), value: vec![0xff] };
        assert_eq!(room(&garbled), None);
    }
}
