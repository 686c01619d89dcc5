//! Whole profiles: those of the tree, and what is said of bad ones.

mod bad_profiles;
mod queues;
mod readme;
mod written;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::sample::sample;
use super::{Configuration, Content, Profile, RenderedFile};

fn subjects() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("subjects")
}

/// The files of a profile as a person would look at them.
fn shown(files: &[RenderedFile]) -> String {
    let mut text = String::new();
    for file in files {
        let owner = file.owner.as_ref().map_or("", |owner| owner.user.as_str());
        let path = file.path.display();
        let _ = writeln!(text, "--- {path} {:04o} {owner}", file.mode);
        if let Content::File(content) = &file.content {
            text += &String::from_utf8_lossy(content);
        }
    }
    text
}

#[test]
fn every_configuration_of_the_tree_is_read_and_rendered_without_a_problem() {
    for name in ["exim", "opensmtpd", "postfix"] {
        let configuration = Configuration::load(&subjects().join(name)).unwrap();
        let text = configuration.render(&sample()).unwrap();
        for domain in sample()
            .domains
            .iter()
            .filter(|domain| domain.route.is_some())
        {
            assert!(text.contains(&domain.name), "{name} lacks {}", domain.name);
        }
    }
}

#[test]
fn a_configuration_that_cannot_be_read_or_rendered_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let said = |error: &dyn std::error::Error| {
        error
            .to_string()
            .replace(path.to_str().unwrap(), "[FOLDER]")
    };
    let absent = Configuration::load(path).unwrap_err();
    assert_eq!(said(&absent), "[FOLDER]/config.j2 cannot be read");
    fs::write(path.join("config.j2"), "a\n{% include 'part' %}").unwrap();
    fs::write(path.join("part"), [0xff]).unwrap();
    let no_text = Configuration::load(path).unwrap_err();
    assert_eq!(
        said(&no_text),
        "[FOLDER]/part is no UTF-8 text of at most 64 KiB"
    );
    for (part, want) in [
        ("{{ folder }}\n{{ foldr }}", "part, line 2: "),
        ("{% include 'other' %}", "part, line 1: "),
        ("{% include 'config.j2' %}", "part, line 1: "),
    ] {
        fs::write(path.join("part"), part).unwrap();
        let configuration = Configuration::load(path).unwrap();
        let error = configuration.render(&sample()).unwrap_err();
        assert!(said(&error).starts_with(want), "{part}: {}", said(&error));
    }
}

#[test]
fn every_profile_of_the_tree_is_read_and_rendered_without_a_problem() {
    let mut count = 0;
    for entry in fs::read_dir(subjects()).unwrap() {
        let folder = entry.unwrap().path();
        // A folder may have a configuration for relays that run already, and no profile.
        if !folder.join("profile.toml").is_file() {
            continue;
        }
        let profile = Profile::load(&folder).unwrap_or_else(|problems| panic!("{problems}"));
        let name = folder.file_name().and_then(|name| name.to_str());
        assert_eq!(Some(profile.name.as_str()), name);
        profile.render(&sample()).unwrap();
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn a_case_may_be_one_that_the_relay_does_not_survive_or_that_shows_nothing_of_it() {
    let profile = Profile::load(&subjects().join("opensmtpd")).unwrap();
    // (case, may it kill the relay, a word of why it shows nothing)
    let cases = [
        ("starttls/injected-reply#refusal/same", true, None),
        (
            "starttls/injected-reply#refusal/next",
            false,
            Some("chance"),
        ),
        ("starttls/refused#without-a-rule/refused", false, None),
    ];
    for (id, dangerous, why) in cases {
        assert_eq!(profile.is_dangerous(id), dangerous, "{id}");
        let told = profile.skips(id);
        assert_eq!(told.is_some(), why.is_some(), "{id}");
        let has = |word| told.is_some_and(|told| told.contains(word));
        assert!(why.is_none_or(has), "{told:?}");
    }
}

#[test]
fn postfix_gets_a_level_for_each_domain_and_one_by_transport_for_each_route() {
    let profile = Profile::load(&subjects().join("postfix")).unwrap();
    let files = profile.render(&sample()).unwrap();
    let tables = ["tls_policy", "transport", "aliases", "senders"];
    let tables: Vec<_> = files
        .into_iter()
        .filter(|file| tables.iter().any(|name| file.path.ends_with(name)))
        .collect();
    insta::assert_snapshot!(shown(&tables));
}
