//! A worker process of the tests; `holdfast torture` runs its own.
#[tokio::main]
async fn main() -> Result<(), holdfast_torture::WorkError> {
    holdfast_torture::work().await
}
