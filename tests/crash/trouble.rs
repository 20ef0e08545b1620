//! What befalls the servers of a run: kills at random moments, and what they stand on goes down.

use std::time::Duration;

use crate::chance::Chance;
use crate::engines::{Nats, Postgres};
use crate::record::Record;
use crate::server::{Installation, Server};

/// A server lives at least and at most so many milliseconds before the next blow: some fall while it starts.
const LIFE: std::ops::Range<u64> = 50..2_000;

/// What the servers stand on, where that can be taken from under them.
#[derive(Default)]
pub struct Ground {
    pub postgres: Option<Postgres>,
    pub nats: Option<Nats>,
    bus_is_away: bool,
}

/// How much befell them.
#[derive(Default)]
pub struct Blows {
    pub kills: u64,
    pub database_crashes: u64,
    pub bus_stops: u64,
}

/// Kills servers until so many have been killed. All stand again at the end.
pub async fn befall(
    (kills, name): (u64, &str),
    installation: &Installation,
    servers: &mut [Server],
    ground: &mut Ground,
    record: &Record,
    chance: &mut Chance,
) -> Blows {
    let mut blows = Blows::default();
    for round in 1.. {
        // The moment is chosen, not waited for.
        tokio::time::sleep(Duration::from_millis(LIFE.start + chance.below(LIFE.end - LIFE.start))).await;
        let all = chance.one_in(5);
        let one = chance.below(servers.len() as u64) as usize;
        for (_, server) in servers.iter_mut().enumerate().filter(|(place, _)| all || *place == one) {
            blows.kills += 1;
            server.kill_and_restart(installation).unwrap_or_else(|fault| record.fault(fault));
        }
        if round % 10 == 0 {
            eprintln!("{name}: {} kills, {}", blows.kills, record.notes());
        }
        let is_over = blows.kills >= kills;
        tokio::task::block_in_place(|| ground.shake(round, is_over, &mut blows));
        if is_over {
            return blows;
        }
    }
    unreachable!("rounds do not end")
}

impl Ground {
    /// A PostgreSQL of its own.
    pub fn postgres() -> Self {
        Self { postgres: Postgres::start(), ..Self::default() }
    }

    /// And a NATS server.
    pub fn with_nats(self) -> Self {
        Self { nats: Nats::start(), ..self }
    }

    /// Every fourth round PostgreSQL crashes; of each four rounds the bus is away for two, and it is back at the end.
    fn shake(&mut self, round: u64, is_over: bool, blows: &mut Blows) {
        if let Some(postgres) = &self.postgres
            && round % 4 == 2
        {
            postgres.crash_and_restart();
            blows.database_crashes += 1;
        }
        let Some(nats) = &mut self.nats else { return };
        if self.bus_is_away && (round % 4 == 3 || is_over) {
            nats.start_again();
            self.bus_is_away = false;
        } else if round % 4 == 1 && !is_over {
            nats.stop();
            self.bus_is_away = true;
            blows.bus_stops += 1;
        }
    }
}
