//! The memory of the temporary arrays of a call.

#![forbid(unsafe_code)]

use crate::RunError;
use memmap2::MmapMut;

/// Memory aligned to pages, kept from call to call.
///
/// Rows of large arrays are read wherever maps lead. With pages of the usual size, where each of them lies would have to be looked up almost every
/// time: Linux is asked for large ones.
#[derive(Default)]
pub(super) struct Arena {
    map: Option<MmapMut>,
}

impl Arena {
    /// Makes room for so many bytes; what was there is lost.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), RunError> {
        if self.map.as_ref().map_or(0, |m| m.len()) >= bytes {
            return Ok(());
        }
        // The old memory may be needed for the new one.
        self.map = None;
        let map = MmapMut::map_anon(bytes);
        let map = map.map_err(|_| RunError(format!("{bytes} bytes of memory could not be had")))?;
        #[cfg(target_os = "linux")]
        // Systems without large pages have small ones.
        let _ = map.advise(memmap2::Advice::HugePage);
        self.map = Some(map);
        Ok(())
    }

    /// Where it begins.
    pub fn start(&mut self) -> *mut u8 {
        self.map.as_mut().map_or(std::ptr::null_mut(), |m| m.as_mut_ptr())
    }
}
