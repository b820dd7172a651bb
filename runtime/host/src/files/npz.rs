//! NumPy's `.npz`: a zip archive of `.npy` files, stored or deflated.

use super::array::HostArray;
use super::npy;
use super::table::Table;
use crate::error::{Error, Result};
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rawzip::path::{EntryPath, ZipFilePath};
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter};
use std::io::{Read, Write};
use std::path::Path;

/// Deflate cannot expand more than this.
const LARGEST_RATIO: u64 = 1032;

/// Reads the bytes of a `.npz` file; `path` is for errors.
///
/// # Errors
/// If the archive is truncated, an entry is damaged (its checksum is verified), overlaps another, is encrypted or compressed by
/// anything but deflate, or is not a supported `.npy` file.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Table> {
    let zip_error =
        |e: rawzip::Error| Error::format(format!("it is not a sound .npz archive: {e}")).help("save or copy it again");
    let archive = ZipArchive::from_slice(bytes).map_err(zip_error)?;
    let mut table = Table::new(path);
    let mut entries = archive.entries();
    let mut compressed = 0u64;
    while let Some(entry) = entries.next_entry().map_err(zip_error)? {
        if entry.is_dir() {
            continue;
        }
        let file = entry.file_path();
        let file = str::from_utf8(file.as_bytes()).map_err(|_| Error::format("an entry's name is not UTF-8"))?;
        let name = file.strip_suffix(".npy").unwrap_or(file);
        let place = |e: Error| e.in_array(name);
        compressed = compressed.saturating_add(entry.compressed_size_hint());
        if compressed > bytes.len() as u64 {
            return Err(place(
                Error::format("its entry overlaps another").help("the archive is damaged: save it again"),
            ));
        }
        let slot = archive.get_entry(entry.wayfinder()).map_err(|e| place(zip_error(e)))?;
        let size = entry.uncompressed_size_hint();
        if size > LARGEST_RATIO.saturating_mul(slot.data().len() as u64 + 1) {
            let text = format!("the archive claims {size} bytes, more than its entry can hold");
            return Err(place(Error::format(text).help("the archive is damaged: save it again")));
        }
        let method = entry.compression_method();
        let source: Box<dyn Read> = if method == CompressionMethod::STORE {
            Box::new(slot.data())
        } else if method == CompressionMethod::DEFLATE {
            Box::new(DeflateDecoder::new(slot.data()))
        } else {
            let text = format!("compression by {method} is not supported");
            return Err(place(
                Error::format(text).help("save it with numpy.savez or numpy.savez_compressed"),
            ));
        };
        let mut content = Vec::new();
        let mut reader = slot.verifying_reader(source).take(size.saturating_add(1));
        reader.read_to_end(&mut content).map_err(|e| {
            place(Error::format(format!("its entry is damaged: {e}")).help("save or copy the file again"))
        })?;
        table.insert(name, npy::parse(&content).map_err(place)?)?;
    }
    Ok(table)
}

/// The bytes of a `.npz` file that holds these arrays, deflated.
///
/// # Errors
/// For text arrays, which are not written, and for names that an archive would change.
pub fn encode<'a>(arrays: impl IntoIterator<Item = (&'a str, &'a HostArray)>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut out);
    for (name, array) in arrays {
        let content = npy::encode(array).map_err(|e| e.in_array(name))?;
        let file = format!("{name}.npy");
        let entry = entry_name(&file).map_err(|e| e.in_array(name))?;
        add(&mut archive, entry, &content)
            .map_err(|e| Error::data(format!("it cannot be put into an archive: {e}")).in_array(name))?;
    }
    archive
        .finish()
        .map_err(|e| Error::data(format!("the archive cannot be finished: {e}")))?;
    Ok(out)
}

/// The name of an entry, as it is: an archive would take `a:b` for a file `b` on drive a. Letters beyond ASCII need the mark that only
/// names without drives and steps upwards get.
fn entry_name(file: &str) -> Result<EntryPath<'_>> {
    if file.is_ascii() {
        return Ok(EntryPath::verbatim(file.as_bytes()));
    }
    match ZipFilePath::from_str(file).as_str() == file {
        true => Ok(EntryPath::conformant(file)),
        false => Err(Error::data("its name cannot be that of a file in an archive")
            .help("take a name without `:`, `\\`, `..` and `/` at its ends, or one of ASCII characters")),
    }
}

fn add(
    archive: &mut ZipArchiveWriter<&mut Vec<u8>>,
    file: EntryPath<'_>,
    content: &[u8],
) -> std::result::Result<(), rawzip::Error> {
    let (mut entry, config) = archive
        .new_file(file)
        .compression_method(CompressionMethod::DEFLATE)
        .start()?;
    let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
    writer.write_all(content)?;
    let (encoder, descriptor) = writer.finish()?;
    encoder.finish()?;
    entry.finish(descriptor)?;
    Ok(())
}
