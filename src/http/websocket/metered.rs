//! A stream that gives so many bytes between two messages and no more: the library puts a message together from any number
//! of frames, and shows none of them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest header of a frame that a client sends, in bytes (RFC 6455, 5.2: 2 + 8 + 4).
const FRAME_HEADER_BYTES: usize = 14;

/// A connection whose peer is cut off in the middle of a message without end.
pub struct Metered<S> {
    stream: S,
    allowance: usize,
    left: usize,
}

impl<S> Metered<S> {
    /// Allows a message of so many bytes in so many frames.
    pub fn new(stream: S, message_bytes: usize, frames: usize) -> Self {
        let allowance = message_bytes.saturating_add(frames.saturating_mul(FRAME_HEADER_BYTES));
        Self { stream, allowance, left: allowance }
    }

    /// A whole message was read.
    pub fn begin_anew(&mut self) {
        self.left = self.allowance;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.left = self.left.saturating_sub(buffer.filled().len() - before);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
