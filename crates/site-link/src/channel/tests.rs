use proptest::prelude::*;

use super::*;

#[test]
fn frames_arrive_in_order_small_and_large_compressed_and_not() {
    let (mut site, mut console) = pair();
    for size in [0, 1, COMPRESS_FROM - 1, COMPRESS_FROM, 100_000] {
        for compress in [false, true] {
            let payload = vec![b'x'; size];
            let frame = site.seal(&payload, compress).expect("it fits");
            assert_eq!(frame[8] & COMPRESSED != 0, compress && size >= COMPRESS_FROM, "{size} {compress}");
            assert_eq!(console.open(&frame), Ok(payload));
        }
    }
}

#[test]
fn what_does_not_shrink_is_sent_as_it_is() {
    let (mut site, mut console) = pair();
    let noise: Vec<u8> = (0..4_000u32)
        .flat_map(|number| hmac::sign(&site.send, &number.to_be_bytes()).as_ref()[..8].to_vec())
        .collect();
    let frame = site.seal(&noise, true).expect("it fits");
    assert_eq!(frame[8], 0);
    assert_eq!(console.open(&frame), Ok(noise));
}

#[test]
fn a_message_past_the_limit_is_the_senders_error_and_costs_no_counter() {
    let (mut site, mut console) = pair();
    let most = LARGEST_FRAME - HEAD - MAC;
    assert_eq!(site.seal(&vec![0; most + 1], true), Err(TooLarge { bytes: most + 1 }));
    let frame = site.seal(&vec![0; most], false).expect("the most that fits");
    assert_eq!(frame.len(), LARGEST_FRAME);
    assert_eq!(console.open(&frame).map(|payload| payload.len()), Ok(most));
}

#[test]
fn each_violation_has_its_name() {
    let (mut site, _) = pair();
    let first = site.seal(b"one", false).expect("small");
    let second = site.seal(b"two", false).expect("small");

    check("a frame without a MAC", &[&first[..HEAD + MAC - 1]], CloseReason::FrameTooShort);
    check("nothing", &[&[]], CloseReason::FrameTooShort);
    check("a MAC alone", &[&[0; MAC]], CloseReason::FrameTooShort);
    check("a frame past the limit", &[&vec![0; LARGEST_FRAME + 1]], CloseReason::FrameTooLarge);
    check("the same frame twice", &[&first, &first], CloseReason::CounterRepeated);
    check("a frame without the one before", &[&second], CloseReason::CounterSkipped);
    check("a frame cut short", &[&first[..first.len() - 1]], CloseReason::MacInvalid);
    let mut changed = first;
    changed[HEAD] ^= 1;
    check("a changed payload", &[&changed], CloseReason::MacInvalid);

    let forged = |flags: u8, body: &[u8]| {
        let mut frame = [&0u64.to_be_bytes()[..], &[flags], body].concat();
        let mac = hmac::sign(&pair().0.send, &frame);
        frame.extend_from_slice(mac.as_ref());
        frame
    };
    check("flags of a later version", &[&forged(2, b"x")], CloseReason::FlagsUnknown);
    check("compressed without compression", &[&forged(COMPRESSED, b"x")], CloseReason::CompressionInvalid);
    let bomb = zstd::bulk::compress(&vec![0; LARGEST_FRAME + 1], 3).expect("zeros");
    assert!(bomb.len() < 1_000);
    check("a bomb", &[&forged(COMPRESSED, &bomb)], CloseReason::CompressionInvalid);
    let fits = zstd::bulk::compress(&vec![0; LARGEST_FRAME], 3).expect("zeros");
    assert_eq!(pair().1.open(&forged(COMPRESSED, &fits)).map(|payload| payload.len()), Ok(LARGEST_FRAME));
}

#[test]
fn a_frame_does_not_open_in_the_other_direction() {
    let (mut site, _) = pair();
    let frame = site.seal(b"one", false).expect("small");
    assert_eq!(site.open(&frame), Err(CloseReason::MacInvalid));
}

#[test]
fn a_closed_channel_stays_closed() {
    let (mut site, mut console) = pair();
    let frame = site.seal(b"one", false).expect("small");
    assert_eq!(console.open(b""), Err(CloseReason::FrameTooShort));
    assert_eq!(console.open(&frame), Err(CloseReason::FrameTooShort));
}

#[test]
fn debug_shows_no_key() {
    let (site, _) = pair();
    assert_eq!(format!("{site:?}"), "Channel { sent: 0, received: 0, closed: None, .. }");
}

/// What somebody in between does to a frame.
#[derive(Clone, Debug)]
enum Mischief {
    Pass,
    Drop,
    Replay,
    Flip { byte: usize, bit: u8 },
    Cut { bytes: usize },
    Extend,
    SwapWithNext,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever happens in between, what is accepted is exactly what was sent, in order, from the first frame on.
    #[test]
    fn nothing_but_what_was_sent_is_ever_accepted(
        sent in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..20),
        mischief in proptest::collection::vec(mischief(), 20),
    ) {
        let (mut site, mut console) = pair();
        let frames: Vec<Vec<u8>> = sent.iter().map(|payload| site.seal(payload, true).expect("small")).collect();
        let mut wire = Vec::new();
        for (place, frame) in frames.iter().enumerate() {
            match &mischief[place] {
                Mischief::Pass => wire.push(frame.clone()),
                Mischief::Drop => {}
                Mischief::Replay => wire.extend([frame.clone(), frame.clone()]),
                Mischief::Flip { byte, bit } => {
                    let mut frame = frame.clone();
                    let byte = byte % frame.len();
                    frame[byte] ^= 1 << bit;
                    wire.push(frame);
                }
                Mischief::Cut { bytes } => wire.push(frame[..frame.len() - (bytes % frame.len()).max(1)].to_vec()),
                Mischief::Extend => wire.push([frame.as_slice(), b"x"].concat()),
                Mischief::SwapWithNext => match frames.get(place + 1) {
                    Some(next) => wire.extend([next.clone(), frame.clone()]),
                    None => wire.push(frame.clone()),
                },
            }
        }

        let accepted: Vec<Vec<u8>> = wire.iter().filter_map(|frame| console.open(frame).ok()).collect();
        prop_assert!(sent.starts_with(&accepted), "accepted {accepted:?} of {sent:?}");
        let untouched = mischief[..frames.len()].iter().take_while(|one| matches!(one, Mischief::Pass)).count();
        prop_assert!(accepted.len() >= untouched, "what was not touched arrives");
    }

    #[test]
    fn no_bytes_open_a_channel(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(pair().1.open(&bytes).is_err());
    }

    #[test]
    fn decompression_takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(payload) = decompress(&bytes) {
            prop_assert!(payload.len() <= LARGEST_FRAME);
        }
    }
}

fn mischief() -> impl Strategy<Value = Mischief> {
    prop_oneof![
        4 => Just(Mischief::Pass),
        1 => Just(Mischief::Drop),
        1 => Just(Mischief::Replay),
        1 => (any::<usize>(), 0u8..8).prop_map(|(byte, bit)| Mischief::Flip { byte, bit }),
        1 => any::<usize>().prop_map(|bytes| Mischief::Cut { bytes }),
        1 => Just(Mischief::Extend),
        1 => Just(Mischief::SwapWithNext),
    ]
}

#[track_caller]
fn check(what: &str, frames: &[&[u8]], expected: CloseReason) {
    let (_, mut console) = pair();
    let mut outcome = Ok(Vec::new());
    for frame in frames {
        outcome = console.open(frame);
    }
    assert_eq!(outcome, Err(expected), "{what}");
}

fn pair() -> (Channel, Channel) {
    (Channel::new(&[1; 32], &[2; 32]), Channel::new(&[2; 32], &[1; 32]))
}
