//! Which addresses are dialled: those of the internet, unless the operator says otherwise. Whoever names an address must not
//! reach what stands beside the program that dials it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns whether an address is one of the internet.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || shared
        || protocol
        || benchmark)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [first, second, ..] = segments;
    // Addresses that carry an IPv4 address lead where that one leads.
    let embedded = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => return embedded(high, low),
        [0x2002, high, low, ..] => return embedded(high, low),
        _ => {}
    }
    // What is handed out of the internet begins with 001; the rest is local, multicast or reserved.
    let global = first & 0xe000 == 0x2000;
    let special = first == 0x2001 && (second < 0x0200 || second == 0x0db8);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beside_the_program_is_not_the_internet() {
        check("93.184.215.14 2606:4700::1111 64:ff9b::5db8:d70e", true);
        check(
            "127.0.0.1 127.9.9.9 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0",
            false,
        );
        check("255.255.255.255 224.0.0.1 198.18.0.1 192.0.0.8 240.0.0.1 192.0.2.1", false);
        check("::1 :: fe80::1 fc00::1 fd12::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1", false);
        check("64:ff9b::7f00:1 2002:7f00:1::1 2001:db8::1 2001::1 64:ff9b:1::1", false);
    }

    #[track_caller]
    fn check(addresses: &str, public: bool) {
        for address in addresses.split(' ') {
            assert_eq!(is_public(address.parse().expect("an address")), public, "{address}");
        }
    }
}
