//! Where a zone has a name: there, behind a wildcard, or nowhere (RFC 4592 §2.2, §3.3.1).

use std::collections::BTreeMap;

use hickory_proto::rr::Name;

/// Where a name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// It exists, if only since something stands below it.
    Here,
    /// It does not, and this wildcard at its closest encloser stands for it.
    Wildcard { source: Name, encloser: Name },
    /// It does not.
    Nowhere { encloser: Name },
}

/// The place of `name` in the zone of `origin` that has these names, which are in canonical order.
pub(super) fn place<T>(names: &BTreeMap<Name, T>, origin: &Name, name: &Name) -> Place {
    if exists(names, name) {
        return Place::Here;
    }
    let mut encloser = name.base_name();
    while encloser != *origin && !encloser.is_root() && !exists(names, &encloser) {
        encloser = encloser.base_name();
    }
    match encloser.prepend_label("*") {
        Ok(source) if exists(names, &source) => Place::Wildcard { source, encloser },
        _ => Place::Nowhere { encloser },
    }
}

/// A name with something below it exists, if only as an empty non-terminal.
fn exists<T>(names: &BTreeMap<Name, T>, name: &Name) -> bool {
    let first = names.range(name..).next();
    first.is_some_and(|(other, _)| name.zone_of(other))
}
