//! A command as its sender names it: its id, and a fingerprint of its content, so that the same id never means two things.
use crate::{catalogue, paged::CommandRequest, status::Problem};
use holdfast_eventlog::Request;
use holdfast_types::{AccountId, RequestId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandId {
    pub id: RequestId,
    /// SHA-256 over the message's name and its content without the id.
    pub fingerprint: [u8; 32],
}

impl CommandId {
    pub fn of<C: CommandRequest>(command: &C) -> Result<Self, Problem> {
        Self::with_content(command, [])
    }

    /// For a command whose content follows in a stream: its digest belongs to the fingerprint.
    pub fn with_content<C: CommandRequest>(command: &C, digest: impl AsRef<[u8]>) -> Result<Self, Problem> {
        let id = match command.request_id() {
            "" => {
                return Err(Problem::of_field(
                    catalogue::REQUEST_ID_MISSING,
                    "request_id",
                    "expected a UUID",
                ));
            }
            text => text
                .parse()
                .map_err(|_| Problem::of_field(catalogue::ID_MALFORMED, "request_id", "expected a UUID"))?,
        };
        let mut hash = Sha256::new();
        let content = command.clone().without_request_id().encode_to_vec();
        for part in [C::full_name().as_bytes(), &content, digest.as_ref()] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Ok(Self { id, fingerprint: hash.finalize().into() })
    }

    /// The command as its sender's own: the same id and content from another account is another command.
    pub fn request_of(&self, sender: AccountId) -> Request {
        let mut hash = Sha256::new_with_prefix(sender.uuid().as_bytes());
        hash.update(self.fingerprint);
        Request { id: self.id, fingerprint: hash.finalize().into() }
    }

    /// The id of what the command makes inside `within`. It follows from sender and request, so that a repeated command means the
    /// same thing again.
    pub fn makes(&self, sender: AccountId, within: Uuid) -> Uuid {
        let mut name = self.id.uuid().as_bytes().to_vec();
        name.extend_from_slice(within.as_bytes());
        Uuid::new_v5(&sender.uuid(), &name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::messaging::v1::{CloseThreadRequest, MarkReadRequest};

    const ID: &str = "01890000-0000-7000-8000-000000000001";

    fn close(request: &str, thread: &str) -> CloseThreadRequest {
        CloseThreadRequest { request_id: request.into(), patient_id: "p".into(), thread_id: thread.into() }
    }

    #[test]
    fn the_fingerprint_is_of_the_content_and_not_of_the_id() {
        let one = CommandId::of(&close(ID, "a")).unwrap();
        let again = CommandId::of(&close("01890000-0000-7000-8000-000000000002", "a")).unwrap();
        assert_ne!(one.id, again.id);
        assert_eq!(one.fingerprint, again.fingerprint);
        assert_ne!(one.fingerprint, CommandId::of(&close(ID, "b")).unwrap().fingerprint);
    }

    #[test]
    fn the_fingerprint_tells_commands_of_the_same_bytes_apart() {
        let mark = MarkReadRequest {
            request_id: ID.into(),
            patient_id: "p".into(),
            thread_id: "a".into(),
            ..Default::default()
        };
        assert_ne!(
            CommandId::of(&mark).unwrap().fingerprint,
            CommandId::of(&close(ID, "a")).unwrap().fingerprint
        );
    }

    #[test]
    fn streamed_content_belongs_to_the_fingerprint() {
        let start = close(ID, "a");
        let first = CommandId::with_content(&start, [1; 32]).unwrap();
        assert_ne!(first.fingerprint, CommandId::with_content(&start, [2; 32]).unwrap().fingerprint);
    }

    #[test]
    fn a_command_without_a_sound_id_is_refused() {
        assert_eq!(CommandId::of(&close("", "a")).unwrap_err().reason(), catalogue::REQUEST_ID_MISSING);
        assert_eq!(CommandId::of(&close("7", "a")).unwrap_err().reason(), catalogue::ID_MALFORMED);
    }
}
