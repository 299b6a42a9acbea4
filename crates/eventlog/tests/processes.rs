//! Two processes on one log: what one remembers of a lane, the other may have moved on.
#![cfg(test)]
mod common;
use common::*;
use futures::future::join_all;
use holdfast_eventlog::*;
use std::sync::Arc;

fn one(jar: u64, expected_revision: u64) -> Append {
    let streams =
        vec![StreamAppend::of(id(jar), expected_revision, &[JarEvent::Filled { cents: 1 }]).unwrap()];
    Append { subject: patient(jar), context: context(), request: None, streams }
}

#[tokio::test]
async fn a_stream_that_another_process_began_or_moved_on_is_stale_for_this_one() {
    let world = world().await;
    let other = start("jars", &world.database, Arc::new(world.clock.clone()), vec![Arc::new(Balances)]);
    world.log.append(one(10, 0)).await.unwrap();
    other.append(one(10, 1)).await.unwrap();
    other.append(one(11, 0)).await.unwrap();

    let (moved, begun, fresh) = tokio::join!(
        world.log.append(one(10, 1)),
        world.log.append(one(11, 0)),
        world.log.append(one(12, 0))
    );
    assert!(matches!(moved, Err(AppendError::Stale)), "{moved:?}");
    assert!(matches!(begun, Err(AppendError::Stale)), "{begun:?}");
    fresh.unwrap();
    world.log.append(one(10, 2)).await.unwrap();
}

#[tokio::test]
async fn commands_sent_to_two_processes_all_act_once_and_leave_no_gap() {
    let world = world().await;
    let other = start("jars", &world.database, Arc::new(world.clock.clone()), vec![Arc::new(Balances)]);
    // In each process they take turns; against the other one each may lose as often as that has writers.
    for _ in 0..5 {
        let writers = [&world.log, &other].into_iter().cycle().take(16);
        let all = writers.map(|log| act(log, 10, None, JarCommand::Fill(5)));
        join_all(all).await.into_iter().for_each(|done| assert!(done.is_ok(), "{done:?}"));
    }
    let loaded = world.log.load::<Jar>(patient(10), id(10)).await.unwrap();
    assert_eq!((loaded.state, loaded.revision), (400, 80));
    let lane = world.log.read_lane(patient(10).lane(), 0, 100).await.unwrap();
    assert!(lane.iter().zip(1..).all(|(event, seq)| event.header.lane_seq == seq) && lane.len() == 80);
}
