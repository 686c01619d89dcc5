//! Files as they come to be on disk, and folders to begin with.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::super::{
    Content, Owner, Profile, RenderedFile, SkeletonError, WriteError, make_skeleton, write,
};

fn file(path: std::path::PathBuf, content: Content, mode: u32) -> RenderedFile {
    RenderedFile {
        path,
        content,
        mode,
        owner: None,
    }
}

#[test]
fn files_and_folders_get_their_mode_and_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("spool/inner");
    let path = folder.path().join("etc/relay.conf");
    for text in ["one", "two"] {
        let content = Content::File(text.into());
        let files = [
            file(inner.clone(), Content::Folder, 0o750),
            file(path.clone(), content, 0o640),
        ];
        write(&files).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&inner), mode(&path)), (0o750, 0o640));
    assert_eq!(fs::read_dir(folder.path().join("etc")).unwrap().count(), 1);
}

#[test]
fn an_owner_whom_the_machine_does_not_have_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let owners = [("no-such-user", None), ("root", Some("no-such-group"))];
    for (user, group) in owners {
        let mut wrong = file(folder.path().join("a"), Content::File(Vec::new()), 0o644);
        wrong.owner = Some(Owner {
            user: user.into(),
            group: group.map(Into::into),
        });
        let error = write(&[wrong]).unwrap_err();
        assert!(matches!(
            error,
            WriteError::NoUser { .. } | WriteError::NoGroup { .. }
        ));
        let told = error.to_string();
        assert!(told.contains(group.unwrap_or(user)), "{told}");
        assert!(told.ends_with("is the relay installed?"), "{told}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "").unwrap();
    let below = file(folder.path().join("a/b"), Content::File(Vec::new()), 0o644);
    let told = write(&[below]).unwrap_err().to_string();
    assert!(told.contains("a/b cannot be written"), "{told}");
}

#[test]
fn a_new_folder_is_a_profile_and_is_never_written_over() {
    let parent = tempfile::tempdir().unwrap();
    let folder = make_skeleton(parent.path(), "my-relay").unwrap();
    let profile = Profile::load(&folder).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(profile.name, "my-relay");
    fs::write(folder.join("relay.conf"), "mine").unwrap();
    let again = make_skeleton(parent.path(), "my-relay");
    assert!(matches!(again, Err(SkeletonError::Exists(_))));
    assert_eq!(
        fs::read_to_string(folder.join("relay.conf")).unwrap(),
        "mine"
    );
    for name in ["", "My", "a b", "../a", "-a", "engine"] {
        let refused = make_skeleton(parent.path(), name);
        assert!(
            matches!(refused, Err(SkeletonError::BadName(_))),
            "{name:?}"
        );
    }
}
