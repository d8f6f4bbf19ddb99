//! Files of applications: put in chunks, read in ranges.

use site_store::CONTENT_CHUNK;

use crate::support::{NOW, TestStore, after, stores};

const SHA: &str = "ab";

#[tokio::test]
async fn a_file_is_read_in_any_range_once_all_of_it_is_there() {
    let whole: Vec<u8> = (0..CONTENT_CHUNK * 2 + 100).map(|at| (at % 251) as u8).collect();
    for TestStore { name, store, .. } in stores().await {
        let begun = store.begin_content_file(SHA, "tool.deb", whole.len() as u64, NOW).await.expect(name);
        assert_eq!(begun.map(|file| (file.chunks, file.complete)), Some((0, false)), "{name}");
        let mut chunks = whole.chunks(CONTENT_CHUNK).zip(0..);
        let (first, _) = chunks.next().expect("a chunk");
        assert!(store.put_content_chunk(SHA, 0, first).await.expect(name), "{name}");
        assert!(!store.put_content_chunk(SHA, 0, b"other").await.expect(name), "{name}: it is there");
        assert!(!store.put_content_chunk(SHA, 2, first).await.expect(name), "{name}: one is missing");
        assert!(!store.complete_content_file(SHA, whole.len() as u64).await.expect(name), "{name}");
        assert_eq!(store.content_part(SHA, 0, 10).await.expect(name), None, "{name}: it is not complete");
        let again =
            store.begin_content_file(SHA, "tool.deb", whole.len() as u64, after(1)).await.expect(name);
        assert_eq!(again.map(|file| file.chunks), Some(1), "{name}: it goes on where it was");
        for (bytes, number) in chunks {
            assert!(store.put_content_chunk(SHA, number, bytes).await.expect(name), "{name}");
        }
        assert!(store.complete_content_file(SHA, whole.len() as u64).await.expect(name), "{name}");
        assert!(!store.put_content_chunk(SHA, 3, b"more").await.expect(name), "{name}: it is complete");

        for (from, length) in
            [(0, 1), (0, CONTENT_CHUNK), (5, CONTENT_CHUNK), (CONTENT_CHUNK, 7), (whole.len() - 3, 9)]
        {
            let part = store.content_part(SHA, from as u64, length).await.expect(name).expect("a part");
            let end = (from + length).min(whole.len());
            assert!(part.bytes == whole[from..end], "{name}: {length} bytes from {from}");
            assert_eq!(part.size, whole.len() as u64, "{name}");
        }
        assert_eq!(store.content_part(SHA, whole.len() as u64, 1).await.expect(name), None, "{name}");
        assert_eq!(store.content_part(SHA, u64::MAX >> 2, 1).await.expect(name), None, "{name}");
        assert_eq!(store.content_files().await.expect(name).len(), 1, "{name}");
        assert!(store.remove_content_file(SHA).await.expect(name), "{name}");
        assert_eq!(store.content_part(SHA, 0, 1).await.expect(name), None, "{name}");
    }
}

#[tokio::test]
async fn what_was_never_completed_goes_after_a_day() {
    for TestStore { name, store, .. } in stores().await {
        store.begin_content_file(SHA, "tool.deb", 1, NOW).await.expect(name);
        store.put_content_chunk(SHA, 0, b"x").await.expect(name);
        store.sweep(&Default::default(), after(24 * 3_600)).await.expect(name);
        assert_eq!(store.content_files().await.expect(name).len(), 1, "{name}");
        store.sweep(&Default::default(), after(24 * 3_600 + 1)).await.expect(name);
        assert_eq!(store.content_files().await.expect(name), [], "{name}");
    }
}
