//! Unfolding and pooling of images, held channels-last.

use assay_core::EvaluatorError;
use assay_core::graph::{Op, TensorId};

use super::{Argument, Planner, number};
use crate::sources::Source;

/// A window that slides over an image: `Window` of images.cu.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    fields: [u32; 9],
}

impl Window {
    /// For an input and output of shape `[n, c, h, w]`.
    ///
    /// # Errors
    /// When a size does not fit in 32 bits.
    pub(super) fn new(
        input: &[usize],
        output: &[usize],
        kernel: [usize; 2],
        stride: usize,
        padding: usize,
    ) -> Result<Self, EvaluatorError> {
        let (&[_, c, h, w], &[_, _, out_h, out_w]) = (input, output) else {
            return Err(EvaluatorError::Failed(format!("an image has four extents, not {input:?}")));
        };
        let values = [h, w, c, out_h, out_w, kernel[0], kernel[1], stride, padding];
        let mut fields = [0; 9];
        for (field, value) in fields.iter_mut().zip(values) {
            *field = number(value)?;
        }
        Ok(Self { fields })
    }

    fn argument(&self) -> Argument {
        Argument::Structure(self.fields)
    }

    fn channels(&self) -> usize {
        self.fields[2] as usize
    }

    /// Pixels of the result for a batch.
    pub(super) fn out_pixels(&self, batch: usize) -> usize {
        batch * self.fields[3] as usize * self.fields[4] as usize
    }
}

impl Planner<'_> {
    /// Unfolds an image into `[pixels, depth]` patches; returns their address. All convolutions share the memory, since
    /// they run one after the other.
    pub(super) fn unfold(
        &mut self,
        x: TensorId,
        window: &Window,
        pixels: usize,
        depth: usize,
    ) -> Result<u64, EvaluatorError> {
        let patches = self.patch_memory()?;
        let packs = pixels * depth / self.element.pack();
        let name = if window.channels().is_multiple_of(self.element.pack()) { "im2col" } else { "im2col_gather" };
        let arguments = vec![
            self.address(x),
            Argument::Word(patches),
            window.argument(),
            Argument::U32(number(depth)?),
            Argument::Word(packs as u64),
        ];
        self.launch((Source::Images, name), [packs.div_ceil(256), 1, 1], [256, 1], 0, arguments)?;
        Ok(patches)
    }

    /// Memory for the largest set of patches of the graph.
    fn patch_memory(&mut self) -> Result<u64, EvaluatorError> {
        if let Some((address, _)) = self.patches {
            return Ok(address);
        }
        let bytes = self.graph.nodes.iter().filter(|n| matches!(n.op, Op::Conv2d { .. })).map(|node| {
            let [_, weight, _] = node.inputs[..] else { return 0 };
            let depth = super::storage::filter_depth(self.shape(weight), self.element);
            let channels = self.extent(node.output, 1).max(1);
            self.count(node.output) / channels * depth * self.element.bytes()
        });
        let bytes = bytes.max().unwrap_or(0);
        let address = self.scratch(bytes)?;
        self.patches = Some((address, bytes));
        self.note(
            "convolution",
            format!(
                "matrix product over unfolded patches ({} of scratch memory)",
                assay_base::format::memory(bytes as f64)
            ),
        );
        Ok(address)
    }

    pub(super) fn max_pool(
        &mut self,
        x: TensorId,
        kernel: usize,
        stride: usize,
        padding: usize,
        out: TensorId,
    ) -> Result<(), EvaluatorError> {
        let window = Window::new(self.shape(x), self.shape(out), [kernel, kernel], stride, padding)?;
        if !window.channels().is_multiple_of(self.element.pack()) {
            return Err(EvaluatorError::Failed(format!(
                "maximum pooling takes multiples of {} channels, not {}",
                self.element.pack(),
                window.channels()
            )));
        }
        let packs = self.count(out) / self.element.pack();
        let arguments = vec![self.address(x), self.address(out), window.argument(), Argument::Word(packs as u64)];
        self.launch((Source::Images, "max_pool"), [packs.div_ceil(256), 1, 1], [256, 1], 0, arguments)
    }

    pub(super) fn global_average_pool(&mut self, x: TensorId, out: TensorId) -> Result<(), EvaluatorError> {
        let (batch, channels) = (self.extent(x, 0), self.extent(x, 1));
        let pixels = self.extent(x, 2) * self.extent(x, 3);
        let arguments =
            vec![self.address(x), self.address(out), Argument::U32(number(pixels)?), Argument::U32(number(channels)?)];
        let grid = [channels.div_ceil(32), batch, 1];
        self.launch((Source::Images, "global_average_pool"), grid, [32, 8], 0, arguments)
    }
}
