//! `holdfast parked <service>`: the others' events whose effect failed here, and what waits behind them, one JSON object a line.
use crate::databases::Reached;
use anyhow::Result;
use clap::Args;
use holdfast_eventlog::{Parked, parked, schema};
use secrecy::ExposeSecret;
use serde_json::json;
use std::io::Write;

/// The service tries them again by itself, every ten seconds: a version that can take them in needs no further command.
#[derive(Args)]
pub(crate) struct ParkedArgs {
    #[command(flatten)]
    reached: Reached,
}

pub(crate) async fn run(args: ParkedArgs) -> Result<()> {
    let pool = schema::connect(args.reached.settings()?.serve.required()?.expose_secret(), 1)?;
    let (waiting, count) = parked(&pool).await?;
    pool.close().await;
    let mut out = std::io::stdout().lock();
    for one in &waiting {
        writeln!(out, "{}", line(one))?;
    }
    let left_out = count.saturating_sub(u64::try_from(waiting.len())?);
    if left_out > 0 {
        writeln!(out, "{}", json!({ "left_out": left_out }))?;
    }
    // Beside the lines, so that they can be read by a program.
    eprintln!("{}: {count} events wait for a fix", args.reached.service);
    Ok(())
}

/// Whose subject waits is an id; what the event says is not shown.
fn line(one: &Parked) -> serde_json::Value {
    json!({
        "source": one.source,
        "lane": one.lane,
        "lane_seq": one.lane_seq,
        "subject": one.subject,
        "reason": one.reason,
        "parked_time": one.parked_time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_waits_is_one_line_of_ids_and_places() {
        let one = Parked {
            source: "consent".to_owned(),
            lane: 7,
            lane_seq: 3,
            subject: Uuid::from_u128(5),
            reason: "the effect failed".to_owned(),
            parked_time: chrono::DateTime::from_timestamp_micros(1_772_452_800_123_456).unwrap(),
        };
        let told = line(&one);
        assert_eq!((&told["source"], &told["lane_seq"]), (&json!("consent"), &json!(3)));
        assert_eq!(told["parked_time"], "2026-03-02T12:00:00.123456Z");
        assert!(!told.to_string().contains('\n'));
    }
}
