//! Verifies an export as it is read.
use super::{CheckpointPlace, LogVerifier, PatientProof, PatientVerifier, Trust, Verified, VerifyError};
use crate::{
    checkpoint::{Checkpoint, SignedCheckpoint},
    export::{Begin, Consistency, EXPORT_FORMAT, HashText, Line, Lines},
    proof::verify_consistency,
};
use holdfast_types::PatientId;
use std::io::BufRead;

/// Of what it was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Log,
    /// What is public of a log: every hash, and no entry.
    Hashes,
    Patient(PatientId),
}

pub fn verify_export(export: impl BufRead, trust: &Trust) -> Result<Verified, VerifyError> {
    let earlier = trust.earlier()?;
    let mut reading = Reading { lines: Lines::of(export), trust };
    let Some(Line::Begin(Begin { format, patient })) = reading.next()? else {
        return Err(reading.expected("the line that begins an export"));
    };
    if format != EXPORT_FORMAT {
        return Err(VerifyError::Format);
    }
    match patient {
        None => reading.log(earlier),
        Some(patient) => reading.patient(patient, &earlier),
    }
}

struct Reading<'a, R> {
    lines: Lines<R>,
    trust: &'a Trust,
}

impl<R: BufRead> Reading<'_, R> {
    fn next(&mut self) -> Result<Option<Line>, VerifyError> {
        self.lines.next_line().map_err(VerifyError::Export)
    }

    fn expected(&self, expected: &'static str) -> VerifyError {
        VerifyError::Order { line: self.lines.number(), expected }
    }

    fn opened(&self, note: &str) -> Result<SignedCheckpoint, VerifyError> {
        self.trust.opened(note.as_bytes(), CheckpointPlace::Line(self.lines.number()))
    }

    fn log(mut self, earlier: Vec<Checkpoint>) -> Result<Verified, VerifyError> {
        let mut checkpoints: Vec<Checkpoint> = Vec::new();
        let mut newest = None;
        let mut line = self.next()?;
        while let Some(Line::Checkpoint(note)) = &line {
            let signed = self.opened(note)?;
            let checkpoint = signed.checkpoint().clone();
            if let Some(before) = checkpoints.last().filter(|before| before.size > checkpoint.size) {
                return Err(VerifyError::CheckpointOrder { older: checkpoint.size, newer: before.size });
            }
            checkpoints.push(checkpoint);
            newest = Some(signed);
            line = self.next()?;
        }
        self.trust.newest(&newest.ok_or(VerifyError::NoCheckpoint)?, &earlier)?;
        let mut verifier = LogVerifier::new(checkpoints.into_iter().chain(earlier))?;
        while let Some(read) = line {
            let Line::Entry(placed) = read else { return Err(self.expected("an entry")) };
            if placed.index != verifier.size() {
                return Err(VerifyError::Index { expected: verifier.size(), found: placed.index });
            }
            verifier.take(&placed.bytes)?;
            line = self.next()?;
        }
        verifier.finish()
    }

    fn patient(mut self, patient: PatientId, earlier: &[Checkpoint]) -> Result<Verified, VerifyError> {
        let Some(Line::Checkpoint(note)) = self.next()? else { return Err(self.expected("a checkpoint")) };
        let checkpoint = self.trust.newest(&self.opened(&note)?, earlier)?;
        let mut line = self.next()?;
        let mut proofs = Vec::new();
        while let Some(Line::Consistency(proof)) = line {
            proofs.push(proof);
            line = self.next()?;
        }
        for older in earlier {
            continues(&checkpoint, older, &proofs)?;
        }
        let Some(Line::Closing(closing)) = line else { return Err(self.expected("the closing entry")) };
        let Some(Line::Head(head)) = self.next()? else { return Err(self.expected("the patient's head")) };
        let mut verifier = PatientVerifier::new(PatientProof { patient, checkpoint, closing, head })?;
        while let Some(read) = self.next()? {
            let Line::Entry(placed) = read else { return Err(self.expected("an entry")) };
            verifier.take(&placed)?;
        }
        Ok(Verified { older: earlier.len() as u64, ..verifier.finish()? })
    }
}

fn continues(newest: &Checkpoint, older: &Checkpoint, proofs: &[Consistency]) -> Result<(), VerifyError> {
    let proof = match proofs.iter().find(|proof| proof.older == older.size) {
        Some(proof) => HashText::hashes(&proof.proof),
        // Nothing is needed from the empty tree, nor from the same.
        None if older.size == 0 || older.size == newest.size => Vec::new(),
        None => return Err(VerifyError::NoConsistency { older: older.size }),
    };
    if older.size == 0 {
        return Ok(());
    }
    verify_consistency(older.size, newest.size, &older.root, &newest.root, &proof).map_err(VerifyError::Proof)
}
