//! What an officer finds is taken along as lines: all of it, in the order of the search, on the log before it leaves, up to a limit.
#![cfg(test)]
mod common;
use chrono::Duration;
use common::*;
use futures::future::join_all;
use holdfast_access::{Claims, RoleAssignment, Shown};
use holdfast_proto::{
    Word as _,
    audit::v1::{DownloadEntriesRequest, EntryKind, SearchEntriesRequest},
    timestamp,
};
use holdfast_types::*;
use serde_json::Value;
use std::collections::BTreeSet;
use tonic::Status;

/// More than two pages hold.
const ENTRIES_MAX: u32 = 420;
/// More than what is on its way to a reader who does not read.
const MANY: u32 = 3_000;

async fn world_with(entries_max: u32) -> World {
    let mut sources = Sources::start().await;
    sources.download_entries_max = entries_max;
    sources.heard_by(AuditDatabase::of_this_run().await).await
}

fn of_patient() -> DownloadEntriesRequest {
    DownloadEntriesRequest {
        tenant_id: tenant().to_string(),
        patient_id: patient(1).to_string(),
        ..Default::default()
    }
}

async fn taken(mut client: Client, asked: DownloadEntriesRequest) -> Result<Vec<Value>, Status> {
    let (mut parts, mut text) = (client.download_entries(asked).await?.into_inner(), Vec::new());
    while let Some(part) = parts.message().await? {
        assert_eq!(part.content.last(), Some(&b'\n'), "whole lines");
        text.extend_from_slice(&part.content);
    }
    Ok(text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(parsed).collect())
}

fn parsed(line: &[u8]) -> Value {
    serde_json::from_slice(line).unwrap()
}

fn ids(content: &[u8]) -> Vec<String> {
    let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| parsed(line)["event_id"].as_str().unwrap().to_owned()).collect()
}

/// A record of more than is on its way at once.
async fn world_of_many() -> World {
    let world = world_with(2 * MANY).await;
    world.sources.open_record(patient(1), tenant()).await;
    let tell = || world.sources.tell(Fact::of(Service::Records, patient(1), "item", "item.recorded"));
    for _ in 0..MANY / 100 {
        join_all((0..100).map(|_| tell())).await;
    }
    world.caught_up().await;
    world
}

impl World {
    /// With a token that is good for so long, by its signature.
    fn as_officer_for(&self, left: Duration) -> Client {
        let issued = SystemClock.now().timestamp() - 300 + left.num_seconds();
        let roles = [(Role::ComplianceOfficer, tenant())];
        self.client(Some(self.token_for(self.signer(), officer(), &roles, issued)), &[])
    }

    async fn happens(&self, times: u32) {
        for _ in 0..times {
            self.sources.tell(Fact::of(Service::Records, patient(1), "item", "item.recorded")).await;
        }
        self.caught_up().await;
    }

    /// The ids of what a search finds, page by page.
    async fn found(&self, asked: SearchEntriesRequest) -> Vec<String> {
        let (mut asked, mut found) = (SearchEntriesRequest { page_size: 200, ..asked }, Vec::new());
        loop {
            let page = self.as_officer(&[]).search_entries(asked.clone()).await.unwrap().into_inner();
            found.extend(page.entries.into_iter().map(|entry| entry.event_id));
            if page.next_page_token.is_empty() {
                return found;
            }
            asked.page_token = page.next_page_token;
        }
    }

    /// What the officer's downloads are said to have handed out, and how many they were.
    async fn told_of_downloads(&self) -> (usize, BTreeSet<String>) {
        self.caught_up().await;
        let own = SearchEntriesRequest {
            tenant_id: tenant().to_string(),
            account_id: officer().to_string(),
            kinds: vec![EntryKind::Read.into()],
            page_size: 200,
            ..Default::default()
        };
        let page = self.as_officer(&[]).search_entries(own).await.unwrap().into_inner();
        let looks = page.entries.into_iter().filter_map(|entry| entry.access);
        let downloads: Vec<_> = looks.filter(|look| look.operation == "audit.DownloadEntries").collect();
        assert!(downloads.iter().all(|look| look.action == Action::Download.to_proto()));
        let handed_out = downloads.iter().flat_map(|look| look.returned.iter().map(|one| one.id.clone()));
        (downloads.len(), handed_out.collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_taken_along_whole_and_stands_on_the_log_as_a_download() {
    let world = world_with(ENTRIES_MAX).await;
    world.sources.open_record(patient(1), tenant()).await;
    world.happens(410).await;
    let until_time = Some(timestamp(SystemClock.now()));
    let of_record = SearchEntriesRequest {
        tenant_id: tenant().to_string(),
        patient_id: patient(1).to_string(),
        until_time,
        ..Default::default()
    };
    let found = world.found(of_record).await;
    assert_eq!(found.len(), 412);
    let lines =
        taken(world.as_officer(&[]), DownloadEntriesRequest { until_time, ..of_patient() }).await.unwrap();
    let ids: Vec<String> = lines.iter().map(|line| line["event_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, found);
    assert_eq!((&lines[0]["type"], &lines[0]["kind"]), (&"item.recorded".into(), &"change".into()));
    let (downloads, handed_out) = world.told_of_downloads().await;
    assert!(downloads >= 4, "counted, then page by page");
    assert_eq!(handed_out, found.into_iter().collect());
    // What it is itself on the log stands in no file of its own: without an end it ends at the moment of the call.
    let kinds = vec![EntryKind::Change.into()];
    let lines = taken(world.as_officer(&[]), DownloadEntriesRequest { kinds, ..of_patient() }).await.unwrap();
    assert_eq!(lines.len(), 410);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_file_holds_is_refused_before_anything_is_handed_out_and_so_is_who_may_not() {
    let world = world_with(5).await;
    world.sources.open_record(patient(1), tenant()).await;
    world.happens(6).await;
    let refused = taken(world.as_officer(&[]), of_patient()).await.unwrap_err();
    assert_eq!(reason(&refused), "TOO_MANY_ENTRIES");
    let (downloads, handed_out) = world.told_of_downloads().await;
    assert_eq!((downloads, handed_out.len()), (1, 0), "that it was asked for is on the log");
    let sharing = DownloadEntriesRequest { kinds: vec![EntryKind::Sharing.into()], ..of_patient() };
    assert_eq!(taken(world.as_officer(&[]), sharing).await.unwrap().len(), 2);
    let unbounded = DownloadEntriesRequest { tenant_id: tenant().to_string(), ..Default::default() };
    assert_eq!(reason(&taken(world.as_officer(&[]), unbounded).await.unwrap_err()), "SEARCH_UNBOUNDED");
    let somebody = world.client(Some(world.token(stranger(), &[])), &[]);
    assert_eq!(reason(&taken(somebody, of_patient()).await.unwrap_err()), "NOT_PERMITTED");
    let elsewhere = DownloadEntriesRequest { tenant_id: other_tenant().to_string(), ..of_patient() };
    assert_eq!(reason(&taken(world.as_officer(&[]), elsewhere).await.unwrap_err()), "NOT_PERMITTED");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_who_has_a_second_factor_has_shown_it_lately_before_anything_is_handed_out() {
    let world = world_with(100).await;
    world.sources.open_record(patient(1), tenant()).await;
    world.happens(2).await;
    let shown_ago = |minutes: i64| {
        let iat = SystemClock.now().timestamp();
        let roles = vec![RoleAssignment { role: Role::ComplianceOfficer, tenant: tenant(), practice: None }];
        let session = Some(SessionId::new(SystemIds.next()));
        let claims = Claims { account: officer(), session, roles, iat, exp: iat + 300 };
        let shown = Shown { amr: vec!["otp"], auth_time: iat, second_time: Some(iat - minutes * 60) };
        world.client(Some(world.signer().sign_shown(&claims, Some(&shown)).unwrap()), &[])
    };
    let refused = taken(shown_ago(11), of_patient()).await.unwrap_err();
    assert_eq!(reason(&refused), "STEP_UP_REQUIRED");
    assert!(!taken(shown_ago(9), of_patient()).await.unwrap().is_empty());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_whose_token_expires_midway_ends_with_that_and_what_was_handed_out_is_on_the_log() {
    let world = world_of_many().await;
    let refused = taken(world.as_officer_for(Duration::seconds(-1)), of_patient()).await.unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_EXPIRED");
    assert_eq!(world.told_of_downloads().await.0, 0);

    let left = Duration::seconds(5);
    let expired = tokio::time::Instant::now() + left.to_std().unwrap();
    let mut client = world.as_officer_for(left);
    let mut parts = client.download_entries(of_patient()).await.unwrap().into_inner();
    let mut taken = ids(&parts.message().await.unwrap().unwrap().content);
    // Nothing but time ends a token.
    tokio::time::sleep_until(expired).await;
    let ended = loop {
        match parts.message().await {
            Ok(Some(part)) => taken.extend(ids(&part.content)),
            Ok(None) => panic!("it ended as if it were whole"),
            Err(status) => break status,
        }
    };
    assert_eq!(reason(&ended), "TOKEN_EXPIRED");
    let (_, handed_out) = world.told_of_downloads().await;
    assert!(taken.len() < MANY as usize && taken.iter().all(|id| handed_out.contains(id)), "{}", taken.len());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_its_reader_leaves_midway_goes_no_further_and_what_was_handed_out_is_on_the_log() {
    let world = world_of_many().await;
    let mut parts = world.as_officer(&[]).download_entries(of_patient()).await.unwrap().into_inner();
    let taken = ids(&parts.message().await.unwrap().unwrap().content);
    drop(parts);
    let (_, handed_out) = world.told_of_downloads().await;
    assert!(!taken.is_empty() && taken.iter().all(|id| handed_out.contains(id)));
    assert!(handed_out.len() < MANY as usize, "it went on for nobody: {}", handed_out.len());
    world.end().await;
}
