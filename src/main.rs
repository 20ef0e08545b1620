//! The `frontdesk` program: see `frontdesk --help`.

fn main() -> std::process::ExitCode {
    frontdesk::cli::run()
}
