//! Reading scenario files: a thousand of them from a folder, and the two ways in which one file becomes many cases.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use criterion::{Criterion, Throughput};
use mtaspec_judge::scenario::{Catalogue, Suite, read_text};
use tempfile::TempDir;

/// How many files the folder has.
const FILES: usize = 1_000;

/// How many cases the one file becomes: close to the most that a file may have.
const CASES: usize = 192;

/// The suite of this repository.
fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// A folder laid out like the suite, with the files of the suite over and over.
fn thousand_files() -> anyhow::Result<TempDir> {
    let root = scenarios();
    let (suite, problems) = Suite::load(std::slice::from_ref(&root), None);
    ensure!(!suite.files.is_empty(), "there is no suite: {problems:?}");
    let folder = TempDir::with_prefix("mtaspec-")?;
    let catalogue = Path::new("requirements.toml");
    fs::copy(root.join(catalogue), folder.path().join(catalogue))?;
    for (number, file) in suite.files.iter().cycle().take(FILES).enumerate() {
        let part = format!("part-{}", number / suite.files.len());
        let copy = folder.path().join(part).join(file.strip_prefix(&root)?);
        if let Some(parent) = copy.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(file, copy)?;
    }
    Ok(folder)
}

/// A file whose cases come from `vary`, each with a change of its own.
fn varied() -> String {
    let words = |count: usize, word: &str| -> Vec<String> {
        (0..count)
            .map(|number| format!("X-{word}-{number}"))
            .collect()
    };
    format!(
        "title = \"Keywords of all kinds\"\nwhy = \"It shows what a variation costs.\"\n\
         [case.varied]\n\
         host.\"mx.example.test\".keywords = [{{ vary = {:?} }}, {{ vary = {:?} }}]\n\
         expect = {{ outcome = \"delivered\", tls = \">=1.2\" }}\n",
        words(CASES / 12, "ONE"),
        words(12, "OTHER"),
    )
}

/// A file of as many cases, each merged with what the file says.
fn merged() -> String {
    let mut text = "title = \"Keywords of all kinds\"\nwhy = \"It shows what merging costs.\"\n\
         rule = { list = [\"example.test\"] }\n\
         [domain.\"example.test\"]\nmx = [\"10 mx.example.test\", \"20 second.example.test\"]\n\
         [host.\"mx.example.test\"]\ncertificate = \"wildcard\"\n\
         [host.\"second.example.test\"]\ntls = [\"1.3\"]\n"
        .to_owned();
    for number in 0..CASES {
        text.push_str(&format!(
            "[case.number-{number}]\n\
             host.\"mx.example.test\".keywords = [\"X-{number}\"]\n\
             expect = {{ outcome = \"delivered\", tls = \">=1.2\" }}\n"
        ));
    }
    text
}

fn cases_of(text: &str) -> usize {
    let catalogue = Catalogue::default();
    let (cases, problems) = read_text("benches/many.toml", "benches/many", text, &catalogue, true);
    assert!(problems.is_empty(), "{text}\n{problems:?}");
    cases.len()
}

fn main() -> anyhow::Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let catalogue_file = scenarios().join("requirements.toml");
    let catalogue = Catalogue::load(&catalogue_file)?;
    let folder = thousand_files()?;
    let roots = [folder.path().to_owned()];

    let mut group = criterion.benchmark_group("reading");
    group.sample_size(10);
    group.throughput(Throughput::Elements(FILES as u64));
    group.bench_function("1000-files", |bencher| {
        bencher.iter(|| {
            let (suite, problems) = Suite::load(&roots, Some(&catalogue));
            assert!(problems.is_empty(), "{problems:?}");
            assert_eq!(suite.files.len(), FILES);
            suite
        });
    });
    group.throughput(Throughput::Elements(CASES as u64));
    for (name, text) in [
        ("192-cases-by-vary", varied()),
        ("192-cases-by-merging", merged()),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert_eq!(cases_of(&text), CASES));
        });
    }
    let text = fs::read_to_string(&catalogue_file)?;
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("catalogue", |bencher| {
        bencher.iter(|| Catalogue::parse(&text).expect("it was read before"));
    });
    group.finish();
    criterion.final_summary();
    Ok(())
}
