//! Single values as files write them: text in, a value or a complaint out.

mod certificate;
mod deed;
mod name;
mod quantity;
mod record;
mod tls;

pub(crate) use certificate::{certificate_word, key_kind, shown};
pub(crate) use deed::{
    DEEDS_OF_DNS, DEEDS_OF_HTTPS, DEEDS_OF_SMTP, DeedText, MOMENTS, Needs, moment,
};
pub(crate) use name::{address, name, name_or_address};
pub use quantity::duration;
pub(crate) use quantity::{bound, count, only_bounds, size};
pub(crate) use record::{extra_record, host_address, mx_record, tlsa};
pub(crate) use tls::{VERSIONS, condition, version};
