//! Feeds targets and tells what came of it. What it finds is kept in a folder, to be tried again by itself.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser;
use mtaspec_fuzz::{Corpus, Found, Order, Target, feed, target, targets};
use watch::Watch;

mod watch;

/// Feeds readers what nobody should send.
#[derive(Debug, Parser)]
#[command(name = "mtaspec-fuzz")]
struct Arguments {
    /// Targets; all of them if none is named
    targets: Vec<String>,
    /// How many inputs are made for each, beside its corpus
    #[arg(long, default_value_t = 5_000)]
    rounds: u64,
    /// Decides which; another seed makes others
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Reads this file alone, once
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Where what is found is kept
    #[arg(long, value_name = "FOLDER", default_value = "fuzz/found")]
    found: PathBuf,
}

#[expect(clippy::print_stdout, reason = "a chore speaks to whoever runs it")]
fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let chosen = chosen(&arguments.targets)?;
    if let Some(file) = &arguments.input {
        let [target] = chosen.as_slice() else {
            bail!("--input needs exactly one target");
        };
        let bytes =
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        (target.read)(&bytes);
        println!("{}: read {} octets", target.name, bytes.len());
        return Ok(ExitCode::SUCCESS);
    }
    // Panics are what is looked for; each is told once, below.
    std::panic::set_hook(Box::new(|_| {}));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("a workspace")?;
    let order = Order {
        rounds: arguments.rounds,
        seed: arguments.seed,
    };
    let mut is_sound = true;
    for target in chosen {
        let corpus = Corpus::load(&target.corpus(root))?;
        let watch = Watch::over(target.name, &arguments.found);
        let fed = feed(target, &corpus, order, |input| watch.begin(input));
        drop(watch);
        match &fed.found {
            None => println!("{}: {} inputs", target.name, fed.inputs),
            Some(Found { input, told }) => {
                is_sound = false;
                let kept = keep(&arguments.found, target.name, input)?;
                println!(
                    "{}: broke its word at input {}: {told}",
                    target.name, fed.inputs
                );
                println!("  kept as {}; try it again with --input", kept.display());
            }
        }
    }
    Ok(if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<Target>> {
    if names.is_empty() {
        return Ok(targets());
    }
    let known = || -> String {
        let names: Vec<&str> = targets().iter().map(|target| target.name).collect();
        names.join(", ")
    };
    (names.iter())
        .map(|name| {
            target(name).with_context(|| format!("there is no target {name:?}, but {}", known()))
        })
        .collect()
}

/// Keeps an input under the name of its target and of what it is.
fn keep(folder: &Path, target: &str, input: &[u8]) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // FNV-1a: the same input is kept once.
    let name = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let path = folder.join(format!("{target}-{name:016x}"));
    std::fs::write(&path, input).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
