use std::{path::Path, sync::atomic::AtomicUsize};

use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::{
    frames::{read_frame, write_frame},
    tls::{ClientAuth, client_config, server_config},
};

/// Calls and answers are texts: `number text`.
#[derive(Debug)]
enum Words {}

impl Calls for Words {
    type Call = String;
    type Answer = String;

    const LARGEST_FRAME: usize = 1_000;

    fn encode(number: u64, call: &String) -> Vec<u8> {
        format!("{number} {call}").into_bytes()
    }

    fn decode(frame: &[u8]) -> Result<(u64, String), String> {
        let text = String::from_utf8_lossy(frame);
        let (number, answer) = text.split_once(' ').ok_or("no number")?;
        Ok((number.parse().map_err(|_| "no number")?, answer.to_owned()))
    }

    fn refused(answer: &String) -> Option<String> {
        answer.strip_prefix("no: ").map(str::to_owned)
    }
}

#[tokio::test]
async fn a_call_is_answered_and_the_caller_introduces_itself_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let introductions = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&introductions);
    let _server = serve(folder.path(), move |call| {
        count.fetch_add(usize::from(call == "hello"), Ordering::Relaxed);
        Some(format!("{call}!"))
    });
    let caller = caller(folder.path());

    assert_eq!(caller.call("one".into()).await.expect("an answer"), "one!");
    assert_eq!(caller.clone().call("two".into()).await.expect("an answer"), "two!");
    assert_eq!(introductions.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn answers_may_overtake_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = UnixListener::bind(folder.path().join("socket")).expect("bound");
    let server = owned(async move {
        let mut stream = introduced(&listener).await;
        let first = read_frame(&mut stream, 1_000).await.expect("read").expect("a call");
        let second = read_frame(&mut stream, 1_000).await.expect("read").expect("a call");
        for call in [second, first] {
            write_frame(&mut stream, &call).await.expect("written");
        }
        stream
    });
    let caller = caller(folder.path());

    let (one, two) = tokio::join!(caller.call("one".into()), caller.call("two".into()));
    assert_eq!((one.expect("an answer"), two.expect("an answer")), ("one".to_owned(), "two".to_owned()));
    server.await.expect("the server held");
}

#[tokio::test]
async fn a_caller_on_another_host_proves_itself_by_its_certificate() {
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["authority.example".to_owned()]).expect("a name");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    let key = key.serialize_pem();
    let auth = ClientAuth::Required { ca_pem: pem.clone() };
    let acceptor = TlsAcceptor::from(server_config(&pem, &key, &auth).expect("a server"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address").to_string();
    let _server = owned(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            while let Ok(Some(frame)) = read_frame(&mut stream, 1_000).await {
                write_frame(&mut stream, &frame).await.expect("written");
            }
        }
    });

    let endpoint = |identity: Option<(&str, &str)>| Endpoint::Tls {
        address: address.clone(),
        name: "authority.example".try_into().expect("a name"),
        config: client_config(&pem, identity).expect("a client"),
    };
    let known = Caller::<Words>::new(endpoint(Some((&pem, &key))), "hello".to_owned());
    assert_eq!(known.call("one".into()).await.expect("an answer"), "one");
    // The server above serves one connection at a time.
    drop(known);
    let unknown = Caller::<Words>::new(endpoint(None), "hello".to_owned());
    let error = unknown.call("one".into()).await.expect_err("no certificate");
    assert!(matches!(error, CallError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn nobody_there_is_told_at_once_and_with_its_cause() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = caller(folder.path()).call("one".into()).await.expect_err("nobody listens");
    assert!(error.is_transient());
    let text = crate::error::Chain(&error).to_string();
    assert!(
        text.starts_with(&format!("failed to reach {}/socket: No such file", folder.path().display())),
        "{text}"
    );
}

#[tokio::test]
async fn a_refused_introduction_is_told_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let _server = serve(folder.path(), |_| Some("no: you are nobody".to_owned()));
    let error = caller(folder.path()).call("one".into()).await.expect_err("refused");
    assert!(matches!(&error, CallError::Refused { reason, .. } if reason == "you are nobody"), "{error}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_call_whose_connection_breaks_is_lost_and_the_next_one_connects_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let _server = serve(folder.path(), |call| (call != "die").then(|| format!("{call}!")));
    let caller = caller(folder.path());

    assert!(matches!(caller.call("die".into()).await, Err(CallError::Lost { .. })));
    assert_eq!(caller.call("two".into()).await.expect("an answer"), "two!");
}

#[tokio::test]
async fn an_answer_that_is_too_long_or_unreadable_breaks_the_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let _server =
        serve(folder.path(), |call| Some(if call == "flood" { "x".repeat(2_000) } else { "y".into() }));
    let caller = caller(folder.path());
    assert!(matches!(caller.call("flood".into()).await, Err(CallError::Lost { .. })));
    assert_eq!(caller.call("two".into()).await.expect("an answer"), "y");
}

#[tokio::test(start_paused = true)]
async fn silence_ends_with_a_timeout_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = UnixListener::bind(folder.path().join("socket")).expect("bound");
    let server = owned(async move {
        let stream = introduced(&listener).await;
        std::future::pending::<()>().await;
        drop(stream);
    });
    let caller = caller(folder.path());
    let error = caller.call("one".into()).await.expect_err("nobody answers");
    assert!(matches!(error, CallError::TimedOut { .. }), "{error}");
    assert!(caller.shared.open.all().is_empty());
    server.abort();
}

fn caller(folder: &Path) -> Caller<Words> {
    Caller::new(Endpoint::Unix(folder.join("socket")), "hello".to_owned())
}

/// Answers each call by `answer`; `None` closes the connection.
fn serve(
    folder: &Path,
    answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
) -> AbortOnDropHandle<()> {
    let listener = UnixListener::bind(folder.join("socket")).expect("bound");
    owned(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            while let Ok(Some(frame)) = read_frame(&mut stream, 1_000).await {
                let (number, call) = Words::decode(&frame).expect("a call");
                let Some(answer) = answer(&call) else { break };
                write_frame(&mut stream, format!("{number} {answer}").as_bytes()).await.expect("written");
            }
        }
    })
}

/// Accepts a connection and answers its introduction.
async fn introduced(listener: &UnixListener) -> UnixStream {
    let (mut stream, _) = listener.accept().await.expect("accepted");
    let hello = read_frame(&mut stream, 1_000).await.expect("read").expect("the introduction");
    assert_eq!(hello, "0 hello");
    write_frame(&mut stream, &hello).await.expect("written");
    stream
}
