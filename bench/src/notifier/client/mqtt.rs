//! What a device says to an MQTT broker (MQTT 3.1.1, QoS 1): a few packets.

use anyhow::{Context as _, bail};

use super::{Heard, Speech};
use crate::notifier::{ANSWER_BYTES, server::KEEP_ALIVE};

/// The longest packet that is taken, in bytes.
const LONGEST: usize = 64 << 10;

/// A packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::notifier) enum Packet {
    Connected,
    Subscribed,
    /// A message that wants to be acknowledged under this number.
    Publish {
        topic: String,
        number: u16,
    },
    /// A message was taken by the broker.
    Published(u16),
    Other,
}

/// The bytes of a connection becoming packets.
#[derive(Debug, Default)]
pub(in crate::notifier) struct Packets(Vec<u8>);

/// A device.
#[derive(Debug)]
pub(in crate::notifier) struct Mqtt {
    number: usize,
    packets: Packets,
    next: u16,
    answer: Vec<u8>,
}

impl Mqtt {
    pub(in crate::notifier) fn new(number: usize) -> Self {
        Self { number, packets: Packets::default(), next: 1, answer: vec![b'a'; ANSWER_BYTES] }
    }
}

impl Speech for Mqtt {
    fn opening(&mut self) -> Vec<u8> {
        self.packets = Packets::default();
        let mut bytes = connect(&format!("d{}", self.number));
        bytes.extend(subscribe(1, &format!("t/{}", self.number)));
        bytes
    }

    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Heard> {
        self.packets.push(bytes);
        let mut heard = Heard::default();
        while let Some(packet) = self.packets.next()? {
            match packet {
                Packet::Subscribed => heard.served = true,
                Packet::Publish { number, .. } => {
                    out.extend(acknowledge(number));
                    out.extend(publish(self.next, &format!("a/{}", self.number), &self.answer));
                    self.next = self.next.checked_add(1).unwrap_or(1);
                    heard.answered += 1;
                }
                Packet::Published(_) => heard.confirmed += 1,
                Packet::Connected | Packet::Other => {}
            }
        }
        Ok(heard)
    }

    fn keep_alive(&mut self) -> Vec<u8> {
        vec![0xc0, 0]
    }
}

impl Packets {
    pub(in crate::notifier) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Returns the next packet; `None` where the rest of it has not come.
    pub(in crate::notifier) fn next(&mut self) -> anyhow::Result<Option<Packet>> {
        let mut length = 0;
        let mut head = 1;
        loop {
            let Some(byte) = self.0.get(head) else { return Ok(None) };
            length |= usize::from(byte & 0x7f) << (7 * (head - 1));
            head += 1;
            if byte & 0x80 == 0 {
                break;
            }
            if head > 4 {
                bail!("the length of a packet is not valid");
            }
        }
        if length > LONGEST {
            bail!("a packet of {length} bytes came");
        }
        if self.0.len() < head + length {
            return Ok(None);
        }
        let packet: Vec<u8> = self.0.drain(..head + length).collect();
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
        read(packet.first().copied().unwrap_or_default(), packet.get(head..).unwrap_or_default()).map(Some)
    }
}

fn read(kind: u8, body: &[u8]) -> anyhow::Result<Packet> {
    let number = |at: usize| {
        let bytes = body.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u16::from_be_bytes).context("a packet is too short")
    };
    Ok(match kind >> 4 {
        2 if body == [0, 0] => Packet::Connected,
        2 => bail!("the broker refused the connection: {body:?}"),
        3 => {
            let length = usize::from(number(0)?);
            let topic = body.get(2..2 + length).context("a topic is too short")?;
            Packet::Publish {
                topic: String::from_utf8_lossy(topic).into_owned(),
                number: number(2 + length)?,
            }
        }
        4 => Packet::Published(number(0)?),
        9 => Packet::Subscribed,
        _ => Packet::Other,
    })
}

/// Makes the first packet: a clean session, and a keep-alive that this client meets.
pub(in crate::notifier) fn connect(name: &str) -> Vec<u8> {
    let seconds = u16::try_from(KEEP_ALIVE.as_secs()).unwrap_or(u16::MAX);
    let mut body = vec![0, 4, b'M', b'Q', b'T', b'T', 4, 2];
    body.extend(seconds.to_be_bytes());
    text(name, &mut body);
    packet(0x10, &body)
}

/// Subscribes to a topic with QoS 1.
pub(in crate::notifier) fn subscribe(number: u16, topic: &str) -> Vec<u8> {
    let mut body = number.to_be_bytes().to_vec();
    text(topic, &mut body);
    body.push(1);
    packet(0x82, &body)
}

/// Publishes with QoS 1.
pub(in crate::notifier) fn publish(number: u16, topic: &str, content: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    text(topic, &mut body);
    body.extend(number.to_be_bytes());
    body.extend_from_slice(content);
    packet(0x32, &body)
}

pub(in crate::notifier) fn acknowledge(number: u16) -> Vec<u8> {
    packet(0x40, &number.to_be_bytes())
}

fn text(text: &str, body: &mut Vec<u8>) {
    body.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    let mut length = body.len();
    loop {
        let seven = u8::try_from(length & 0x7f).unwrap_or_default();
        length >>= 7;
        bytes.push(if length > 0 { seven | 0x80 } else { seven });
        if length == 0 {
            break;
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_those_of_the_standard() {
        assert_eq!(connect("d1"), [0x10, 14, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 1, 44, 0, 2, b'd', b'1']);
        assert_eq!(subscribe(1, "t/1"), [0x82, 8, 0, 1, 0, 3, b't', b'/', b'1', 1]);
        assert_eq!(publish(258, "a", b"xy"), [0x32, 7, 0, 1, b'a', 1, 2, b'x', b'y']);
        assert_eq!(publish(1, "a", &[0; 200]).get(..3), Some(&[0x32, 0xcd, 1][..]));
        assert_eq!(acknowledge(258), [0x40, 2, 1, 2]);
    }

    #[test]
    fn packets_are_read_in_any_pieces() {
        let mut bytes = vec![0x20, 2, 0, 0, 0x90, 3, 0, 1, 1];
        bytes.extend(publish(7, "t/1", &[b'x'; 300]));
        bytes.extend(acknowledge(9));
        bytes.extend([0xd0, 0]);
        for size in [1, 2, 7, bytes.len()] {
            let mut packets = Packets::default();
            let mut all = Vec::new();
            for piece in bytes.chunks(size) {
                packets.push(piece);
                while let Some(packet) = packets.next().expect("valid") {
                    all.push(packet);
                }
            }
            let publish = Packet::Publish { topic: "t/1".to_owned(), number: 7 };
            let expected =
                [Packet::Connected, Packet::Subscribed, publish, Packet::Published(9), Packet::Other];
            assert_eq!(all, expected, "{size}");
        }
        let mut refused = Packets::default();
        refused.push(&[0x20, 2, 0, 5]);
        assert!(refused.next().is_err());
    }
}
