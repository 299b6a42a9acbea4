//! Bytes sent as they are, for what no generated client would send.
use prost::Message;
use tonic::{
    Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

/// The message with a byte that is no Unicode in place of each `~`.
pub fn spoiled<M: Message>(message: &M) -> Vec<u8> {
    message.encode_to_vec().into_iter().map(|byte| if byte == b'~' { 0xff } else { byte }).collect()
}

/// One message to a method that takes one.
pub async fn send(channel: &Channel, path: &str, token: &str, message: Vec<u8>) -> Result<(), Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.expect("a connection");
    let request = signed(message, token);
    grpc.unary(request, path.parse().expect("a path"), Raw).await.map(tonic::Response::into_inner)
}

/// Messages to a method that takes a stream.
pub async fn stream(
    channel: &Channel,
    path: &str,
    token: &str,
    messages: Vec<Vec<u8>>,
) -> Result<(), Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.expect("a connection");
    let request = signed(tokio_stream::iter(messages), token);
    grpc.client_streaming(request, path.parse().expect("a path"), Raw).await.map(tonic::Response::into_inner)
}

fn signed<T>(message: T, token: &str) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let value = format!("Bearer {token}").parse().expect("a header");
    request.metadata_mut().insert("authorization", value);
    request
}

#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;
    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        use bytes::BufMut as _;
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = Status;
    fn decode(&mut self, _: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        Ok(Some(()))
    }
}
