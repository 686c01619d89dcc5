//! The worlds of the suite itself.

use std::path::PathBuf;

use mtaspec_judge::scenario::{Catalogue, Suite};

use super::{internet, try_stage};
use crate::internet::tls::legacy_suites;
use crate::plan::is_in_build;

#[tokio::test]
async fn every_world_of_the_suite_can_be_brought_up_and_changed() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let text = std::fs::read_to_string(root.join("requirements.toml")).unwrap();
    let catalogue = Catalogue::parse(&text).unwrap();
    let (suite, _) = Suite::load(&[root], Some(&catalogue));
    assert!(suite.cases.len() > 80);
    let internet = internet().await;
    let mut troubles = Vec::new();
    for case in suite.cases {
        if !is_in_build(&case, legacy_suites()) {
            continue;
        }
        let (id, steps) = (case.id.clone(), case.steps.len());
        match try_stage(&internet, case).await {
            Err(error) => troubles.push(format!("{id}: {error:?}")),
            Ok(mut staged) => {
                for step in 1..steps {
                    if let Err(error) = staged.world.change(step).await {
                        troubles.push(format!("{id} step {}: {error:?}", step + 1));
                    }
                }
            }
        }
    }
    assert!(troubles.is_empty(), "{}", troubles.join("\n"));
}
