//! What the pages do: one file per page, each handler converts, asks the services and shows.

mod authority;
mod days;
mod deeds;
mod details;
mod emergency;
mod erasure;
mod factors;
mod given;
mod home;
mod import;
mod item;
mod link_viewer;
mod live;
mod locks;
mod looked;
mod marks;
mod me;
mod messages;
mod office;
mod papers;
mod part;
mod people;
mod practice;
mod proof;
mod proposals;
mod propose;
mod provider;
mod record;
mod reviews;
mod room;
mod second_step;
mod sharing;
mod sign_in;
mod sign_out;
mod then;
mod trail;
mod treatment;
mod uploads;
mod welcome;
mod work;

use crate::site::Site;
use axum::Router;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .merge(sign_in::routes())
        .merge(practice::routes())
        .merge(provider::routes())
        .merge(second_step::routes())
        .merge(factors::routes())
        .merge(sign_out::routes())
        .merge(me::routes())
        .merge(welcome::routes())
        .merge(people::routes())
        .merge(home::routes())
        .merge(record::routes())
        .merge(room::routes())
        .merge(item::routes())
        .merge(then::routes())
        .merge(details::routes())
        .merge(locks::routes())
        .merge(propose::routes())
        .merge(proposals::routes())
        .merge(import::routes())
        .merge(papers::routes())
        .merge(erasure::routes())
        .merge(uploads::routes())
        .merge(messages::routes())
        .merge(live::routes())
        .merge(sharing::routes())
        .merge(authority::routes())
        .merge(link_viewer::routes())
        .merge(treatment::routes())
        .merge(looked::routes())
        .merge(proof::routes())
        .merge(work::routes())
        .merge(emergency::routes())
        .merge(office::routes())
        .merge(reviews::routes())
}
