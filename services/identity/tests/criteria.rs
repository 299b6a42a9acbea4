//! What an installation decides for itself about its sessions.
#![cfg(test)]
#![allow(dead_code, reason = "the world is made for more than this")]
#[path = "black_box/world.rs"]
mod world;

use chrono::TimeDelta;
use holdfast_proto::identity::v1::{CompleteSignInResponse, GetAccountRequest};
use world::{World, reason, signed, world_with};

async fn asleep_for(world: &World, minutes: i64) -> (CompleteSignInResponse, Result<String, &'static str>) {
    let session = world.sign_in("rosa@example.org").await;
    world.clock.advance(TimeDelta::minutes(minutes));
    let issued = world.issue(&session.session_secret).await.map(|issued| issued.token);
    (session, issued.map_err(|status| reason::<()>(Err(status))))
}

#[tokio::test]
async fn a_session_ends_after_as_many_idle_hours_as_the_installation_says_and_a_new_link_opens_another() {
    for hours in [1, 3] {
        let world = world_with(|settings| settings.identity.session_idle_hours_max = hours).await;
        let idle = i64::from(hours) * 60;
        let (_, awake) = asleep_for(&world, idle - 1).await;
        let token = awake.unwrap();
        world.identity.clone().get_account(signed(GetAccountRequest {}, &token)).await.unwrap();
        let (ended, refused) = asleep_for(&world, idle).await;
        assert_eq!(refused, Err("SESSION_ENDED"), "after {hours} hours");
        let over = world.identity.clone().get_account(signed(GetAccountRequest {}, &token)).await;
        assert_eq!(reason(over), "TOKEN_EXPIRED", "nor is an old token good");
        let (again, open) = asleep_for(&world, 0).await;
        assert!(open.is_ok() && again.account_id == ended.account_id);
    }
}
