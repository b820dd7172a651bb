//! PNG images: grids with a channel axis.

use super::array::HostArray;
use super::bytes::Scalar;
use crate::error::{Error, Result};
use png::{BitDepth, ColorType, Decoder, Limits, Transformations};
use std::io::Cursor;

/// Memory that one image may take, in bytes.
const LARGEST_IMAGE: usize = 1 << 30;

/// Deflate cannot expand more than this.
const LARGEST_RATIO: usize = 1032;

/// Reads the bytes of a PNG file: `[height, width, channels]` with 1 (grey), 2 (grey and opacity), 3 (RGB) or 4 (RGBA) channels;
/// bytes for up to 8 bits a channel (0..=255), integers for 16. Palettes are resolved.
///
/// # Errors
/// If the file is truncated or malformed, or the image exceeds 1 GiB.
pub fn parse(bytes: &[u8]) -> Result<HostArray> {
    let fail = |e: png::DecodingError| {
        Error::format(format!("it is not a sound PNG image: {e}")).help("save or copy it again")
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: LARGEST_IMAGE });
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(fail)?;
    let size = reader.output_buffer_size().filter(|&n| n <= LARGEST_IMAGE);
    // The pixels may be expanded from one bit each, besides having been deflated.
    let possible = bytes.len().saturating_mul(LARGEST_RATIO * 32);
    let size = size.filter(|&n| n <= possible).ok_or_else(|| {
        let info = reader.info();
        Error::format(format!(
            "it claims {} x {} pixels, more than the file can hold",
            info.width, info.height
        ))
    })?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(fail)?;
    pixels.truncate(frame.buffer_size());
    let channels = match frame.color_type {
        ColorType::Grayscale | ColorType::Indexed => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
    };
    let data = match frame.bit_depth {
        BitDepth::Sixteen => Scalar::U16.decode(&pixels, true)?,
        _ => HostArray::from(pixels),
    };
    data.reshaped(&[frame.height as usize, frame.width as usize, channels])
}
