//! Images at the end of files.

use super::{ALIGN, Image, ImageError, MAGIC, PAGE};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Where the parts of an image lie in a file: offsets from the beginning of the file, and lengths. It is the last thing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Footer {
    pub head: (u64, u64),
    pub code: (u64, u64),
    pub weights: (u64, u64),
}

impl Footer {
    /// Its length in bytes.
    pub const LEN: usize = 6 * 8 + 4 + 8;

    /// Appends the parts of an image to `file`, the bytes of a program that will read them.
    pub fn append(file: &mut Vec<u8>, head: &[u8], code: &[u8], weights: &[u8]) -> Footer {
        let mut put = |bytes: &[u8], align: usize| {
            file.resize(file.len().next_multiple_of(align), 0);
            file.extend_from_slice(bytes);
            ((file.len() - bytes.len()) as u64, bytes.len() as u64)
        };
        let footer = Footer {
            head: put(head, ALIGN),
            code: put(code, PAGE),
            weights: put(weights, PAGE),
        };
        file.extend(footer.to_bytes());
        footer
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut bytes: Vec<u8> = [self.head, self.code, self.weights]
            .into_iter()
            .flat_map(|(at, len)| [at, len])
            .flat_map(u64::to_le_bytes)
            .collect();
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes.extend(MAGIC);
        bytes
    }

    /// Reads a footer from the last [`Footer::LEN`] bytes of a file of `size` bytes; none if there is no image.
    ///
    /// # Errors
    /// A footer whose parts lie outside the file, or that is damaged.
    pub fn read(end: &[u8], size: u64) -> Result<Option<Footer>, ImageError> {
        if end.len() != Footer::LEN || end[Footer::LEN - 8..] != MAGIC {
            return Ok(None);
        }
        let words: Vec<u64> = end[..48].as_chunks().0.iter().map(|b| u64::from_le_bytes(*b)).collect();
        let crc = end[48..52].try_into().ok().map(u32::from_le_bytes);
        let footer = Footer {
            head: (words[0], words[1]),
            code: (words[2], words[3]),
            weights: (words[4], words[5]),
        };
        let inside = |(at, len): (u64, u64)| at.checked_add(len).is_some_and(|end| end <= size);
        if crc != Some(crc32fast::hash(&end[..48]))
            || ![footer.head, footer.code, footer.weights].into_iter().all(inside)
        {
            return Err(ImageError(
                "the compiled model at the end of the file is damaged".into(),
            ));
        }
        Ok(Some(footer))
    }
}

/// The image at the end of a file; none if there is no image. Its code is mapped and stays in memory until the process ends.
///
/// # Errors
/// A file that cannot be read or mapped, or an image that is damaged.
pub fn open(path: &Path) -> Result<Option<Image>, ImageError> {
    let fail = |e: &dyn std::fmt::Display| ImageError(format!("`{}`: {e}", path.display()));
    let mut file = File::open(path).map_err(|e| fail(&e))?;
    let size = file.metadata().map_err(|e| fail(&e))?.len();
    let Some(start) = size.checked_sub(Footer::LEN as u64) else {
        return Ok(None);
    };
    let mut read = |at: u64, len: u64| {
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.read_exact(&mut bytes))
            .map(|()| bytes)
    };
    let end = read(start, Footer::LEN as u64).map_err(|e| fail(&e))?;
    let Some(footer) = Footer::read(&end, size).map_err(|e| fail(&e))? else {
        return Ok(None);
    };
    let head = read(footer.head.0, footer.head.1).map_err(|e| fail(&e))?;
    let weights = read(footer.weights.0, footer.weights.1).map_err(|e| fail(&e))?;
    let (at, len) = (footer.code.0, footer.code.1 as usize);
    let code: &'static [u8] = if len == 0 {
        &[]
    } else {
        // SAFETY: a private mapping of the file of this very program; nobody is expected to write to it while it runs.
        let map = unsafe { memmap2::MmapOptions::new().offset(at).len(len).map_exec(&file) };
        Box::leak(Box::new(map.map_err(|e| fail(&e))?))
    };
    // SAFETY: head and code were appended together (`Footer::append`); the mapping is executable and never goes away.
    unsafe { Image::new(&head, code.as_ptr(), len, &weights) }
        .map(Some)
        .map_err(|e| fail(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footers_find_the_parts() {
        let mut file = b"a program".to_vec();
        let footer = Footer::append(&mut file, b"head", b"code", b"weights");
        let end = &file[file.len() - Footer::LEN..];
        assert_eq!(Footer::read(end, file.len() as u64).unwrap(), Some(footer));
        let part = |(at, len): (u64, u64)| &file[at as usize..(at + len) as usize];
        assert_eq!(
            [part(footer.head), part(footer.code), part(footer.weights)],
            [&b"head"[..], b"code", b"weights"]
        );
        assert_eq!(footer.code.0 as usize % PAGE, 0);
        assert_eq!(
            Footer::read(end, 20),
            Err(ImageError(
                "the compiled model at the end of the file is damaged".into()
            ))
        );
        assert_eq!(Footer::read(&file[..Footer::LEN], 20), Ok(None));
    }
}
