//! A stream that is cut off in a message of too many frames or bytes: the library puts a message together from any number
//! of frames, shows none of them, and knows one size for whoever is there.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use crate::limits::Limit;

/// The longest header of a frame, in bytes (RFC 6455, 5.2: 2, 8 for the length, 4 for the mask).
const HEADER_MAX_BYTES: usize = 14;

/// A connection whose peer may send messages of so many frames and bytes.
pub struct Metered<S> {
    stream: S,
    meter: Meter,
}

impl<S> Metered<S> {
    /// Allows a message of so many frames, and of so many bytes, which is what the other limit says.
    pub fn new(stream: S, most_frames: usize, most_bytes: (Limit, usize)) -> Self {
        Self { stream, meter: Meter::new(most_frames, most_bytes) }
    }

    /// Allows so many bytes from now on.
    pub fn allow(&mut self, most_bytes: (Limit, usize)) {
        self.meter.most_bytes = most_bytes;
    }

    /// Throws away whatever comes, to the end.
    pub async fn drain(&mut self)
    where
        S: AsyncRead + Unpin,
    {
        let mut thrown_away = [0; 1_024];
        while self.stream.read(&mut thrown_away).await.is_ok_and(|bytes| bytes > 0) {}
    }

    /// What the peer went over, where it did.
    pub fn exceeded(&self) -> Option<Limit> {
        self.meter.exceeded
    }
}

/// Follows the frames as their bytes pass.
struct Meter {
    most_frames: usize,
    most_bytes: (Limit, usize),
    /// Of the present message.
    frames: usize,
    bytes: u64,
    /// Of the present frame: its header, and what is still to come of its payload.
    header: [u8; HEADER_MAX_BYTES],
    header_bytes: usize,
    payload_left: u64,
    exceeded: Option<Limit>,
}

impl Meter {
    fn new(most_frames: usize, most_bytes: (Limit, usize)) -> Self {
        let header = [0; HEADER_MAX_BYTES];
        Self { most_frames, most_bytes, frames: 0, bytes: 0, header, header_bytes: 0, payload_left: 0, exceeded: None }
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.exceeded.is_none() {
            if self.payload_left > 0 {
                let passed = usize::try_from(self.payload_left).map_or(bytes.len(), |left| left.min(bytes.len()));
                self.payload_left -= passed as u64;
                bytes = &bytes[passed..];
                continue;
            }
            self.header[self.header_bytes] = bytes[0];
            self.header_bytes += 1;
            bytes = &bytes[1..];
            if self.header_bytes == header_length(&self.header[..self.header_bytes]) {
                self.begin_frame();
                self.header_bytes = 0;
            }
        }
    }

    fn begin_frame(&mut self) {
        self.payload_left = payload_length(&self.header);
        let (is_last, is_control) = (self.header[0] & 0x80 != 0, self.header[0] & 0x08 != 0);
        // Pings stand between the frames of a message, and are none of it.
        if is_control {
            return;
        }
        self.frames += 1;
        self.bytes = self.bytes.saturating_add(self.payload_left);
        if self.frames > self.most_frames {
            self.exceeded = Some(Limit::FragmentsPerMessage);
        } else if self.bytes > self.most_bytes.1 as u64 {
            self.exceeded = Some(self.most_bytes.0);
        }
        if is_last {
            (self.frames, self.bytes) = (0, 0);
        }
    }
}

/// How long a header is, as far as the bytes that are there tell.
fn header_length(header: &[u8]) -> usize {
    let Some(second) = header.get(1) else { return HEADER_MAX_BYTES };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let length = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    2 + length + mask
}

fn payload_length(header: &[u8; HEADER_MAX_BYTES]) -> u64 {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    match header[1] & 0x7f {
        126 => number(&header[2..4]),
        127 => number(&header[2..10]),
        short => u64::from(short),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.meter.exceeded.is_some() {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.meter.pass(&buffer.filled()[before..]);
        if self.meter.exceeded.is_some() {
            // Nothing of what is too much is kept.
            buffer.set_filled(before);
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

    use super::*;

    const MOST: (Limit, usize) = (Limit::MessageBytes, 1_000_000);

    fn written(frame: Frame) -> Vec<u8> {
        let mut bytes = Vec::new();
        frame.format(&mut bytes).expect("written");
        bytes
    }

    /// A message in frames of these sizes, with a ping behind each but the last.
    fn message(sizes: &[usize], is_masked: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (place, size) in sizes.iter().enumerate() {
            let code = if place == 0 { Data::Text } else { Data::Continue };
            let is_last = place + 1 == sizes.len();
            let mut frame = Frame::message(vec![b'x'; *size], OpCode::Data(code), is_last);
            if is_masked {
                frame.header_mut().mask = Some([1, 2, 3, 4]);
            }
            bytes.extend(written(frame));
            if !is_last {
                bytes.extend(written(Frame::ping(vec![0; 3])));
            }
        }
        bytes
    }

    proptest! {
        #[test]
        fn messages_within_the_limits_pass_however_they_are_cut_and_one_frame_or_byte_more_does_not(
            sizes in prop::collection::vec(prop_oneof![0..130_usize, 65_530..65_545_usize], 1..6),
            is_masked: bool,
            chunk in 1..3_000_usize,
        ) {
            let (frames, bytes) = (sizes.len(), sizes.iter().sum::<usize>());
            let twice = [message(&sizes, is_masked), message(&sizes, is_masked)].concat();
            let exceeded = |frames, bytes| {
                let mut meter = Meter::new(frames, (Limit::MessageBytes, bytes));
                twice.chunks(chunk).for_each(|chunk| meter.pass(chunk));
                meter.exceeded
            };
            prop_assert_eq!(exceeded(frames, bytes), None);
            prop_assert_eq!(exceeded(frames - 1, bytes), Some(Limit::FragmentsPerMessage));
            if bytes > 0 {
                prop_assert_eq!(exceeded(frames, bytes - 1), Some(Limit::MessageBytes));
            }
        }

        #[test]
        fn no_bytes_whatever_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            Meter::new(3, MOST).pass(&bytes);
        }
    }
}
