//! Figures for people, aligned, and for programs, as one line of JSON.

use std::time::Duration;

use serde_json::{Value, json};

/// The median, the 99th hundredth and the longest, in milliseconds.
pub fn spread(mut times: Vec<Duration>) -> [f64; 3] {
    times.sort_unstable();
    let at = |part: f64| {
        let place = ((times.len() as f64 * part).ceil() as usize).clamp(1, times.len().max(1)) - 1;
        times.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    [at(0.5), at(0.99), at(1.0)]
}

/// A number with as many digits as are worth reading.
pub fn shown(number: f64) -> String {
    match number.abs() {
        n if n >= 100.0 => format!("{number:.0}"),
        n if n >= 10.0 => format!("{number:.1}"),
        n if n >= 0.1 || n == 0.0 => format!("{number:.2}"),
        _ => format!("{number:.4}"),
    }
}

/// Prints rows of cells: the first column to the left, the others to the right.
pub fn print_table(rows: &[Vec<String>]) {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column).unwrap_or_default();
            if column == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") }
        });
        println!("{}", cells.collect::<String>().trim_end());
    }
}

/// How busy the machine was: the work that was ready to run, averaged over a minute.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
}

/// One line that says all.
pub fn print_json(benchmark: &str, scale: Value, results: &[Value]) {
    println!("\n{}", json!({ "benchmark": benchmark, "scale": scale, "results": results }));
}
