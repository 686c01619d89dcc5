//! `--address-map FILE`: which real address stands behind a logical one.
//!
//! ```toml
//! "198.18.0.3:25" = "127.0.0.1:40123"
//! "[2001:db8::3]:25" = "[::1]:40124"
//! ```

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use crate::trouble::Trouble;

/// The longest file.
const LIMIT: u64 = 16 * 1_024 * 1_024;

/// Reads a map as JSON or TOML, told apart by its first character.
pub(crate) fn read(path: &Path) -> Result<HashMap<SocketAddr, SocketAddr>, Trouble> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Trouble::usage(format!(
            "the address map {} cannot be read: {why}",
            path.display()
        ))
    };
    let length = std::fs::metadata(path)
        .map_err(|error| unreadable(&error))?
        .len();
    if length > LIMIT {
        return Err(unreadable(&format!(
            "it has {length} octets, at most {LIMIT} are read"
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    parse(&text).map_err(|why| unreadable(&why))
}

/// All that is wrong, a line each.
fn parse(text: &str) -> Result<HashMap<SocketAddr, SocketAddr>, String> {
    let table: HashMap<String, Value> = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| error.to_string())?
    } else {
        toml::from_str(text).map_err(|error| error.to_string())?
    };
    let mut map = HashMap::new();
    let mut wrong = Vec::new();
    for (key, value) in table {
        let from = key.parse::<SocketAddr>();
        let to = value
            .as_str()
            .and_then(|text| text.parse::<SocketAddr>().ok());
        match (from, to) {
            (Ok(from), Some(to)) if to.ip().is_loopback() => {
                map.insert(from, to);
            }
            (Ok(_), Some(to)) => wrong.push(format!("{to} is no loopback address")),
            (Ok(_), None) => wrong.push(format!(
                "{value} is no address with a port, as in \"127.0.0.1:2525\""
            )),
            (Err(_), _) => wrong.push(format!(
                "{key:?} is no address with a port, as in \"198.18.0.3:25\""
            )),
        }
    }
    if wrong.is_empty() {
        Ok(map)
    } else {
        wrong.sort();
        Err(wrong.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_toml_or_json_and_leads_to_loopback() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let want = HashMap::from([(address("198.18.0.3:25"), address("127.0.0.1:4"))]);
        // (text, the map or what is told)
        let cases = [
            ("\"198.18.0.3:25\" = \"127.0.0.1:4\"", Ok(want.clone())),
            ("{\"198.18.0.3:25\": \"127.0.0.1:4\"}", Ok(want)),
            ("", Ok(HashMap::new())),
            (
                "a = \"127.0.0.1:4\"\n\"198.18.0.3:25\" = 4\n\"198.18.0.4:25\" = \"192.0.2.1:25\"",
                Err("\"a\" is no address with a port, as in \"198.18.0.3:25\"; \
                     192.0.2.1:25 is no loopback address; \
                     4 is no address with a port, as in \"127.0.0.1:2525\""
                    .to_owned()),
            ),
        ];
        for (text, want) in cases {
            assert_eq!(parse(text), want, "{text}");
        }
        assert!(parse("{").is_err());
        assert!(parse("= 1").is_err());
    }
}
