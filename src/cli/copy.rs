//! `frontdesk copy`.

use clap::Args;

use super::Failure;
use crate::store::{self, CopyProgress, DatabaseUrl, Sum};

/// Progress is told each time so many rows more have been written.
const TELL_EVERY_ROWS: u64 = 10_000;

/// Copies everything from one database into another, empty one, and checks that both hold the same. Stop the servers of
/// the first one before: what they write meanwhile is not copied.
#[derive(Args)]
pub struct Copy {
    /// The database to read: sqlite://PATH, or postgres://USER:PASSWORD@HOST/DATABASE. It is left as it is.
    #[arg(long, value_name = "DATABASE_URL")]
    from: String,
    /// The empty database to fill; migrated first, and empty again where the copy fails.
    #[arg(long, value_name = "DATABASE_URL")]
    to: String,
}

impl Copy {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let from = DatabaseUrl::parse(&self.from).map_err(Failure::from_error)?;
        let to = DatabaseUrl::parse(&self.to).map_err(Failure::from_error)?;
        eprintln!("Copying {from} to {to} …");
        let mut sums = Vec::new();
        let mut tell = |progress| match progress {
            CopyProgress::Written { table, rows, of } if rows == of || rows % TELL_EVERY_ROWS == 0 => {
                eprintln!("  {table}: {rows} of {of}");
            }
            CopyProgress::Written { .. } => {}
            CopyProgress::Checked { table, sum } => {
                eprintln!("  {table}: read back from both, the same");
                sums.push((table, sum));
            }
        };
        store::copy(&from, &to, &mut tell).await.map_err(Failure::from_error)?;
        print_summary(&sums);
        eprintln!("Both databases hold the same. Serve the new one with --database-url.");
        Ok(())
    }
}

fn print_summary(sums: &[(&str, Sum)]) {
    println!("{:<24}{:>12}  checksum", "table", "rows");
    for (table, sum) in sums {
        println!("{table:<24}{:>12}  {}", sum.rows, sum.checksum.simple());
    }
    println!("{:<24}{:>12}", "all", sums.iter().map(|(_, sum)| sum.rows).sum::<u64>());
}
