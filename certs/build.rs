//! Empty: the build dependency alone matters, since it switches on features of the vendored OpenSSL.

fn main() {}
