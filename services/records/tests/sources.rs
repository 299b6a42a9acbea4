//! Where things come from: each source with how much of it there is, and the record read by one of them.
#![cfg(test)]
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_proto::{Word, records::v1 as pb, timestamp};
use holdfast_types::*;

/// Kind, name and count of each.
fn told(sources: &[pb::SourceSummary]) -> Vec<(&str, bool, i32)> {
    fn one(summary: &pb::SourceSummary) -> (&str, bool, i32) {
        let source = summary.source.as_ref().unwrap();
        assert!(source.key.is_empty() && source.read_time.is_some() && !source.source_id.is_empty());
        (&source.kind, source.name.is_empty(), summary.count)
    }
    sources.iter().map(one).collect()
}

fn id_of(summary: &pb::SourceSummary) -> String {
    summary.source.clone().unwrap().source_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_read_by_source() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    let imported = world.clock.now();
    world.clock.advance(TimeDelta::minutes(1));
    world.create(&parent(), "", &goal("own", "Say hello")).await.unwrap();
    let asked = pb::ListItemsRequest { include_sources: true, page_size: 200, ..listing() };
    let all = world.list(&parent(), asked.clone()).await.unwrap();
    assert_eq!(told(&all.sources), [("import", false, 10), ("patient", true, 1)]);
    assert!(all.sources.iter().all(|source| source.recorded_by == format!("account/{}", parent().account)));

    for source in &all.sources {
        let of_it = pb::ListItemsRequest { source_id: id_of(source), ..asked.clone() };
        let page = world.list(&parent(), of_it).await.unwrap();
        assert_eq!((page.items.len(), page.total_size), (source.count as usize, source.count));
        let narrowed =
            all.items.iter().filter(|item| item.source.as_ref().unwrap().source_id == id_of(source));
        assert_eq!(page.items, narrowed.cloned().collect::<Vec<_>>());
        assert_eq!(page.sources, all.sources, "there is more than what is shown");
    }
    assert!(world.list(&parent(), listing()).await.unwrap().sources.is_empty(), "unless asked for");

    let then = pb::ListItemsRequest { as_of_time: Some(timestamp(imported)), ..asked.clone() };
    assert_eq!(told(&world.list(&parent(), then).await.unwrap().sources), [("import", false, 10)]);
    let summarize = pb::SummarizeRecordRequest {
        patient_id: patient().to_string(),
        include_sources: true,
        ..Default::default()
    };
    let summary = world.client(&parent()).summarize_record(summarize.clone()).await.unwrap().into_inner();
    assert_eq!(summary.sources, all.sources);

    world.share(&therapist(), &[Category::Goals], &[Action::Read]).await;
    // A minute went by at once: until consent's heads are compared again, its feed is too old for others.
    while reason(&world.list(&stranger(), listing()).await.unwrap_err()) == "CONSENT_STALE" {}
    let shared = world.client(&therapist()).summarize_record(summarize).await.unwrap().into_inner().sources;
    assert_eq!(shared.iter().map(|source| source.count).collect::<Vec<_>>(), [1, 1], "of what is shared");
    let goals = vec![Category::Goals.to_proto()];
    let goals = pb::ListItemsRequest { categories: goals, source_id: id_of(&all.sources[1]), ..asked };
    assert_eq!(world.list(&therapist(), goals).await.unwrap().items[0].title, "Say hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_one_source_hold_each_item_once_and_lead_nowhere_else() {
    let world = world().await;
    world.import(&parent(), SMALL).await.unwrap();
    world.create(&parent(), "", &goal("own", "Say hello")).await.unwrap();
    let all =
        world.list(&parent(), pb::ListItemsRequest { include_sources: true, ..listing() }).await.unwrap();
    let [file, own] = all.sources.as_slice() else { panic!("{:?}", all.sources) };
    let asked = pb::ListItemsRequest { source_id: id_of(file), page_size: 3, ..listing() };
    let (mut next, mut seen) = (asked.clone(), Vec::new());
    loop {
        let page = world.list(&parent(), next.clone()).await.unwrap();
        assert_eq!(page.total_size, 10);
        seen.extend(page.items.into_iter().map(|item| item.item_id));
        if page.next_page_token.is_empty() {
            break;
        }
        next.page_token = page.next_page_token;
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 10);

    let elsewhere = pb::ListItemsRequest { source_id: id_of(own), ..next };
    let refused = world.list(&parent(), elsewhere).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_OF_ANOTHER_QUERY");
    let nothing = pb::ListItemsRequest { source_id: SystemIds.next().to_string(), ..asked.clone() };
    assert_eq!(world.list(&parent(), nothing).await.unwrap().total_size, 0);
    let wrong = pb::ListItemsRequest { source_id: "the clinic".into(), ..asked };
    assert_eq!(reason_at(world.list(&parent(), wrong).await), ("ID_MALFORMED", "source_id".to_owned()));
}
