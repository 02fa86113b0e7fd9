//! Memory for tensors: aligned to cache lines, in huge pages where there are some, placed near the threads that use it.

use std::alloc::Layout;
use std::ptr::NonNull;

use assay_core::EvaluatorError;

const CACHE_LINE: usize = 64;
const PAGE: usize = 4096;
const HUGE_PAGE: usize = 2 << 20;

/// Zeros that are written from the pool's threads, so that each page lies near one of them (first touch).
pub struct Buffer {
    start: NonNull<f32>,
    len: usize,
    layout: Option<Layout>,
}

// SAFETY: the memory is owned, and shared only through `&` and `&mut` like a `Vec`'s.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// `len` zeros.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn zeroed(len: usize) -> Result<Self, EvaluatorError> {
        let mut buffer = Self::uninitialised(len)?;
        let chunk = len.div_ceil(rayon::current_num_threads()).next_multiple_of(PAGE / size_of::<f32>());
        let base = Address(buffer.start.as_ptr());
        rayon::broadcast(|thread| {
            let start = (thread.index() * chunk).min(len);
            // SAFETY: `start..start + count` lies within the allocation, and no two threads share an element.
            unsafe { std::ptr::write_bytes(base.get().add(start), 0, chunk.min(len - start)) };
        });
        buffer.len = len;
        Ok(buffer)
    }

    /// A copy of `values`.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn copy_of(values: &[f32]) -> Result<Self, EvaluatorError> {
        let mut buffer = Self::zeroed(values.len())?;
        buffer.copy_from_slice(values);
        Ok(buffer)
    }

    fn uninitialised(len: usize) -> Result<Self, EvaluatorError> {
        if len == 0 {
            return Ok(Self::default());
        }
        let bytes = len.saturating_mul(size_of::<f32>());
        let out_of_memory = || EvaluatorError::OutOfMemory(format!("{bytes} bytes for a tensor"));
        let align = if bytes >= HUGE_PAGE { HUGE_PAGE } else { CACHE_LINE };
        let layout = Layout::from_size_align(bytes, align).map_err(|_| out_of_memory())?;
        // SAFETY: the size is not zero.
        let start = NonNull::new(unsafe { std::alloc::alloc(layout) }.cast::<f32>()).ok_or_else(out_of_memory)?;
        #[cfg(target_os = "linux")]
        if align == HUGE_PAGE {
            // SAFETY: the range was just allocated. The advice may be refused; the memory is as good without it.
            unsafe { libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE) };
        }
        Ok(Self { start, len: 0, layout: Some(layout) })
    }
}

/// A pointer that threads may share.
#[derive(Clone, Copy)]
struct Address(*mut f32);

// SAFETY: used only for writes to disjoint parts.
unsafe impl Send for Address {}
// SAFETY: as above.
unsafe impl Sync for Address {}

impl Address {
    fn get(self) -> *mut f32 {
        self.0
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self { start: NonNull::dangling(), len: 0, layout: None }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(layout) = self.layout {
            // SAFETY: allocated with this layout.
            unsafe { std::alloc::dealloc(self.start.as_ptr().cast(), layout) };
        }
    }
}

impl std::ops::Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `len` elements were initialised; a dangling pointer goes with a length of 0.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl std::ops::DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_zero_aligned_and_may_be_empty() {
        for len in [0, 1, 1000, HUGE_PAGE / 4, HUGE_PAGE + 3] {
            let mut buffer = Buffer::zeroed(len).unwrap();
            assert_eq!(buffer.len(), len);
            assert!(buffer.iter().all(|v| *v == 0.0));
            assert!(len == 0 || buffer.as_ptr().addr().is_multiple_of(CACHE_LINE));
            buffer.fill(1.0);
        }
        assert_eq!(*Buffer::copy_of(&[1.0, 2.0]).unwrap(), [1.0, 2.0]);
    }

    #[test]
    fn too_much_is_an_error() {
        assert!(matches!(Buffer::zeroed(usize::MAX / 8), Err(EvaluatorError::OutOfMemory(_))));
    }
}
