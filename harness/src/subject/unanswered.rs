//! Dials that nobody answers. No fake sees them, so the dialler's side tells them.

use std::net::SocketAddr;

use mtaspec_judge::events::What;

use super::contract::Instructions;
use crate::plan::AddressBook;
use crate::recorder::{Recorder, Teller};

/// Records that the subject dialled this logical address in vain, and what that has shown it.
pub fn tell_unanswered(
    recorder: &Recorder,
    instructions: &Instructions,
    addresses: &AddressBook,
    to: SocketAddr,
) {
    let Some((host, address)) = instructions.host_at(to.ip()) else {
        return;
    };
    let teller = Teller {
        host: Some(host.to_owned()),
        ..Teller::default()
    };
    let what = What::Connect {
        family: if to.is_ipv4() { "ipv4" } else { "ipv6" }.to_owned(),
        port: to.port(),
        address,
        refused: true,
        source: None,
    };
    recorder.record(teller.clone(), what);
    if let Some(shown) = addresses.shown_by_refusal(to) {
        let what = What::Met {
            what: shown.to_string(),
        };
        recorder.record(teller, what);
    }
}
