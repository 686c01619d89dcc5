//! The relay's files: rendered, then written with the mode and owner that the profile asks for.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use minijinja::value::Value;
use nix::unistd::{Group, User};

use super::data::Data;
use super::profile::{FileSource, PlacedFile, Profile};
use super::template::{RenderError, values};

/// A file or folder as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Where, from the root.
    pub path: PathBuf,
    /// What it is.
    pub content: Content,
    /// Its permissions.
    pub mode: u32,
    /// Whose it is; none: of whoever writes it.
    pub owner: Option<Owner>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A folder; what is in it stays.
    Folder,
    /// A file.
    File(Vec<u8>),
}

/// Names of a user and of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: String,
    /// The group; none: the user's own.
    pub group: Option<String>,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The disk or the rights.
    #[error("{} cannot be written: {error}", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// There is no such user.
    #[error("{} is to belong to user {user:?}, whom this machine does not have; is the relay installed?", path.display())]
    NoUser {
        /// Which file.
        path: PathBuf,
        /// Who.
        user: String,
    },
    /// There is no such group.
    #[error("{} is to belong to group {group:?}, which this machine does not have; is the relay installed?", path.display())]
    NoGroup {
        /// Which file.
        path: PathBuf,
        /// Which group.
        group: String,
    },
    /// Only root gives files away.
    #[error("{} cannot be given to {owner}: {error}; this needs root", path.display())]
    Owner {
        /// Which file.
        path: PathBuf,
        /// Who was to have it.
        owner: String,
        /// What the system says.
        error: io::Error,
    },
}

impl Profile {
    /// All folders and files of the relay, folders first.
    ///
    /// # Errors
    /// When a template asks for what the data do not have.
    pub fn render(&self, data: &Data) -> Result<Vec<RenderedFile>, RenderError> {
        let seen = values(data);
        let files = self.files.iter();
        files.map(|file| file.render(&data.folder, &seen)).collect()
    }
}

impl PlacedFile {
    fn render(&self, folder: &Path, data: &Value) -> Result<RenderedFile, RenderError> {
        let content = match &self.source {
            FileSource::Folder => Content::Folder,
            FileSource::Template(template) => Content::File(template.render(data)?.into_bytes()),
        };
        Ok(RenderedFile {
            path: folder.join(&self.path),
            content,
            mode: self.mode,
            owner: self.owner.clone(),
        })
    }
}

/// Makes folders and writes files. A file that is there is replaced in one go, so that a relay which reads it meanwhile
/// sees the old one or the new one.
///
/// # Errors
/// When one of them cannot be written, or its owner is unknown.
pub fn write(files: &[RenderedFile]) -> Result<(), WriteError> {
    files.iter().try_for_each(write_one)
}

fn write_one(file: &RenderedFile) -> Result<(), WriteError> {
    let failed = |error| WriteError::Path {
        path: file.path.clone(),
        error,
    };
    let owner = file.owner.as_ref().map(|owner| numbers(&file.path, owner));
    let owner = owner.transpose()?;
    match &file.content {
        Content::Folder => {
            fs::create_dir_all(&file.path).map_err(failed)?;
            settle(&file.path, file, owner)
        }
        Content::File(content) => {
            let folder = file.path.parent().unwrap_or(Path::new("/"));
            fs::create_dir_all(folder).map_err(failed)?;
            let mut made = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
            made.write_all(content).map_err(failed)?;
            settle(made.path(), file, owner)?;
            made.persist(&file.path)
                .map_err(|error| failed(error.error))?;
            Ok(())
        }
    }
}

/// Owner first: to give a file away takes bits of its mode.
fn settle(path: &Path, file: &RenderedFile, owner: Option<(u32, u32)>) -> Result<(), WriteError> {
    if let (Some((user, group)), Some(names)) = (owner, &file.owner) {
        chown(path, Some(user), Some(group)).map_err(|error| WriteError::Owner {
            path: file.path.clone(),
            owner: names.user.clone(),
            error,
        })?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(file.mode)).map_err(|error| {
        WriteError::Path {
            path: file.path.clone(),
            error,
        }
    })
}

fn numbers(path: &Path, owner: &Owner) -> Result<(u32, u32), WriteError> {
    let no_user = || WriteError::NoUser {
        path: path.to_owned(),
        user: owner.user.clone(),
    };
    let user = User::from_name(&owner.user).ok().flatten();
    let user = user.ok_or_else(no_user)?;
    let group = match &owner.group {
        None => user.gid,
        Some(name) => {
            let group = Group::from_name(name).ok().flatten();
            let no_group = || WriteError::NoGroup {
                path: path.to_owned(),
                group: name.clone(),
            };
            group.ok_or_else(no_group)?.gid
        }
    };
    Ok((user.uid.as_raw(), group.as_raw()))
}
