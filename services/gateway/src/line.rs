//! A way to one service, which says of every refusal, and of every silence, whose it is: a page can then say what is away.
use futures::future::BoxFuture;
use holdfast_types::Service;
use http::{HeaderValue, Request, Response};
use std::task::{Context, Poll};
use tonic::{
    Status,
    body::Body,
    metadata::MetadataValue,
    service::interceptor::InterceptedService,
    transport::{Channel, Error},
};

/// A channel that says who calls, what for and after what.
pub type Line = InterceptedService<Way, holdfast_host::client::Outgoing>;

/// Who answered, or should have: set here, and believed from nobody else.
const OF: &str = "holdfast-of";

#[derive(Clone)]
pub struct Way {
    pub(crate) channel: Channel,
    service: Service,
}

impl Way {
    pub(crate) fn new(service: Service, channel: Channel) -> Self {
        Self { channel, service }
    }
}

impl tower::Service<Request<Body>> for Way {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let service = self.service;
        tower::Service::poll_ready(&mut self.channel, cx).map_err(|error| silent(service, error))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (service, answering) = (self.service, tower::Service::call(&mut self.channel, request));
        Box::pin(async move {
            let mut answer = answering.await.map_err(|error| silent(service, error))?;
            answer.headers_mut().insert(OF, HeaderValue::from_static(service.as_str()));
            Ok(answer)
        })
    }
}

fn silent(service: Service, error: Error) -> Status {
    let mut status = Status::from_error(Box::new(error));
    status.metadata_mut().insert(OF, MetadataValue::from_static(service.as_str()));
    status
}

/// Which service a refusal is of.
pub(crate) fn of(status: &Status) -> Option<Service> {
    status.metadata().get(OF)?.to_str().ok()?.parse().ok()
}
