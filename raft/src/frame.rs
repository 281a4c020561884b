//! Frames on a peer connection: a length of four bytes, little-endian, then that many bytes of postcard.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest frame between peers. Entries are bounded far below this, snapshots travel in chunks.
pub(crate) const FRAME_BYTES_MAX: usize = 32 << 20;

/// Reads one frame of at most `bytes_max`; refuses a longer one before reading it.
pub(crate) async fn read<T: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin), bytes_max: usize) -> io::Result<T> {
    let length = from.read_u32_le().await? as usize;
    if length > bytes_max {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a frame of {length} bytes exceeds {bytes_max}"),
        ));
    }
    let mut bytes = Vec::new();
    // Memory grows as bytes arrive: a length alone reserves nothing.
    from.take(length as u64).read_to_end(&mut bytes).await?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes one frame and flushes it.
pub(crate) async fn write<T: Serialize>(to: &mut (impl AsyncWrite + Unpin), message: &T) -> io::Result<()> {
    let mut bytes = postcard::to_extend(message, vec![0; 4]).map_err(io::Error::other)?;
    let length = bytes.len() - 4;
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::other(format!(
            "a frame of {length} bytes exceeds {FRAME_BYTES_MAX}"
        )));
    }
    let length = u32::try_from(length).expect("the bound fits into 32 bits");
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    to.write_all(&bytes).await?;
    to.flush().await
}
