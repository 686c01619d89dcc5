//! `cargo xtask schema`: the JSON Schema of scenario files and the reference page, made from the key table.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use mtaspec_judge::scenario;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios");

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Write nothing; say which file is out of date
    #[arg(long)]
    check: bool,
}

#[expect(clippy::print_stdout, reason = "a chore speaks to whoever runs it")]
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut schema = serde_json::to_string_pretty(&scenario::schema())?;
    schema.push('\n');
    let mut up_to_date = true;
    for (name, wanted) in [
        ("schema.json", schema),
        ("REFERENCE.md", scenario::reference()),
    ] {
        let path = Path::new(FOLDER).join(name);
        if std::fs::read_to_string(&path).is_ok_and(|found| found == wanted) {
            continue;
        }
        if arguments.check {
            up_to_date = false;
            println!("scenarios/{name} is out of date; run `cargo xtask schema`");
        } else {
            std::fs::write(&path, wanted)
                .with_context(|| format!("cannot write {}", path.display()))?;
            println!("wrote scenarios/{name}");
        }
    }
    Ok(if up_to_date {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
