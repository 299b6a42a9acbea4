//! What papers are sealed under: each under a key of its own, so that it can be erased alone. One that was handed in before there were such
//! keys lies under its patient's, and what is said of it since under its own: so each is tried.
use holdfast_eventlog::{DataKey, KeyError, KeyRing};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// Of the papers of one patient.
pub struct PaperKeys {
    patient: Arc<DataKey>,
    /// None: destroyed.
    own: HashMap<Uuid, Option<Arc<DataKey>>>,
}

/// Of one paper.
#[derive(Debug, Clone)]
pub struct PaperKey {
    own: Option<Arc<DataKey>>,
    patient: Arc<DataKey>,
}

impl PaperKeys {
    pub async fn of(keys: &KeyRing, patient: Uuid, papers: &[Uuid]) -> Result<Self, KeyError> {
        let patient_key = keys.existing(patient).await?;
        Ok(Self { patient: patient_key, own: keys.existing_each(papers, patient).await? })
    }

    /// None: erased.
    pub fn paper(&self, paper: Uuid) -> Option<PaperKey> {
        let own = match self.own.get(&paper) {
            Some(None) => return None,
            Some(Some(own)) => Some(Arc::clone(own)),
            None => None,
        };
        Some(PaperKey { own, patient: Arc::clone(&self.patient) })
    }
}

impl PaperKey {
    pub async fn of(keys: &KeyRing, patient: Uuid, paper: Uuid) -> Result<Self, KeyError> {
        PaperKeys::of(keys, patient, &[paper]).await?.paper(paper).ok_or(KeyError::Destroyed)
    }

    pub fn seal(&self, place: &[u8], content: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.own.as_ref().unwrap_or(&self.patient).seal(place, content)
    }

    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self.own.as_ref().map(|own| own.open(place, sealed)) {
            Some(Ok(content)) => Ok(content),
            _ => self.patient.open(place, sealed),
        }
    }
}

#[cfg(test)]
impl PaperKey {
    pub(crate) fn of_bytes(bytes: [u8; 32]) -> Self {
        let key = DataKey::new(Uuid::nil(), &zeroize::Zeroizing::new(bytes)).unwrap();
        Self { own: None, patient: Arc::new(key) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn key(byte: u8) -> Arc<DataKey> {
        Arc::new(DataKey::new(Uuid::nil(), &Zeroizing::new([byte; 32])).unwrap())
    }

    #[test]
    fn a_paper_is_sealed_under_its_own_key_and_one_from_before_opens_still() {
        let before = PaperKey { own: None, patient: key(1) };
        let since = PaperKey { own: Some(key(2)), patient: key(1) };
        let sealed = before.seal(b"here", b"title").unwrap();
        assert_eq!(key(1).open(b"here", &sealed).unwrap(), b"title");
        assert_eq!(since.open(b"here", &sealed).unwrap(), b"title");
        let sealed = since.seal(b"here", b"title").unwrap();
        assert!(key(1).open(b"here", &sealed).is_err(), "the patient's key alone does not open it");
        assert_eq!(since.open(b"here", &sealed).unwrap(), b"title");
        assert!(before.open(b"here", &sealed).is_err() && since.open(b"there", &sealed).is_err());
    }
}
