//! A connection under TLS, by rustls' unbuffered end: it owns no buffer while nothing is half read or half written. What
//! comes and what goes passes through the buffers of the thread (`buffers`).

mod buffers;

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use rustls::{
    HandshakeKind, ServerConfig,
    pki_types::CertificateDer,
    server::UnbufferedServerConnection,
    unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus, WriteTraffic},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use self::buffers::{LONGEST_RECORD, with_incoming, with_outgoing};

/// The plain bytes of one record, at most.
const PLAIN_OF_RECORD: usize = 16 << 10;

/// What encrypting adds to a record, at most.
const OVERHEAD: usize = 256 + 5;

/// What may be written and not be taken by the network: beyond it a writer waits. Two of the largest frames.
const MOST_UNSENT: usize = 128 << 10;

/// A connection under TLS.
pub(crate) struct TlsSession {
    tcp: TcpStream,
    tls: UnbufferedServerConnection,
    /// The beginning of a record whose rest has not come.
    half_record: Vec<u8>,
    /// What was read and is not taken: an end that sends much at once.
    plain: Vec<u8>,
    /// What is encrypted and the network has not taken.
    unsent: Vec<u8>,
    established: bool,
    peer_closed: bool,
    said_goodbye: bool,
}

/// What has come of the records that were looked at.
#[derive(Debug, Default)]
struct Progress {
    /// Bytes of the buffer that are done with.
    used: usize,
    /// Whether the handshake is over.
    established: bool,
}

impl TlsSession {
    /// Carries out the handshake.
    pub(crate) async fn accept(tcp: TcpStream, config: Arc<ServerConfig>) -> io::Result<Box<Self>> {
        let tls = UnbufferedServerConnection::new(config).map_err(io::Error::other)?;
        let mut session = Box::new(Self {
            tcp,
            tls,
            half_record: Vec::new(),
            plain: Vec::new(),
            unsent: Vec::new(),
            established: false,
            peer_closed: false,
            said_goodbye: false,
        });
        let shaken = poll_fn(|context| session.poll_handshake(context)).await;
        if shaken.is_err() {
            // The alert that says why, as far as the network takes it at once.
            let _ = session.tcp.try_write(&session.unsent);
        }
        shaken.map(|()| session)
    }

    /// Returns the certificates that the other end has shown, its own first; those of the ticket's handshake where the
    /// session was resumed.
    pub(crate) fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        self.tls.peer_certificates().unwrap_or_default()
    }

    /// Returns whether the handshake was spared by a ticket.
    pub(crate) fn is_resumed(&self) -> bool {
        self.tls.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Reads what comes next and gives it to `take`; returns how much it was, 0 at the end. Safe to cancel.
    pub(crate) async fn read_with(&mut self, mut take: impl FnMut(&[u8])) -> io::Result<usize> {
        poll_fn(|context| self.poll_read_with(context, &mut take)).await
    }

    fn poll_handshake(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_send(context))?;
            if self.established {
                return Poll::Ready(Ok(()));
            }
            if self.peer_closed {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            self.established = ready!(self.poll_records(context, &mut |_: &[u8]| {}, true))?.established;
        }
    }

    fn poll_read_with(
        &mut self,
        context: &mut Context<'_>,
        take: &mut impl FnMut(&[u8]),
    ) -> Poll<io::Result<usize>> {
        if !self.plain.is_empty() {
            let plain = std::mem::take(&mut self.plain);
            take(&plain);
            return Poll::Ready(Ok(plain.len()));
        }
        let mut count = 0;
        loop {
            // Answers of TLS itself (a new key): sent when there is room, and nothing waits for them.
            if let Poll::Ready(Err(error)) = self.poll_send(context) {
                return Poll::Ready(Err(error));
            }
            if self.peer_closed {
                return Poll::Ready(Ok(0));
            }
            ready!(self.poll_records(
                context,
                &mut |bytes: &[u8]| {
                    count += bytes.len();
                    take(bytes);
                },
                false
            ))?;
            if count > 0 {
                return Poll::Ready(Ok(count));
            }
        }
    }

    /// Reads from the network once and looks at the records that are there. During the handshake plain bytes that come
    /// with its last message are kept for the first read.
    fn poll_records(
        &mut self,
        context: &mut Context<'_>,
        take: &mut dyn FnMut(&[u8]),
        in_handshake: bool,
    ) -> Poll<io::Result<Progress>> {
        with_incoming(|buffer| {
            let held = self.half_record.len();
            buffer[..held].copy_from_slice(&self.half_record);
            let mut into = ReadBuf::new(&mut buffer[held..]);
            ready!(Pin::new(&mut self.tcp).poll_read(context, &mut into))?;
            let read = into.filled().len();
            if read == 0 {
                self.peer_closed = true;
                return Poll::Ready(if in_handshake || held > 0 {
                    Err(io::ErrorKind::UnexpectedEof.into())
                } else {
                    Ok(Progress::default())
                });
            }
            let end = held + read;
            let mut early = Vec::new();
            let looked = if in_handshake {
                self.look(&mut buffer[..end], &mut |bytes: &[u8]| early.extend_from_slice(bytes))
            } else {
                self.look(&mut buffer[..end], take)
            };
            self.plain.append(&mut early);
            let progress = looked?;
            let rest = &buffer[progress.used..end];
            if rest.len() > LONGEST_RECORD {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            self.half_record = rest.to_vec();
            Poll::Ready(Ok(progress))
        })
    }

    /// Lets TLS look at records; what it answers is appended to `unsent`.
    fn look(&mut self, incoming: &mut [u8], take: &mut dyn FnMut(&[u8])) -> io::Result<Progress> {
        let mut progress = Progress::default();
        let mut failed = None;
        loop {
            let UnbufferedStatus { mut discard, state } =
                self.tls.process_tls_records(&mut incoming[progress.used..]);
            let mut waits = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record.map_err(broken)?;
                        discard += record.discard;
                        take(record.payload);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    encode(&mut self.unsent, |into| data.encode(into).map_err(room_for_encoding))?;
                }
                // What was encoded is in `unsent`, which goes before anything else.
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::WriteTraffic(_)) => {
                    progress.established = true;
                    waits = true;
                }
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => {
                    self.peer_closed = true;
                    waits = true;
                }
                Ok(ConnectionState::BlockedHandshake) => waits = true,
                // Nothing is taken before the handshake is over.
                Ok(_) => return Err(io::ErrorKind::InvalidData.into()),
                Err(error) => match failed.replace(error) {
                    // Looked at once more, for the alert that tells the other end.
                    None => {}
                    Some(_) => waits = true,
                },
            }
            progress.used += discard;
            if waits {
                return failed.map_or(Ok(progress), |error| Err(broken(error)));
            }
        }
    }

    /// Encrypts all of `plain` and writes it as far as the network takes it now; returns whether it took all of it. What it
    /// did not take goes with the next flush: whoever calls this flushes before it writes again.
    pub(crate) fn poll_write_at_once(&mut self, context: &mut Context<'_>, plain: &[u8]) -> io::Result<bool> {
        with_outgoing(|records| {
            for part in plain.chunks(PLAIN_OF_RECORD) {
                self.encrypt(part, records)?;
            }
            let mut written = 0;
            while self.unsent.is_empty() && written < records.len() {
                match Pin::new(&mut self.tcp).poll_write(context, &records[written..]) {
                    Poll::Ready(count) => written += count?,
                    Poll::Pending => break,
                }
            }
            self.unsent.extend_from_slice(&records[written..]);
            Ok(self.unsent.is_empty())
        })
    }

    /// Encrypts `plain` and writes it as far as the network takes it; the rest is kept. Waits only while too much is kept.
    pub(crate) fn poll_write_plain(
        &mut self,
        context: &mut Context<'_>,
        plain: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.unsent.is_empty() {
            // What is kept goes first, so that records stay in order.
            if let Poll::Ready(Err(error)) = self.poll_send(context) {
                return Poll::Ready(Err(error));
            }
            if self.unsent.len() > MOST_UNSENT {
                return Poll::Pending;
            }
        }
        let plain = &plain[..plain.len().min(MOST_UNSENT)];
        with_outgoing(|records| {
            for part in plain.chunks(PLAIN_OF_RECORD) {
                self.encrypt(part, records)?;
            }
            if self.unsent.is_empty()
                && let Poll::Ready(written) = Pin::new(&mut self.tcp).poll_write(context, records)
            {
                let written = written?;
                self.unsent.extend_from_slice(&records[written..]);
            } else {
                self.unsent.extend_from_slice(records);
            }
            Poll::Ready(Ok(plain.len()))
        })
    }

    fn encrypt(&mut self, plain: &[u8], records: &mut Vec<u8>) -> io::Result<()> {
        self.traffic(records, |traffic, records| {
            let start = records.len();
            records.resize(start + plain.len() + OVERHEAD, 0);
            let encrypted = traffic.encrypt(plain, &mut records[start..]).map_err(io::Error::other)?;
            records.truncate(start + encrypted);
            Ok(())
        })
    }

    /// Brings TLS to where it encrypts, and has it do so.
    fn traffic(
        &mut self,
        records: &mut Vec<u8>,
        go: impl FnOnce(
            &mut WriteTraffic<'_, rustls::server::ServerConnectionData>,
            &mut Vec<u8>,
        ) -> io::Result<()>,
    ) -> io::Result<()> {
        loop {
            let UnbufferedStatus { discard, state } = self.tls.process_tls_records(&mut self.half_record);
            // Half a record holds nothing that could be done with.
            debug_assert_eq!(discard, 0, "half a record was used");
            match state.map_err(broken)? {
                ConnectionState::WriteTraffic(mut traffic) => return go(&mut traffic, records),
                ConnectionState::EncodeTlsData(mut data) => {
                    encode(records, |into| data.encode(into).map_err(room_for_encoding))?;
                }
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::PeerClosed => self.peer_closed = true,
                _ => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
    }

    /// Writes what is kept.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut sent = 0;
        let outcome = loop {
            if sent == self.unsent.len() {
                break Poll::Ready(Ok(()));
            }
            match Pin::new(&mut self.tcp).poll_write(context, &self.unsent[sent..]) {
                Poll::Ready(Ok(0)) => break Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => sent += count,
                Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                Poll::Pending => break Poll::Pending,
            }
        };
        if sent == self.unsent.len() {
            self.unsent = Vec::new();
        } else {
            self.unsent.drain(..sent);
        }
        outcome
    }
}

impl std::fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsSession").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}

/// Appends a record of the handshake.
fn encode(
    records: &mut Vec<u8>,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, Option<usize>>,
) -> io::Result<()> {
    let start = records.len();
    let room = match write(&mut []) {
        Ok(_) => return Ok(()),
        Err(room) => room.ok_or(io::ErrorKind::InvalidData)?,
    };
    records.resize(start + room, 0);
    let written = write(&mut records[start..]).map_err(|_| io::ErrorKind::InvalidData)?;
    records.truncate(start + written);
    Ok(())
}

fn room_for_encoding(error: EncodeError) -> Option<usize> {
    match error {
        EncodeError::InsufficientSize(size) => Some(size.required_size),
        EncodeError::AlreadyEncoded => None,
    }
}

fn room_for_goodbye(error: EncryptError) -> io::Error {
    io::Error::other(error)
}

fn broken(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl AsyncRead for TlsSession {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let session = &mut *self;
        if session.plain.is_empty() {
            let mut rest = Vec::new();
            ready!(session.poll_read_with(context, &mut |bytes: &[u8]| {
                let fits = bytes.len().min(buffer.remaining());
                buffer.put_slice(&bytes[..fits]);
                rest.extend_from_slice(&bytes[fits..]);
            }))?;
            session.plain = rest;
        } else {
            let fits = session.plain.len().min(buffer.remaining());
            buffer.put_slice(&session.plain[..fits]);
            session.plain.drain(..fits);
            if session.plain.is_empty() {
                session.plain = Vec::new();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TlsSession {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        plain: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_plain(context, plain)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
        self.poll_write_plain(context, first)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let session = &mut *self;
        if !session.said_goodbye {
            session.said_goodbye = true;
            let mut records = Vec::new();
            session.traffic(&mut records, |traffic, records| {
                let start = records.len();
                records.resize(start + OVERHEAD, 0);
                let written = traffic.queue_close_notify(&mut records[start..]).map_err(room_for_goodbye)?;
                records.truncate(start + written);
                Ok(())
            })?;
            session.unsent.append(&mut records);
        }
        ready!(session.poll_send(context))?;
        Pin::new(&mut session.tcp).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
