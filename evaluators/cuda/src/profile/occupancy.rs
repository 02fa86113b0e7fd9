//! How many threads of a kernel fit on a multiprocessor together: NVIDIA's occupancy calculation ("CUDA Occupancy
//! Calculator"), for kernels of which only a record is known, as those of NVIDIA's libraries.

use std::sync::Arc;

use assay_core::EvaluatorError;
use cudarc::driver::CudaContext;
use cudarc::driver::sys::CUdevice_attribute_enum as Attribute;

use crate::cupti::Activity;
use crate::errors::During as _;

/// Threads of a warp on every device so far.
const WARP: u32 = 32;
/// Registers are given to warps in units of this many, and to four warps at a time, since compute capability 5.0.
const REGISTER_UNIT: u32 = 256;
const WARPS_TOGETHER: u32 = 4;

/// What a multiprocessor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Multiprocessor {
    threads: u32,
    blocks: u32,
    registers: u32,
    shared_bytes: u32,
    /// Shared memory that the system takes of each block's.
    reserved_bytes: u32,
    /// Shared memory is given in units of this many bytes.
    shared_unit: u32,
}

impl Multiprocessor {
    #[cfg(test)]
    pub(super) const H200: Self = Self {
        threads: 2048,
        blocks: 32,
        registers: 65_536,
        shared_bytes: 233_472,
        reserved_bytes: 1024,
        shared_unit: 128,
    };

    /// Those of a device.
    ///
    /// # Errors
    /// The driver's.
    pub(super) fn of(context: &Arc<CudaContext>) -> Result<Self, EvaluatorError> {
        let get = |a| context.attribute(a).map(i32::unsigned_abs).during("reading a device attribute");
        let major = get(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
        Ok(Self {
            threads: get(Attribute::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR)?,
            blocks: get(Attribute::CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR)?,
            registers: get(Attribute::CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR)?,
            shared_bytes: get(Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR)?,
            reserved_bytes: get(Attribute::CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK)?,
            shared_unit: if major >= 8 { 128 } else { 256 },
        })
    }

    /// Threads together over threads at most; `None` for what is no kernel or would not fit at all.
    pub(super) fn occupancy(&self, kernel: &Activity) -> Option<f64> {
        let threads = kernel.block.iter().product::<u32>();
        let warps = threads.div_ceil(WARP);
        if warps == 0 {
            return None;
        }
        let registers_of_warp = (kernel.registers * WARP).next_multiple_of(REGISTER_UNIT);
        let by_registers = match self.registers.checked_div(registers_of_warp) {
            Some(fitting) => fitting / WARPS_TOGETHER * WARPS_TOGETHER / warps,
            None => self.blocks,
        };
        let shared = (kernel.shared_bytes + self.reserved_bytes).next_multiple_of(self.shared_unit);
        let by_shared = self.shared_bytes.checked_div(shared).unwrap_or(self.blocks);
        let by_threads = self.threads / WARP / warps;
        let blocks = self.blocks.min(by_registers).min(by_shared).min(by_threads);
        (blocks > 0).then(|| f64::from(blocks * warps * WARP) / f64::from(self.threads.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occupancy(threads: u32, registers: u32, shared_bytes: u32) -> Option<f64> {
        let kernel = Activity {
            name: String::new(),
            start_ns: 0,
            end_ns: 1,
            grid: [1; 3],
            block: [threads, 1, 1],
            registers,
            shared_bytes,
            local_bytes: 0,
        };
        Multiprocessor::H200.occupancy(&kernel)
    }

    #[test]
    fn the_scarcest_resource_decides() {
        assert_eq!(occupancy(256, 32, 0), Some(1.0));
        // 168 registers of 384 threads: 5376 a warp, 12 warps fit, one block.
        assert_eq!(occupancy(384, 168, 0), Some(0.1875));
        // 40 registers: 1280 a warp, 51 warps, 48 in fours, six blocks of eight.
        assert_eq!(occupancy(256, 40, 0), Some(0.75));
        // 100 KiB of shared memory: two blocks.
        assert_eq!(occupancy(256, 32, 100 << 10), Some(0.25));
        // 32 blocks of one warp.
        assert_eq!(occupancy(32, 16, 0), Some(0.5));
        assert_eq!(occupancy(1024, 32, 230_000), Some(0.5));
        assert_eq!(occupancy(0, 0, 0), None);
        assert_eq!(occupancy(1024, 128, 0), None);
    }
}
