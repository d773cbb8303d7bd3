//! What every store must do, whichever it is.

use std::io::Write;

use bytes::Bytes;
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use oruma_blob::{BlobError, BlobKey, BlobStore, BlobWriter, ByteRange, Content};
use sha2::{Digest, Sha256};

const MEGABYTE: u64 = 1024 * 1024;

/// Each fact of the suite as a test of its own, for the store that `$open` makes. It is kept with what it lives on.
macro_rules! conformance {
    ($open:expr; $($fact:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $fact() {
                let opened = $open.await;
                crate::suite::$fact(opened.store()).await;
            }
        )*
    };
    ($open:expr) => {
        crate::suite::conformance! {
            $open;
            what_is_put_is_got
            a_part_is_got
            no_byte_is_no_part
            an_empty_blob_is_a_blob
            what_is_not_there_is_not_found
            a_blob_takes_the_place_of_another
            a_reader_keeps_what_it_began_with
            of_many_puts_one_wins_as_a_whole
            a_file_is_put_from_its_start
            a_big_blob_comes_in_small_pieces
            what_comes_in_pieces_is_there_at_its_end
            a_blob_without_pieces_is_empty
            what_is_not_finished_is_no_blob
            what_is_not_finished_leaves_the_blob_before_it
            what_a_killed_writer_left_is_abandoned
            many_write_at_once
            removing_twice_is_fine
            it_gives_a_sign_of_life
        }
    };
}
pub(crate) use conformance;

pub(crate) fn key(text: &str) -> BlobKey {
    text.parse().unwrap()
}

pub(crate) async fn put(store: &dyn BlobStore, name: &str, bytes: &[u8]) {
    let content = Content::Bytes(Bytes::copy_from_slice(bytes));
    store.put(&key(name), content, "text/plain").await.unwrap();
}

pub(crate) async fn got(store: &dyn BlobStore, name: &str) -> Vec<u8> {
    part(store, name, None).await.unwrap().2
}

/// The size of the whole, the first byte of the part, and the part.
async fn part(
    store: &dyn BlobStore,
    name: &str,
    range: Option<ByteRange>,
) -> Result<(u64, u64, Vec<u8>), BlobError> {
    let blob = store.get(&key(name), range).await?;
    let pieces: Vec<Bytes> = blob.stream.try_collect().await?;
    let bytes = pieces.concat();
    assert_eq!(bytes.len() as u64, blob.length);
    Ok((blob.size, blob.first, bytes))
}

pub(crate) async fn what_is_put_is_got(store: &dyn BlobStore) {
    put(store, "images/posts/1.jpg", b"picture").await;
    put(store, "images/posts/2.jpg", b"another").await;
    assert_eq!(got(store, "images/posts/1.jpg").await, b"picture");
    let size = store.size(&key("images/posts/1.jpg")).await.unwrap();
    assert_eq!(size, 7);
}

pub(crate) async fn a_part_is_got(store: &dyn BlobStore) {
    put(store, "a/digits", b"0123456789").await;
    for (range, first, expected) in [
        (ByteRange::From(0), 0, "0123456789"),
        (ByteRange::From(7), 7, "789"),
        (ByteRange::Between(2, 4), 2, "234"),
        (ByteRange::Between(9, 9), 9, "9"),
        (ByteRange::Between(8, 99), 8, "89"),
        (ByteRange::Last(3), 7, "789"),
        (ByteRange::Last(99), 0, "0123456789"),
    ] {
        let got = part(store, "a/digits", Some(range)).await.unwrap();
        assert_eq!(got, (10, first, expected.into()), "{range:?}");
    }
}

pub(crate) async fn no_byte_is_no_part(store: &dyn BlobStore) {
    put(store, "digits", b"0123456789").await;
    for range in [
        ByteRange::From(10),
        ByteRange::Between(10, 20),
        ByteRange::Between(4, 2),
        ByteRange::Last(0),
    ] {
        let refused = part(store, "digits", Some(range)).await;
        assert!(
            matches!(refused, Err(BlobError::RangeNotSatisfiable)),
            "{range:?}: {refused:?}"
        );
    }
}

pub(crate) async fn an_empty_blob_is_a_blob(store: &dyn BlobStore) {
    put(store, "empty", b"").await;
    assert_eq!(got(store, "empty").await, b"");
    assert_eq!(store.size(&key("empty")).await.unwrap(), 0);
}

pub(crate) async fn what_is_not_there_is_not_found(store: &dyn BlobStore) {
    put(store, "folder/file", b"x").await;
    for name in ["nothing", "folder/other", "no/such/folder"] {
        let asked = store.size(&key(name)).await;
        assert!(
            matches!(asked, Err(BlobError::NotFound)),
            "{name}: {asked:?}"
        );
        let got = part(store, name, None).await;
        assert!(matches!(got, Err(BlobError::NotFound)), "{name}: {got:?}");
        let got = part(store, name, Some(ByteRange::Last(0))).await;
        assert!(matches!(got, Err(BlobError::NotFound)), "{name}: {got:?}");
    }
}

pub(crate) async fn a_blob_takes_the_place_of_another(store: &dyn BlobStore) {
    put(store, "a", b"a long first version").await;
    put(store, "a", b"second").await;
    assert_eq!(got(store, "a").await, b"second");
}

pub(crate) async fn a_reader_keeps_what_it_began_with(store: &dyn BlobStore) {
    let old = vec![b'o'; 4 * MEGABYTE as usize];
    put(store, "a", &old).await;
    let mut blob = store.get(&key("a"), None).await.unwrap();
    let first = blob.stream.next().await.unwrap().unwrap();
    put(store, "a", &vec![b'n'; 4 * MEGABYTE as usize]).await;
    let rest: Vec<Bytes> = blob.stream.try_collect().await.unwrap();
    assert_eq!([first.to_vec(), rest.concat()].concat(), old);
}

pub(crate) async fn of_many_puts_one_wins_as_a_whole(store: &dyn BlobStore) {
    let versions: Vec<Vec<u8>> = (0..8).map(|n| vec![n; 300_000]).collect();
    put(store, "a", &versions[0]).await;
    let puts = versions.iter().map(|version| put(store, "a", version));
    let reads = (0..16).map(|_| async {
        let read = got(store, "a").await;
        assert!(versions.contains(&read));
    });
    tokio::join!(join_all(puts), join_all(reads));
    assert!(versions.contains(&got(store, "a").await));
}

pub(crate) async fn a_file_is_put_from_its_start(store: &dyn BlobStore) {
    let mut file = tempfile::tempfile().unwrap();
    // It stands at its end now.
    file.write_all(b"from the start").unwrap();
    let content = Content::File(file);
    let put = store.put(&key("a"), content, "text/plain").await;
    put.unwrap();
    assert_eq!(got(store, "a").await, b"from the start");
}

pub(crate) async fn a_big_blob_comes_in_small_pieces(store: &dyn BlobStore) {
    let mut file = tempfile::tempfile().unwrap();
    let mut digest = Sha256::new();
    for number in 0..20 {
        let piece = vec![number; MEGABYTE as usize];
        file.write_all(&piece).unwrap();
        digest.update(&piece);
    }
    let content = Content::File(file);
    let put = store.put(&key("big"), content, "text/plain").await;
    put.unwrap();

    let mut blob = store.get(&key("big"), None).await.unwrap();
    assert_eq!(blob.size, 20 * MEGABYTE);
    let mut read = Sha256::new();
    while let Some(piece) = blob.stream.next().await {
        let piece = piece.unwrap();
        assert!(piece.len() as u64 <= MEGABYTE);
        read.update(&piece);
    }
    assert_eq!(read.finalize(), digest.finalize());
    let middle = ByteRange::Between(5 * MEGABYTE - 1, 5 * MEGABYTE);
    let (_, _, bytes) = part(store, "big", Some(middle)).await.unwrap();
    assert_eq!(bytes, [4, 5]);
}

/// Pieces that are neither as long as a part nor as each other, for several parts.
fn pieces() -> Vec<Bytes> {
    (0..60_u8)
        .map(|number| Bytes::from(vec![number; 180_000 + usize::from(number) * 1_000]))
        .collect()
}

async fn begin(store: &dyn BlobStore, name: &str) -> Box<dyn BlobWriter> {
    store.begin(&key(name), "text/plain").await.unwrap()
}

async fn write_all(writer: &mut dyn BlobWriter, pieces: Vec<Bytes>) {
    for piece in pieces {
        writer.write(piece).await.unwrap();
    }
}

pub(crate) async fn what_comes_in_pieces_is_there_at_its_end(store: &dyn BlobStore) {
    for (name, pieces) in [
        ("folder/large", pieces()),
        ("folder/small", pieces()[..3].to_vec()),
        (
            "folder/one",
            vec![Bytes::from(vec![7; 11 * MEGABYTE as usize])],
        ),
    ] {
        let mut writer = begin(store, name).await;
        write_all(&mut *writer, pieces.clone()).await;
        let asked = store.size(&key(name)).await;
        assert!(matches!(asked, Err(BlobError::NotFound)), "{asked:?}");
        writer.finish().await.unwrap();
        assert!(got(store, name).await == pieces.concat(), "{name}");
    }
}

pub(crate) async fn a_blob_without_pieces_is_empty(store: &dyn BlobStore) {
    begin(store, "empty").await.finish().await.unwrap();
    assert_eq!(got(store, "empty").await, b"");
}

pub(crate) async fn what_is_not_finished_is_no_blob(store: &dyn BlobStore) {
    let mut writer = begin(store, "folder/a").await;
    write_all(&mut *writer, pieces()).await;
    drop(writer);
    let asked = store.get(&key("folder/a"), None).await.map(drop);
    assert!(matches!(asked, Err(BlobError::NotFound)), "{asked:?}");
}

pub(crate) async fn what_is_not_finished_leaves_the_blob_before_it(store: &dyn BlobStore) {
    put(store, "a", b"before").await;
    let mut writer = begin(store, "a").await;
    write_all(&mut *writer, pieces()).await;
    assert_eq!(got(store, "a").await, b"before");
    drop(writer);
    assert_eq!(got(store, "a").await, b"before");
}

/// By its ticket alone, as after a new start.
pub(crate) async fn what_a_killed_writer_left_is_abandoned(store: &dyn BlobStore) {
    let mut writer = begin(store, "a").await;
    write_all(&mut *writer, pieces()).await;
    let ticket = writer.ticket().unwrap().to_owned();
    for _ in 0..2 {
        store.abandon(&key("a"), &ticket).await.unwrap();
    }
    // What it would still have written has nothing to go to.
    let finished = writer.finish().await;
    assert!(finished.is_err(), "{finished:?}");
    let asked = store.size(&key("a")).await;
    assert!(matches!(asked, Err(BlobError::NotFound)), "{asked:?}");

    let mut writer = begin(store, "b").await;
    write_all(&mut *writer, pieces()).await;
    let ticket = writer.ticket().unwrap().to_owned();
    writer.finish().await.unwrap();
    store.abandon(&key("b"), &ticket).await.unwrap();
    assert_eq!(got(store, "b").await, pieces().concat());
}

pub(crate) async fn many_write_at_once(store: &dyn BlobStore) {
    let writes = (0..6).map(|number: usize| async move {
        let mut writer = begin(store, &format!("many/{}", number / 2)).await;
        write_all(
            &mut *writer,
            vec![Bytes::from(vec![number as u8; 400_000]); 16],
        )
        .await;
        writer.finish().await.unwrap();
    });
    join_all(writes).await;
    for number in 0..3_u8 {
        let read = got(store, &format!("many/{number}")).await;
        let of = |writer: u8| read == vec![writer; 16 * 400_000];
        assert!(of(2 * number) || of(2 * number + 1));
    }
}

pub(crate) async fn removing_twice_is_fine(store: &dyn BlobStore) {
    put(store, "folder/a", b"x").await;
    put(store, "folder/b", b"y").await;
    for _ in 0..2 {
        store.delete(&key("folder/a")).await.unwrap();
        let asked = store.size(&key("folder/a")).await;
        assert!(matches!(asked, Err(BlobError::NotFound)));
    }
    assert_eq!(got(store, "folder/b").await, b"y");
}

pub(crate) async fn it_gives_a_sign_of_life(store: &dyn BlobStore) {
    store.ping().await.unwrap();
}
