//! Serves the gallery of pages: `cargo run -p holdfast-gateway --example gallery [-- ADDRESS]`; prints where it listens.

use std::io::Write;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("http://{}/gallery", listener.local_addr()?);
    std::io::stdout().flush()?;
    axum::serve(listener, holdfast_gateway::gallery::routes()).await
}
