//! `holdfast audit replay-decisions`: every logged look and refusal decided again, page by page; the last line counts.
use super::{
    AuditReach,
    hypothesis::{self, Hypothesis},
    progress::Progress,
};
use crate::line::{Line, ask};
use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use holdfast_proto::{
    access::v1::Outcome,
    audit::v1::{
        DecisionGrounds, ReplayDecisionsRequest, ReplayVerdict, ReplayedDecision,
        replay_service_client::ReplayServiceClient,
    },
    timestamp,
};
use holdfast_types::{Clock, PatientId, SystemClock, TenantId};
use std::{
    collections::BTreeMap,
    io::{Write, stdout},
};

const PAGE_SIZE: i32 = 500;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    reach: AuditReach,
    /// Decisions of this tenant only, for its compliance officer; otherwise the whole installation's.
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// Decisions about this record of the tenant only.
    #[arg(long, value_name = "ID")]
    patient: Option<PatientId>,
    /// Recorded at or after this time, e.g. 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<DateTime<Utc>>,
    /// Recorded before this time; otherwise now.
    #[arg(long, value_name = "TIME")]
    until: Option<DateTime<Utc>>,
    /// Fail, too, for decisions that cannot be decided again.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    hypothesis: Hypothesis,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let mut line = args.reach.line()?;
    if args.hypothesis.is_asked() {
        return hypothesis::run(&mut line, args.tenant, args.patient, &args.hypothesis).await;
    }
    let tally = replay(&mut line, &args, &mut stdout().lock()).await?;
    println!("{}", tally.line());
    match (tally.wrong(), tally.undecidable()) {
        (0, 0) => Ok(()),
        (0, others) if args.strict => bail!("{others} decisions cannot be decided again"),
        (0, _) => Ok(()),
        (wrong, _) => bail!("{wrong} decisions are not what the log leads to"),
    }
}

async fn replay(line: &mut Line, args: &Args, out: &mut impl Write) -> Result<Tally> {
    let id = |id: Option<String>| id.unwrap_or_default();
    let mut query = ReplayDecisionsRequest {
        tenant_id: id(args.tenant.map(|id| id.to_string())),
        patient_id: id(args.patient.map(|id| id.to_string())),
        from_time: args.from.map(timestamp),
        // What is recorded from now on, this replay's own looks among it, is for the next time.
        until_time: Some(timestamp(args.until.unwrap_or_else(|| SystemClock.now()))),
        page_size: PAGE_SIZE,
        ..ReplayDecisionsRequest::default()
    };
    let (mut progress, mut tally) = (Progress::begin("decisions"), Tally::default());
    loop {
        let client = ReplayServiceClient::with_interceptor(line.channel(), line.outgoing().await?);
        let page = ask(|| {
            let (mut client, query) = (client.clone(), query.clone());
            async move { client.replay_decisions(query).await }
        })
        .await?;
        if query.page_token.is_empty() {
            progress.expect(page.total_size);
        }
        for exception in &page.exceptions {
            writeln!(out, "{}", told(exception))?;
            tally.count(exception.verdict());
        }
        let decisions = usize::try_from(page.decision_count).unwrap_or_default();
        tally.decisions += decisions;
        tally.identical += usize::try_from(page.identical_count).unwrap_or_default();
        progress.step(decisions);
        if page.next_page_token.is_empty() {
            progress.end();
            return Ok(tally);
        }
        query.page_token = page.next_page_token;
    }
}

#[derive(Default)]
struct Tally {
    decisions: usize,
    identical: usize,
    others: BTreeMap<ReplayVerdict, usize>,
}

impl Tally {
    fn count(&mut self, verdict: ReplayVerdict) {
        *self.others.entry(verdict).or_default() += 1;
    }

    fn of(&self, verdict: ReplayVerdict) -> usize {
        self.others.get(&verdict).copied().unwrap_or_default()
    }

    /// What is to be looked into: what differs, what nobody can read any more, and what this version has no word for.
    fn wrong(&self) -> usize {
        const WRONG: [ReplayVerdict; 3] =
            [ReplayVerdict::Different, ReplayVerdict::Unreadable, ReplayVerdict::Unspecified];
        WRONG.map(|verdict| self.of(verdict)).iter().sum()
    }

    /// What is neither identical nor wrong: nothing shows that it was decided rightly.
    fn undecidable(&self) -> usize {
        self.others.values().sum::<usize>() - self.wrong()
    }

    fn line(&self) -> String {
        let different = self.of(ReplayVerdict::Different);
        let not: usize = self.others.values().sum::<usize>() - different;
        let why = self.others.iter().filter(|(verdict, _)| **verdict != ReplayVerdict::Different);
        let why: Vec<String> = why.map(|(verdict, count)| format!("{count} {}", words(*verdict))).collect();
        let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(", ")) };
        let Self { decisions, identical, .. } = self;
        format!(
            "decisions {decisions}, identical {identical}, different {different}, not re-decidable {not}{why}"
        )
    }
}

const fn words(verdict: ReplayVerdict) -> &'static str {
    match verdict {
        ReplayVerdict::Different => "different",
        ReplayVerdict::NotByPolicy => "refused by a rule of the service, no policy was asked",
        ReplayVerdict::InputsNotRecorded => "whose inputs are not on record, or erased with it",
        ReplayVerdict::OtherPolicies => "by another policy set",
        ReplayVerdict::NotHeardYet => "of which consent is not heard yet: ask again",
        ReplayVerdict::Unreadable => "unreadable",
        ReplayVerdict::Unspecified => "of a kind that this version does not know",
    }
}

/// One line: where it stands, what is wrong, and both sides where there are two.
fn told(exception: &ReplayedDecision) -> String {
    let ReplayedDecision { service, lane, lane_seq, event_id, .. } = exception;
    let place = format!("{service} lane {lane} entry {lane_seq} event {event_id}");
    let what = words(exception.verdict());
    if exception.verdict() != ReplayVerdict::Different {
        return format!("{place}: {what}");
    }
    let differ = exception.differences().map(|what| {
        let name = what.as_str_name().trim_start_matches("REPLAY_DIFFERENCE_");
        name.to_lowercase()
    });
    let side = |grounds: &Option<DecisionGrounds>| grounds.as_ref().map(grounds_line).unwrap_or_default();
    let (recorded, replayed) = (side(&exception.recorded), side(&exception.replayed));
    let differ = differ.collect::<Vec<_>>().join(", ");
    format!("{place}: {what} in {differ}; recorded: {recorded}; the log leads to: {replayed}")
}

pub(super) fn grounds_line(grounds: &DecisionGrounds) -> String {
    let outcome = match grounds.outcome() {
        Outcome::Permitted => "permitted",
        Outcome::Refused => "refused",
        Outcome::Unspecified => "undecided",
    };
    let rules = if grounds.rule_ids.is_empty() { "no rule".to_owned() } else { grounds.rule_ids.join(", ") };
    let mut line = format!("{outcome} by {rules}");
    for grant in &grounds.grants {
        line += &format!(", grant {} revision {}", grant.grant_id, grant.revision);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::{access::v1::GrantRevision, audit::v1::ReplayDifference};

    #[test]
    fn the_last_line_counts_and_says_why() {
        let mut tally = Tally { decisions: 9, identical: 5, ..Tally::default() };
        assert_eq!(tally.wrong(), 0);
        tally.count(ReplayVerdict::NotByPolicy);
        tally.count(ReplayVerdict::NotByPolicy);
        tally.count(ReplayVerdict::Different);
        tally.count(ReplayVerdict::Unreadable);
        assert_eq!(
            tally.line(),
            "decisions 9, identical 5, different 1, not re-decidable 3 \
             (2 refused by a rule of the service, no policy was asked, 1 unreadable)"
        );
        assert_eq!((tally.wrong(), tally.undecidable()), (2, 2));
        tally.count(ReplayVerdict::Unspecified);
        assert_eq!((tally.wrong(), tally.undecidable()), (3, 2), "of a kind that nobody here knows");
        let whole = Tally { decisions: 2, identical: 2, ..Tally::default() };
        assert_eq!(whole.line(), "decisions 2, identical 2, different 0, not re-decidable 0");
    }

    #[test]
    fn a_difference_is_told_with_both_sides() {
        let grants = |revision| vec![GrantRevision { grant_id: "g".to_owned(), revision }];
        let side = |revision| DecisionGrounds {
            outcome: Outcome::Permitted.into(),
            rule_ids: vec!["granted-to-account".to_owned()],
            grants: grants(revision),
        };
        let exception = ReplayedDecision {
            event_id: "e".to_owned(),
            service: "records".to_owned(),
            lane: 3,
            lane_seq: 7,
            verdict: ReplayVerdict::Different.into(),
            differences: vec![ReplayDifference::Grants.into()],
            recorded: Some(side(2)),
            replayed: Some(side(1)),
            policy_digest: String::new(),
        };
        assert_eq!(
            told(&exception),
            "records lane 3 entry 7 event e: different in grants; \
             recorded: permitted by granted-to-account, grant g revision 2; \
             the log leads to: permitted by granted-to-account, grant g revision 1"
        );
    }
}
