//! The one question of identity's that audit asks: the public keys of tokens.
use holdfast_access::PublicKey;
use holdfast_proto::identity::v1::{GetKeySetRequest, KeySet};
use std::{
    convert::Infallible,
    task::{Context, Poll},
};
use tonic::{
    Response, Status,
    body::Body,
    codegen::{BoxFuture, Service, http},
    server::{Grpc, NamedService, UnaryService},
};
use tonic_prost::ProstCodec;

#[derive(Clone)]
pub struct KeySetOnly(String);

impl KeySetOnly {
    pub fn of(key: PublicKey) -> Self {
        Self(holdfast_access::key_set(&[key]))
    }
}

impl NamedService for KeySetOnly {
    const NAME: &'static str = "holdfast.identity.v1.IdentityService";
}

impl UnaryService<GetKeySetRequest> for KeySetOnly {
    type Response = KeySet;
    type Future = BoxFuture<Response<KeySet>, Status>;

    fn call(&mut self, _: tonic::Request<GetKeySetRequest>) -> Self::Future {
        let jwks_json = self.0.clone();
        Box::pin(async move { Ok(Response::new(KeySet { jwks_json })) })
    }
}

impl Service<http::Request<Body>> for KeySetOnly {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let keys = self.clone();
        Box::pin(async move {
            if request.uri().path() != "/holdfast.identity.v1.IdentityService/GetKeySet" {
                return Ok(Status::unimplemented("").into_http());
            }
            Ok(Grpc::new(ProstCodec::<KeySet, GetKeySetRequest>::default()).unary(keys, request).await)
        })
    }
}
