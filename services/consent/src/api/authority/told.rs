//! Who acts for whom, as it is answered.
use crate::{
    app::Waiting,
    domain::authority::{Authority, Basis, Freeze, Word},
};
use holdfast_host::mask;
use holdfast_proto::{Word as _, consent::v1 as pb, timestamp};

/// As the log tells it, whatever was decided since it was listed.
pub(super) fn waiting(waiting: Waiting) -> pb::WaitingAuthority {
    let Waiting { place, state, revision } = waiting;
    let known = &state.known;
    let (what, since) = match known.freeze(place.id) {
        Ok(frozen) => (Some(pb::waiting_authority::What::Freeze(freeze(frozen.clone()))), frozen.placed),
        Err(_) => {
            let proposal = known.authority(place.id).ok().cloned().map(authority);
            (proposal.map(pb::waiting_authority::What::Proposal), place.moment)
        }
    };
    pb::WaitingAuthority {
        patient_id: place.patient.to_string(),
        what,
        since_time: Some(timestamp(since)),
        etag: mask::etag(revision),
    }
}

pub(super) fn authority(authority: Authority) -> pb::Authority {
    let (word, attested_by) = match authority.word {
        Word::Waits => (pb::AuthorityWord::Waits, String::new()),
        Word::Own => (pb::AuthorityWord::Own, String::new()),
        Word::Attested(by) => (pb::AuthorityWord::Attested, by.to_string()),
    };
    pb::Authority {
        authority_id: authority.id.to_string(),
        account_id: authority.account.to_string(),
        basis: of_basis(authority.basis).into(),
        categories: authority.categories.iter().map(|word| word.to_proto()).collect(),
        actions: authority.actions.iter().map(|word| word.to_proto()).collect(),
        from_time: Some(timestamp(authority.period.from())),
        until_time: authority.period.until().map(timestamp),
        in_place_of_person: authority.in_place_of_person,
        evidence: Some(pb::Evidence {
            document_ids: authority.evidence.documents.iter().map(ToString::to_string).collect(),
            issued_date: authority.evidence.issued.map(|day| day.to_string()).unwrap_or_default(),
            note: authority.evidence.note,
        }),
        word: word.into(),
        recorded_by_account_id: authority.by.to_string(),
        attested_by_account_id: attested_by,
    }
}

pub(super) fn freeze(freeze: Freeze) -> pb::Freeze {
    let until_time = freeze.ends().map(timestamp);
    pb::Freeze {
        freeze_id: freeze.id.to_string(),
        account_id: freeze.account.to_string(),
        from_time: Some(timestamp(freeze.placed)),
        until_time,
        reason: freeze.reason,
        placed_by_account_id: freeze.by.to_string(),
        reviewed_by_account_id: freeze.review.map(|review| review.by.to_string()).unwrap_or_default(),
    }
}

pub(super) const fn of_basis(basis: Basis) -> pb::AuthorityBasis {
    match basis {
        Basis::Person => pb::AuthorityBasis::Person,
        Basis::Birth => pb::AuthorityBasis::Birth,
        Basis::Custody => pb::AuthorityBasis::Custody,
        Basis::CourtOrder => pb::AuthorityBasis::CourtOrder,
        Basis::FosterPlacement => pb::AuthorityBasis::FosterPlacement,
        Basis::Guardianship => pb::AuthorityBasis::Guardianship,
        Basis::PowerOfAttorney => pb::AuthorityBasis::PowerOfAttorney,
        Basis::Incapacity => pb::AuthorityBasis::Incapacity,
        Basis::Assent => pb::AuthorityBasis::Assent,
        Basis::Appointment => pb::AuthorityBasis::Appointment,
    }
}
