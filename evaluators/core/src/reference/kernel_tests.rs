//! Each operation against values worked out by hand (or, for erf, from tables).

use super::*;
use crate::tensor::Tensor;

fn tensor(shape: &[usize], values: &[f32]) -> Tensor {
    Tensor::f32(shape, values.to_vec())
}

fn run(op: Op, inputs: &[&Tensor], output: &[usize]) -> Vec<f64> {
    let operands: Vec<(Operand, &[usize])> =
        inputs.iter().map(|tensor| (Operand::Given(tensor), tensor.shape.as_slice())).collect();
    compute(&op, &operands, output)
}

#[track_caller]
fn assert_close(actual: &[f64], expected: &[f64]) {
    assert_eq!(actual.len(), expected.len());
    for (a, e) in actual.iter().zip(expected) {
        assert!((a - e).abs() <= 1e-14 * e.abs().max(1.0), "{actual:?} is not {expected:?}");
    }
}

#[test]
fn matrix_products_are_exact_on_integers() {
    let x = tensor(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let w = tensor(&[3, 2], &[7.0, 8.0, 9.0, 10.0, 11.0, 12.0]);
    assert_eq!(run(Op::MatMul, &[&x, &w], &[2, 2]), [58.0, 64.0, 139.0, 154.0]);
}

#[test]
fn a_product_larger_than_every_block_equals_the_plain_triple_loop() {
    let (m, n, k) = (67, 37, 523);
    let fill = |count: usize, step: usize| (0..count).map(|i| ((i * step) % 17) as f32 - 8.0).collect::<Vec<_>>();
    let (x, w) = (tensor(&[m, k], &fill(m * k, 7)), tensor(&[k, n], &fill(k * n, 5)));
    let at = |t: &Tensor, i: usize| f64::from(t.as_f32()[i]);
    let expected: Vec<f64> =
        (0..m * n).map(|p| (0..k).map(|l| at(&x, p / n * k + l) * at(&w, l * n + p % n)).sum()).collect();
    assert_eq!(run(Op::MatMul, &[&x, &w], &[m, n]), expected);
}

#[test]
fn linear_adds_the_bias_then_activates() {
    let x = tensor(&[1, 2], &[1.0, -2.0]);
    let w = tensor(&[2, 2], &[1.0, 0.0, 1.0, 1.0]);
    let bias = tensor(&[2], &[0.5, 3.0]);
    let linear = |activation| run(Op::Linear { activation }, &[&x, &w, &bias], &[1, 2]);
    assert_eq!(linear(Activation::Identity), [-0.5, 1.0]);
    assert_eq!(linear(Activation::Relu), [0.0, 1.0]);
    // sigmoid(1) = 1/(1+1/e), sigmoid(-1/2) = 1/(1+√e).
    assert_close(&linear(Activation::Sigmoid), &[1.0 / (1.0 + 0.5_f64.exp()), 0.731_058_578_630_004_9]);
}

#[test]
fn triad_scales_and_adds() {
    let (b, c) = (tensor(&[2], &[1.0, 2.0]), tensor(&[2], &[10.0, -1.0]));
    assert_eq!(run(Op::Triad { scale: 3.0 }, &[&b, &c], &[2]), [31.0, -1.0]);
}

#[test]
fn softmax_of_logarithms_is_their_share() {
    // exp(x) is 1 : 1 and 1 : 1 : exp(1000) without overflow.
    assert_eq!(run(Op::Softmax, &[&tensor(&[1, 2], &[5.0, 5.0])], &[1, 2]), [0.5, 0.5]);
    let far = run(Op::Softmax, &[&tensor(&[1, 3], &[0.0, 0.0, 1000.0])], &[1, 3]);
    assert_close(&far, &[0.0, 0.0, 1.0]);
    let e = std::f64::consts::E;
    let two = run(Op::Softmax, &[&tensor(&[2, 2], &[0.0, 1.0, 1.0, 0.0])], &[2, 2]);
    assert_close(&two, &[1.0 / (1.0 + e), e / (1.0 + e), e / (1.0 + e), 1.0 / (1.0 + e)]);
}

#[test]
fn root_mean_square_norm() {
    // mean(3², 4²) = 12.5, with epsilon 12.5 the root is 5.
    let (x, weight) = (tensor(&[1, 2], &[3.0, 4.0]), tensor(&[2], &[1.0, 10.0]));
    assert_close(&run(Op::RmsNorm { epsilon: 12.5 }, &[&x, &weight], &[1, 2]), &[0.6, 8.0]);
}

#[test]
fn layer_norm_uses_the_population_variance() {
    // mean 4, deviations -3, 1, 2, variance 14/3; with epsilon 13/3 the root is 3.
    let x = tensor(&[1, 3], &[1.0, 5.0, 6.0]);
    let (weight, bias) = (tensor(&[3], &[1.0, 3.0, 6.0]), tensor(&[3], &[0.0, 1.0, -1.0]));
    let epsilon = 13.0_f32 / 3.0;
    let root = (14.0 / 3.0 + f64::from(epsilon)).sqrt();
    let expected = [-3.0 / root, 3.0 / root + 1.0, 12.0 / root - 1.0];
    assert_close(&run(Op::LayerNorm { epsilon }, &[&x, &weight, &bias], &[1, 3]), &expected);
}

#[test]
fn gelu_uses_the_error_function() {
    // erf(1/2) and erf(1) from Abramowitz and Stegun 1964, table 7.1, extended to 16 digits (DLMF 7.2).
    assert!((libm::erf(0.5) - 0.520_499_877_813_046_5).abs() < 1e-15);
    assert!((libm::erf(1.0) - 0.842_700_792_949_714_9).abs() < 1e-15);
    // gelu(1) is the normal distribution function at 1, gelu(-2) = -2 Φ(-2), Φ(-2) = 0.022750131948179209.
    let (x, bias) = (tensor(&[1, 3], &[0.0, 2.0, -1.0]), tensor(&[3], &[1.0, -4.0, 1.0]));
    let expected = [0.841_344_746_068_542_9, -0.045_500_263_896_358_42, 0.0];
    assert_close(&run(Op::BiasGelu, &[&x, &bias], &[1, 3]), &expected);
}

/// Keys that make every score zero, so that the attention is the mean of the values seen.
#[test]
fn causal_attention_sees_only_the_past() {
    let zero = tensor(&[1, 3, 2], &[0.0; 6]);
    let v = tensor(&[1, 3, 2], &[1.0, 10.0, 2.0, 20.0, 6.0, 60.0]);
    let op = |causal| Op::Attention { heads: 1, kv_heads: 1, causal };
    assert_close(&run(op(true), &[&zero, &zero, &v], &[1, 3, 2]), &[1.0, 10.0, 1.5, 15.0, 3.0, 30.0]);
    assert_close(&run(op(false), &[&zero, &zero, &v], &[1, 3, 2]), &[3.0, 30.0, 3.0, 30.0, 3.0, 30.0]);
    // Two queries at the end of three keys see two and three of them.
    let q = tensor(&[1, 2, 2], &[0.0; 4]);
    assert_close(&run(op(true), &[&q, &zero, &v], &[1, 2, 2]), &[1.5, 15.0, 3.0, 30.0]);
}

#[test]
fn attention_divides_the_scores_by_the_root_of_the_head_size() {
    // d = 4: the scores are 2·4/√4 = 4 and 0.
    let q = tensor(&[1, 1, 4], &[2.0, 0.0, 0.0, 0.0]);
    let k = tensor(&[1, 2, 4], &[4.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0]);
    let v = tensor(&[1, 2, 4], &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    let p = 1.0 / (1.0 + (-4.0_f64).exp());
    let out = run(Op::Attention { heads: 1, kv_heads: 1, causal: false }, &[&q, &k, &v], &[1, 1, 4]);
    assert_close(&out, &[p, 1.0 - p, 0.0, 0.0]);
}

#[test]
fn grouped_heads_share_a_key_head() {
    // Four query heads of one element over two key heads: the first two see the first column.
    let q = tensor(&[1, 1, 4], &[0.0, 1.0, 0.0, 1.0]);
    let k = tensor(&[1, 2, 2], &[0.0, 0.0, 1.0, 2.0]);
    let v = tensor(&[1, 2, 2], &[0.0, 10.0, 1.0, 20.0]);
    let share = |score: f64| 1.0 / (1.0 + (-score).exp());
    let expected = [0.5, share(1.0), 15.0, 10.0 + 10.0 * share(2.0)];
    assert_close(&run(Op::Attention { heads: 4, kv_heads: 2, causal: false }, &[&q, &k, &v], &[1, 1, 4]), &expected);
}

#[test]
fn attention_keeps_sequences_apart() {
    let zero = tensor(&[2, 1, 1], &[0.0; 2]);
    let v = tensor(&[2, 1, 1], &[3.0, 7.0]);
    let op = Op::Attention { heads: 1, kv_heads: 1, causal: false };
    assert_close(&run(op, &[&zero, &zero, &v], &[2, 1, 1]), &[3.0, 7.0]);
}

#[test]
fn add_scales_the_sum_before_the_activation() {
    let (x, y) = (tensor(&[2], &[1.0, -3.0]), tensor(&[2], &[2.0, 1.0]));
    assert_eq!(run(Op::Add { scale: 0.5, activation: Activation::Relu }, &[&x, &y], &[2]), [1.5, 0.0]);
    assert_eq!(run(Op::Add { scale: 1.0, activation: Activation::Identity }, &[&x, &y], &[2]), [3.0, -2.0]);
}

#[test]
fn convolution_pads_with_zeros_and_strides() {
    let x = tensor(&[1, 1, 3, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    let ones = tensor(&[1, 1, 3, 3], &[1.0; 9]);
    let bias = tensor(&[1], &[0.5]);
    let conv = |weight: &Tensor, stride, padding, shape: &[usize]| {
        run(Op::Conv2d { stride, padding, activation: Activation::Identity }, &[&x, weight, &bias], shape)
    };
    assert_eq!(conv(&ones, 1, 0, &[1, 1, 1, 1]), [45.5]);
    // Sums of the neighbours inside the image.
    let expected = [12.5, 21.5, 16.5, 27.5, 45.5, 33.5, 24.5, 39.5, 28.5];
    assert_eq!(conv(&ones, 1, 1, &[1, 1, 3, 3]), expected);
    assert_eq!(conv(&ones, 2, 1, &[1, 1, 2, 2]), [12.5, 16.5, 24.5, 28.5]);
    // Correlation, as in every ML framework: the weight at (0, 1) meets the pixel above.
    let above = tensor(&[1, 1, 3, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(conv(&above, 1, 1, &[1, 1, 3, 3]), [0.5, 0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]);
}

#[test]
fn convolution_sums_channels_and_keeps_images_apart() {
    let x = tensor(&[2, 2, 1, 2], &[1.0, 2.0, 10.0, 20.0, 3.0, 4.0, 30.0, 40.0]);
    let weight = tensor(&[2, 2, 1, 1], &[1.0, 1.0, 1.0, -1.0]);
    let bias = tensor(&[2], &[0.0, 1.0]);
    let op = Op::Conv2d { stride: 1, padding: 0, activation: Activation::Relu };
    assert_eq!(run(op, &[&x, &weight, &bias], &[2, 2, 1, 2]), [11.0, 22.0, 0.0, 0.0, 33.0, 44.0, 0.0, 0.0]);
}

#[test]
fn padding_never_wins_a_maximum() {
    let x = tensor(&[1, 1, 2, 3], &[-1.0, -2.0, -3.0, -4.0, -5.0, -6.0]);
    let op = Op::MaxPool { kernel: 3, stride: 2, padding: 1 };
    assert_eq!(run(op, &[&x], &[1, 1, 1, 2]), [-1.0, -2.0]);
}

#[test]
fn average_pool_is_the_mean_of_each_map() {
    let x = tensor(&[1, 2, 1, 2], &[1.0, 2.0, 5.0, -5.0]);
    assert_eq!(run(Op::GlobalAveragePool, &[&x], &[1, 2]), [1.5, 0.0]);
}

#[test]
fn an_embedding_bag_sums_the_rows_looked_up() {
    let table = tensor(&[3, 2], &[1.0, 2.0, 10.0, 20.0, 100.0, 200.0]);
    let indices = Tensor::index([2, 3], vec![0, 2, 2, 1, 1, 0]);
    assert_eq!(run(Op::EmbeddingBag, &[&table, &indices], &[2, 2]), [201.0, 402.0, 21.0, 42.0]);
}

#[test]
fn concat_joins_rows() {
    let (x, y) = (tensor(&[2, 1], &[1.0, 2.0]), tensor(&[2, 2], &[3.0, 4.0, 5.0, 6.0]));
    assert_eq!(run(Op::Concat, &[&x, &y], &[2, 3]), [1.0, 3.0, 4.0, 2.0, 5.0, 6.0]);
}
