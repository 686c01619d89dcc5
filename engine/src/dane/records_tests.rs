//! Tests of `records`: which chains fit which records.

use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyUsagePurpose, NameConstraints,
};
use rustls_pki_types::CertificateDer;

use super::fault::TlsaFault;
use super::records::{CHAIN_LIMIT, Records};
use super::testing::{Authority, DAY, Named, now, record};
use super::tlsa::Tlsa;
use crate::address::DomainName;
use crate::tls::ChainFault;

const HOST: &str = "mx.example.test";

fn records(published: &[Tlsa]) -> Records {
    let references = [HOST, "example.test"].map(|name| DomainName::parse(name).unwrap());
    Records::new(published, references.to_vec()).unwrap()
}

fn judge(published: &[Tlsa], chain: &[CertificateDer<'_>]) -> Result<(), TlsaFault> {
    records(published).judge(chain, now())
}

fn der(authority: &Authority) -> CertificateDer<'static> {
    authority.certificate().clone()
}

#[test]
fn under_usage_3_only_the_match_counts() {
    let root = Authority::root("Root");
    let expired = |leaf: &mut CertificateParams| leaf.not_after = (now() - DAY).into();
    let leaf = root.leaf_with(Named::host("other.test"), expired);
    for selector in [0, 1] {
        for matching_type in [0, 1, 2] {
            let tlsa = record(3, selector, matching_type, &leaf);
            assert_eq!(
                judge(std::slice::from_ref(&tlsa), std::slice::from_ref(&leaf)),
                Ok(()),
                "{tlsa}"
            );
            // The record is the leaf's: elsewhere in the chain the certificate proves nothing.
            let other = root.leaf(Named::host(HOST));
            assert_eq!(
                judge(&[tlsa], &[other, leaf.clone()]),
                Err(TlsaFault::NoMatch)
            );
        }
    }
    assert_eq!(
        judge(&[record(3, 1, 1, &leaf)], &[]),
        Err(TlsaFault::Absent)
    );
}

#[test]
fn one_record_that_fits_is_enough() {
    let (root, other) = (Authority::root("Root"), Authority::root("Other"));
    let leaf = root.leaf(Named::host(HOST));
    let chain = [leaf.clone(), der(&root)];
    let (stale, fits) = (record(3, 1, 1, other.certificate()), record(3, 1, 1, &leaf));
    let (foreign, anchor) = (
        record(2, 0, 1, other.certificate()),
        record(2, 0, 1, root.certificate()),
    );
    // (records, does one fit?)
    let cases = [
        (vec![stale.clone(), fits.clone()], true),
        (vec![fits, stale.clone()], true),
        (vec![stale.clone(), anchor.clone()], true),
        (vec![foreign.clone(), anchor], true),
        (vec![stale, foreign], false),
    ];
    for (published, want) in cases {
        assert_eq!(judge(&published, &chain).is_ok(), want, "{published:?}");
    }
}

#[test]
fn of_each_usage_and_selector_only_the_strongest_usable_digest_counts() {
    let (root, other) = (Authority::root("Root"), Authority::root("Other"));
    let leaf = root.leaf(Named::host(HOST));
    let of_leaf = |selector, matching_type| record(3, selector, matching_type, &leaf);
    let stale = |selector, matching_type| record(3, selector, matching_type, other.certificate());
    let mut damaged = of_leaf(1, 2);
    damaged.data.truncate(2);
    // (records, is the leaf authenticated?)
    let cases = [
        (vec![stale(1, 2), of_leaf(1, 1)], false),
        (vec![stale(1, 1), of_leaf(1, 2)], true),
        (vec![stale(1, 2), of_leaf(1, 0)], true),
        (vec![stale(1, 2), of_leaf(0, 1)], true),
        (vec![stale(1, 2), of_leaf(1, 2), of_leaf(1, 1)], true),
        (vec![damaged, of_leaf(1, 1)], true),
        (
            vec![record(2, 1, 2, other.certificate()), of_leaf(1, 1)],
            true,
        ),
    ];
    for (published, want) in cases {
        assert_eq!(
            judge(&published, std::slice::from_ref(&leaf)).is_ok(),
            want,
            "{published:?}"
        );
    }
}

#[test]
fn records_that_are_all_unusable_are_no_records_to_judge_by() {
    let leaf = Authority::root("Root").leaf(Named::host(HOST));
    let of = |usage, selector, matching_type| record(usage, selector, matching_type, &leaf);
    let unusable = [
        of(0, 0, 1),
        of(1, 1, 1),
        of(9, 1, 1),
        of(3, 7, 1),
        of(3, 1, 9),
    ];
    assert_eq!(Records::new(&unusable, Vec::new()), None);
    assert_eq!(Records::new(&[], Vec::new()), None);
    assert!(Records::new(&[&unusable[..], &[of(3, 1, 1)]].concat(), Vec::new()).is_some());
}

#[test]
fn a_trust_anchor_is_in_the_chain_or_given_in_full() {
    let root = Authority::root("Root");
    let middle = root.below("Middle", |_| ());
    let leaf = middle.leaf(Named::host(HOST));
    let whole = [leaf.clone(), der(&middle), der(&root)];
    let short = [leaf.clone(), der(&middle)];
    let mixed = [leaf.clone(), der(&root), der(&middle)];
    let alone = [leaf.clone()];
    let of_root = |selector, matching_type| record(2, selector, matching_type, root.certificate());
    let of_middle =
        |selector, matching_type| record(2, selector, matching_type, middle.certificate());
    let unknown = Err(TlsaFault::Chain(ChainFault::UnknownIssuer));
    // (record, chain, verdict)
    let cases: [(Tlsa, &[CertificateDer<'_>], Result<(), TlsaFault>); 15] = [
        (of_root(0, 1), &whole, Ok(())),
        (of_root(1, 2), &whole, Ok(())),
        (of_root(0, 1), &mixed, Ok(())),
        (of_middle(0, 1), &whole, Ok(())),
        (of_middle(1, 1), &short, Ok(())),
        (of_root(0, 1), &short, Err(TlsaFault::NoMatch)),
        (of_root(1, 1), &short, Err(TlsaFault::NoMatch)),
        (of_root(0, 0), &short, Ok(())),
        (of_root(1, 0), &short, Ok(())),
        (of_middle(0, 0), &alone, Ok(())),
        (of_middle(1, 0), &alone, Ok(())),
        (of_root(0, 0), &alone, unknown.clone()),
        (
            of_root(1, 0),
            &alone,
            Err(TlsaFault::Chain(ChainFault::Invalid(
                "InvalidSignatureForPublicKey".into(),
            ))),
        ),
        (record(2, 0, 1, &leaf), &whole, Err(TlsaFault::NoMatch)),
        (record(2, 1, 1, &leaf), &whole, Err(TlsaFault::NoMatch)),
    ];
    for (tlsa, chain, want) in cases {
        let got = judge(std::slice::from_ref(&tlsa), chain);
        assert_eq!(
            got, want,
            "{} {} {}",
            tlsa.usage, tlsa.selector, tlsa.matching_type
        );
    }
}

#[test]
fn a_certificate_that_is_merely_sent_along_vouches_for_nobody() {
    let (root, impostor) = (Authority::root("Root"), Authority::root("Root"));
    let leaf = impostor.leaf(Named::host(HOST));
    let chain = [leaf.clone(), der(&root), der(&impostor)];
    for (selector, matching_type) in [(0, 1), (1, 1), (0, 0), (1, 0)] {
        let tlsa = record(2, selector, matching_type, root.certificate());
        assert!(matches!(judge(&[tlsa], &chain), Err(TlsaFault::Chain(_))));
    }
}

#[test]
fn under_usage_2_dates_use_and_limits_count() {
    let past = |params: &mut CertificateParams| params.not_after = (now() - DAY).into();
    let future = |params: &mut CertificateParams| params.not_before = (now() + DAY).into();
    let nobody = |params: &mut CertificateParams| params.is_ca = IsCa::NoCa;
    let length = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    };
    let no_signing = |params: &mut CertificateParams| {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    };
    let clients = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    };
    let elsewhere = |params: &mut CertificateParams| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("other.test".into())],
            excluded_subtrees: Vec::new(),
        });
    };
    let unheard_of = |params: &mut CertificateParams| {
        let mut extension = CustomExtension::from_oid_content(&[1, 3, 9999, 1], vec![5, 0]);
        extension.set_criticality(true);
        params.custom_extensions = vec![extension];
    };
    let as_is = |_: &mut CertificateParams| ();
    type Change<'c> = &'c dyn Fn(&mut CertificateParams);
    // (what is odd about the root, the authority below it, the leaf; the failure type, if it fails)
    let cases: [(Change<'_>, Change<'_>, Change<'_>, Option<&str>); 16] = [
        (&as_is, &as_is, &as_is, None),
        (&past, &as_is, &as_is, Some("certificate-expired")),
        (&as_is, &past, &as_is, Some("certificate-expired")),
        (&as_is, &as_is, &past, Some("certificate-expired")),
        (&future, &as_is, &as_is, Some("certificate-not-trusted")),
        (&as_is, &as_is, &future, Some("certificate-not-trusted")),
        (&nobody, &as_is, &as_is, Some("certificate-not-trusted")),
        (&as_is, &nobody, &as_is, Some("certificate-not-trusted")),
        (&length, &as_is, &as_is, Some("certificate-not-trusted")),
        (&as_is, &length, &as_is, None),
        (&no_signing, &as_is, &as_is, Some("certificate-not-trusted")),
        (&clients, &as_is, &as_is, Some("certificate-not-trusted")),
        (&as_is, &as_is, &clients, Some("certificate-not-trusted")),
        (&elsewhere, &as_is, &as_is, Some("certificate-not-trusted")),
        (&unheard_of, &as_is, &as_is, Some("certificate-not-trusted")),
        (&as_is, &as_is, &unheard_of, Some("certificate-not-trusted")),
    ];
    for (number, (of_root, of_middle, of_leaf, want)) in cases.into_iter().enumerate() {
        let root = Authority::root_with("Root", of_root);
        let middle = root.below("Middle", of_middle);
        let leaf = middle.leaf_with(Named::host(HOST), of_leaf);
        let whole = [leaf.clone(), der(&middle), der(&root)];
        let short = [leaf, der(&middle)];
        let by_digest = judge(&[record(2, 0, 1, root.certificate())], &whole);
        let by_dns = judge(&[record(2, 0, 0, root.certificate())], &short);
        for got in [by_digest, by_dns] {
            let got = got.err().map(|fault| fault.failure_type());
            assert_eq!(got, want, "case {number}");
        }
    }
}

#[test]
fn under_usage_2_the_certificate_names_the_host_or_the_next_hop_domain() {
    let root = Authority::root("Root");
    let anchor = record(2, 0, 1, root.certificate());
    // (name in the certificate, is it accepted?)
    let cases = [
        (HOST, true),
        ("example.test", true),
        ("*.example.test", true),
        ("other.test", false),
        ("second.example.test", false),
    ];
    for (name, want) in cases {
        let chain = [root.leaf(Named::host(name)), der(&root)];
        let got = judge(std::slice::from_ref(&anchor), &chain);
        let fault = TlsaFault::Name("mx.example.test, example.test".to_owned());
        assert_eq!(got, if want { Ok(()) } else { Err(fault) }, "{name}");
    }
}

#[test]
fn a_long_chain_is_read_to_a_bound() {
    let root = Authority::root("Root");
    let leaf = root.leaf(Named::host(HOST));
    let anchor = [record(2, 0, 1, root.certificate())];
    let padded = |count: usize| {
        let mut chain = vec![leaf.clone()];
        chain.extend((1..count).map(|number| der(&Authority::root(&number.to_string()))));
        chain.push(der(&root));
        chain
    };
    assert_eq!(judge(&anchor, &padded(CHAIN_LIMIT - 1)), Ok(()));
    assert_eq!(
        judge(&anchor, &padded(CHAIN_LIMIT)),
        Err(TlsaFault::NoMatch)
    );
}

/// A record of any kind over any bytes, or over one of these certificates.
fn any_record(known: Vec<CertificateDer<'static>>) -> impl Strategy<Value = Tlsa> {
    let numbers = (0_u8..5, 0_u8..3, 0_u8..4);
    let bytes = proptest::collection::vec(any::<u8>(), 0..80);
    (
        numbers,
        bytes,
        proptest::option::weighted(0.8, 0..known.len()),
    )
        .prop_map(
            move |((usage, selector, matching_type), data, of)| match of {
                Some(place) => record(usage, selector, matching_type, &known[place]),
                None => Tlsa {
                    usage,
                    selector,
                    matching_type,
                    data,
                },
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nobody_is_authenticated_whom_no_record_speaks_of(
        published in {
            let (root, other) = (Authority::root("Root"), Authority::root("Other"));
            let leaf = root.leaf(Named::host(HOST));
            proptest::collection::vec(any_record(vec![der(&root), leaf, der(&other)]), 1..8)
        },
    ) {
        let strange = Authority::root("Root");
        let chain = [strange.leaf(Named::host(HOST)), der(&strange)];
        if let Some(records) = Records::new(&published, vec![DomainName::parse(HOST).unwrap()]) {
            prop_assert!(records.judge(&chain, now()).is_err());
        }
    }

    #[test]
    fn damaged_chains_are_judged_without_panic(
        at: prop::sample::Index, octet: u8, cut: prop::sample::Index, selector in 0_u8..2, matching_type in 0_u8..3,
    ) {
        let root = Authority::root("Root");
        let leaf = root.leaf(Named::host(HOST));
        let published = [record(2, selector, matching_type, root.certificate())];
        for place in 0..2 {
            let mut chain = [leaf.to_vec(), root.certificate().to_vec()];
            let damaged = &mut chain[place];
            let at = at.index(damaged.len());
            let is_changed = damaged[at] != octet;
            damaged[at] = octet;
            damaged.truncate(cut.index(damaged.len()) + 1);
            let is_changed = is_changed || damaged.len() < [&leaf, root.certificate()][place].len();
            let chain = chain.map(CertificateDer::from);
            let got = records(&published).judge(&chain, now());
            // A leaf that was touched has a signature that no longer fits.
            prop_assert!(place == 1 || got.is_err() || !is_changed);
        }
    }

    #[test]
    fn the_order_of_records_means_nothing(
        published in {
            let root = Authority::root("Root");
            let leaf = root.leaf(Named::host(HOST));
            proptest::collection::vec(any_record(vec![der(&root), leaf]), 1..8)
        },
    ) {
        let reversed: Vec<Tlsa> = published.iter().rev().cloned().collect();
        prop_assert_eq!(Records::new(&published, Vec::new()), Records::new(&reversed, Vec::new()));
    }
}
