//! More ask at once than there are seats.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::future::join_all;
use tokio::time::{Instant, sleep};

use super::judge::judge;
use super::load::http;
use crate::checks::Terms;
use crate::client::{Client, Recorder};
use crate::cluster::Cluster;
use crate::history::Told;

/// 1,000 holders ask at once for 100 seats over all nodes, again and again; every third time the leader dies meanwhile.
pub async fn rush(usher: &Path, data: &Path, rounds: usize, holders: usize) -> Result<()> {
    let mut cluster = Cluster::start(usher, data)?;
    cluster.ready(Duration::from_secs(30)).await?;
    let http = http()?;
    for round in 0..rounds {
        // Every third round the leader dies in the middle of it.
        let kill = round % 3 == 2;
        let key = cluster.admin().license(100, 360, 120).await?;
        let recorder = Recorder::default();
        let client = Client::new(http.clone(), cluster.urls(), &key, &recorder);
        let begun = Instant::now();
        let leader = cluster.leader().await;
        let asking = join_all((0..holders).map(|holder| {
            let client = client.clone();
            async move {
                let name = format!("holder-{holder:04}");
                client
                    .acquire(&name, &format!("request-{round}-{holder}"), Duration::from_secs(30))
                    .await
            }
        }));
        let killed = async {
            if kill && let Some(leader) = leader {
                sleep(Duration::from_millis(rand::random_range(20..200))).await;
                cluster.kill(leader);
            }
        };
        let (told, ()) = tokio::join!(asking, killed);
        let granted: Vec<&Told> = told.iter().filter(|told| matches!(told, Told::Held { .. })).collect();
        let refused = told
            .iter()
            .filter(|told| matches!(told, Told::Refused { code } if code == "SEAT_LIMIT_REACHED"));
        let (granted_count, refused_count) = (granted.len(), refused.count());
        ensure!(
            granted_count == 100.min(holders) && refused_count == holders.saturating_sub(100),
            "round {round}: {granted_count} grants and {refused_count} refusals of {holders}"
        );
        let first = |told: &Told| match told {
            Told::Held { session, .. } => Some(session.clone()),
            _ => None,
        };
        // Every grant asked for again under its own name gives the same session.
        for (holder, before) in told
            .iter()
            .enumerate()
            .filter(|(_, told)| first(told).is_some())
            .take(20)
        {
            let name = format!("holder-{holder:04}");
            let again = client
                .acquire(&name, &format!("request-{round}-{holder}"), Duration::from_secs(30))
                .await;
            ensure!(
                first(&again) == first(before),
                "round {round}: {name} asked again and got {again:?}"
            );
        }
        judge(
            &recorder,
            &Terms {
                seats: 100,
                ttl: 360_000_000,
            },
        )?;
        if kill && let Some(leader) = leader {
            cluster.restart(leader)?;
            cluster.ready(Duration::from_secs(30)).await?;
        }
        println!(
            "round {:>2}: 100 of {holders} granted{} in {} ms",
            round + 1,
            if kill { ", leader killed," } else { "" },
            begun.elapsed().as_millis()
        );
    }
    println!("rush: {rounds} rounds, exactly 100 grants in each");
    Ok(())
}
