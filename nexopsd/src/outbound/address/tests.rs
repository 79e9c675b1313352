use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn denied(text: &str) -> Option<Denied> {
    judge(text.parse().unwrap(), false).err()
}

#[rstest]
fn addresses_of_machines_may_be_asked(
    #[values(
        "10.0.0.1", "172.16.3.4", "192.168.1.10", "100.64.0.1", "100.127.255.254", "8.8.8.8", "1.1.1.1",
        "169.253.255.255", "169.255.0.1", "128.0.0.1", "126.255.255.255", "223.255.255.255", "198.18.0.1",
        "2001:db8::1", "2606:4700::1111", "fd12:3456:789a::1", "fc00::1", "fec0::1", "fd00:42::43",
        // Private addresses inside of IPv6 ones.
        "::ffff:10.0.0.1", "64:ff9b::192.168.1.1", "2002:c0a8:0101::1", "64:ff9b:1::10.0.0.1", "fd00::5efe:10.0.0.1",
        // Teredo: relay 65.54.227.120, client 192.0.2.45.
        "2001:0:4136:e378:8000:63bf:3fff:fdd2"
    )]
    address: &str,
) {
    assert_eq!(denied(address), None);
}

#[rstest]
#[case("127.0.0.1", Denied::Loopback)]
#[case("127.255.255.254", Denied::Loopback)]
#[case("::1", Denied::Loopback)]
#[case("0.0.0.0", Denied::Unspecified)]
#[case("0.1.2.3", Denied::Unspecified)]
#[case("::", Denied::Unspecified)]
#[case("169.254.169.254", Denied::LinkLocal)]
#[case("169.254.0.0", Denied::LinkLocal)]
#[case("169.254.255.255", Denied::LinkLocal)]
#[case("fe80::1", Denied::LinkLocal)]
#[case("febf:ffff::1", Denied::LinkLocal)]
#[case("100.100.100.200", Denied::Metadata)]
#[case("192.0.0.192", Denied::Metadata)]
#[case("168.63.129.16", Denied::Metadata)]
#[case("fd00:ec2::254", Denied::Metadata)]
#[case("fd00:ec2::23", Denied::Metadata)]
#[case("fd20:ce::254", Denied::Metadata)]
#[case("fd00:c1::a9fe:a9fe", Denied::Metadata)]
#[case("fd00:42::42", Denied::Metadata)]
#[case("224.0.0.1", Denied::Multicast)]
#[case("239.255.255.250", Denied::Multicast)]
#[case("ff02::1", Denied::Multicast)]
#[case("240.0.0.1", Denied::Reserved)]
#[case("255.255.255.255", Denied::Reserved)]
fn the_others_may_not(#[case] address: &str, #[case] expected: Denied) {
    assert_eq!(denied(address), Some(expected));
}

/// Every way in which an IPv6 address can carry an IPv4 one.
fn carriers(inner: Ipv4Addr) -> Vec<(&'static str, Ipv6Addr)> {
    let bits = u128::from(inner.to_bits());
    let [a, b, c, d] = inner.octets().map(u128::from);
    let local = 0x0064_ff9b_0001_u128 << 80;
    let teredo = 0x2001_0000_u128 << 96;
    vec![
        ("mapped", inner.to_ipv6_mapped()),
        ("compatible", Ipv6Addr::from_bits(bits)),
        ("translated", Ipv6Addr::from_bits(0xffff_0000_u128 << 32 | bits)),
        ("NAT64", Ipv6Addr::from_bits(0x0064_ff9b_u128 << 96 | bits)),
        ("NAT64 for local use, /48", Ipv6Addr::from_bits(local | a << 72 | b << 64 | c << 48 | d << 40)),
        ("NAT64 for local use, /56", Ipv6Addr::from_bits(local | a << 64 | b << 48 | c << 40 | d << 32)),
        ("NAT64 for local use, /64", Ipv6Addr::from_bits(local | bits << 24)),
        ("NAT64 for local use, /96", Ipv6Addr::from_bits(local | bits)),
        ("6to4", Ipv6Addr::from_bits(0x2002_u128 << 112 | bits << 80 | 1)),
        ("Teredo relay", Ipv6Addr::from_bits(teredo | bits << 64 | 0x3f57_fe01)),
        ("Teredo client", Ipv6Addr::from_bits(teredo | 0x0808_0808_u128 << 64 | u128::from(!inner.to_bits()))),
        ("ISATAP", Ipv6Addr::from_bits(0xfd00_u128 << 112 | 0x5efe_u128 << 32 | bits)),
        ("global ISATAP", Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | 0x0200_5efe_u128 << 32 | bits)),
    ]
}

#[rstest]
fn a_denied_address_is_denied_inside_of_another_one_too(
    #[values("127.0.0.1", "169.254.169.254", "100.100.100.200", "224.0.0.251", "255.255.255.255", "240.0.0.1")]
    inner: Ipv4Addr,
) {
    for (way, outer) in carriers(inner) {
        let verdict = judge(outer.into(), false);
        assert!(verdict.is_err(), "{way}: {outer} carries {inner}");
        if way != "compatible" {
            assert_eq!(verdict.err(), denied_v4(inner), "{way}: {outer}");
        }
    }
}

#[test]
fn loopback_is_allowed_by_configuration_and_nothing_else_is() {
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"] {
        assert_eq!(judge(address.parse().unwrap(), true), Ok(()), "{address}");
    }
    for address in ["169.254.169.254", "0.0.0.0", "::", "fe80::1", "::ffff:169.254.169.254", "fd00:ec2::254"] {
        assert!(judge(address.parse().unwrap(), true).is_err(), "{address}");
    }
}

#[rstest]
#[case("metadata.google.internal", true)]
#[case("Metadata.Google.Internal.", true)]
#[case("metadata", true)]
#[case("instance-data.ec2.internal", true)]
#[case("metadata.example", false)]
#[case("my-metadata", false)]
#[case("", false)]
fn names_of_metadata_services_are_known(#[case] name: &str, #[case] expected: bool) {
    assert_eq!(is_metadata_name(name), expected);
}

proptest! {
    /// What carries an address is judged as the address itself, wherever it stands.
    #[test]
    fn a_carried_address_is_never_judged_more_mildly(bits in any::<u32>()) {
        let inner = Ipv4Addr::from_bits(bits);
        prop_assume!(inner.octets()[0] != 0);
        for (way, outer) in carriers(inner) {
            if judge(inner.into(), false).is_err() {
                prop_assert!(judge(outer.into(), false).is_err(), "{way}: {outer} carries {inner}");
            }
        }
    }

    /// Loopback's permission widens the rules by loopback alone.
    #[test]
    fn the_permission_for_loopback_is_for_loopback_alone(bits in any::<u128>(), is_v4 in any::<bool>()) {
        let address: IpAddr = if is_v4 {
            Ipv4Addr::from_bits(low_32(bits)).into()
        } else {
            Ipv6Addr::from_bits(bits).into()
        };
        match judge(address, false) {
            Ok(()) | Err(Denied::Loopback) => prop_assert_eq!(judge(address, true), Ok(())),
            Err(denied) => prop_assert_eq!(judge(address, true), Err(denied)),
        }
    }
}
