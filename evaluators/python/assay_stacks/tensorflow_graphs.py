"""TensorFlow: a graph that is traced once, as `tf.function` makes it."""
import os, time

from assay_stacks import Unsupported, first_line, graph_function, needs_graph


class TensorFlow:
    def __init__(self, job, device, threads):
        needs_graph(job, "TensorFlow")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import tensorflow as tf

        self.tf, (kind, _, number) = tf, device.partition(":")
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        # fp32 means fp32, and what has no kernel on the device is not computed elsewhere.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        tf.config.set_soft_device_placement(False)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        self.place = f"/GPU:{number}" if kind == "cuda" else "/CPU:0"
        real = {"fp32": tf.float32, "fp16": tf.float16, "bf16": tf.bfloat16}[job.format]

        def tensor(array):
            with tf.device(self.place):
                return tf.identity(tf.cast(array, real) if array.dtype.kind == "f" else tf.constant(array, tf.int32))

        # Images have their channels last, and filters are [height, width, in, out]: the processor knows no other layout.
        images = lambda array: array.transpose(0, 2, 3, 1) if array.ndim == 4 else array
        filters = lambda array: array.transpose(2, 3, 1, 0) if array.ndim == 4 else array
        self.fixed = {n: tensor(filters(array)) for n, array in job.data.items() if n not in job.spec["inputs"]}
        self.given = [tensor(images(array)) for array in job.inputs().values()]
        self.run = self.build(job)
        self.notes = {
            "execution": "tf.function, without XLA", "layout": "channels last, transposed beforehand",
            "threads": str(threads)}
        started = time.perf_counter()
        try:
            self.execute()
        except (tf.errors.UnimplementedError, tf.errors.NotFoundError) as error:
            raise Unsupported(f"TensorFlow: {first_line(error)}") from error
        self.compile_secs = time.perf_counter() - started

    def build(self, job):
        tf, graph, names, fixed = self.tf, job.graph, list(job.spec["inputs"]), self.fixed
        activate = {
            "identity": lambda x: x, "relu": tf.nn.relu, "sigmoid": tf.sigmoid,
            "gelu": lambda x: tf.nn.gelu(x, approximate=False),
        }

        def product(x, weight):
            flat = tf.matmul(tf.reshape(x, [-1, weight.shape[0]]), weight)
            return tf.reshape(flat, [*x.shape[:-1], weight.shape[1]])

        def attention(q, k, v, heads, kv_heads, causal):
            (b, n, width), m = q.shape, k.shape[1]
            d, group = width // heads, heads // kv_heads
            split = lambda x, length, count: tf.transpose(tf.reshape(x, [b, length, count, d]), [0, 2, 1, 3])
            # The queries of a group stand one below the other before their common keys.
            q = tf.reshape(split(q, n, heads), [b, kv_heads, group * n, d])
            scores = tf.cast(tf.matmul(q, split(k, m, kv_heads), transpose_b=True), tf.float32) * d**-0.5
            if causal:
                seen = tf.range(m)[None, :] <= tf.range(n)[:, None] + (m - n)
                scores = tf.where(tf.tile(seen, [group, 1]), scores, float("-inf"))
            y = tf.matmul(tf.cast(tf.nn.softmax(scores), q.dtype), split(v, m, kv_heads))
            y = tf.transpose(tf.reshape(y, [b, heads, n, d]), [0, 2, 1, 3])
            return tf.reshape(y, [b, n, width])

        def normal(x, center, epsilon):
            x = tf.cast(x, tf.float32)
            if center:
                x = x - tf.reduce_mean(x, -1, keepdims=True)
            return x * tf.math.rsqrt(tf.reduce_mean(x * x, -1, keepdims=True) + epsilon)

        def scaled(x, gain, shift):
            y = x * tf.cast(gain, tf.float32)
            return tf.cast(y if shift is None else y + tf.cast(shift, tf.float32), gain.dtype)

        def apply(a, x):
            op = a["op"]
            if op == "matmul": return tf.matmul(x[0], x[1])
            if op == "linear": return activate[a["activation"]](tf.nn.bias_add(product(x[0], x[1]), x[2]))
            if op == "triad": return x[0] + x[1] * tf.cast(a["scale"], x[1].dtype)
            if op == "softmax": return tf.nn.softmax(x[0])
            if op == "rms-norm": return scaled(normal(x[0], False, a["epsilon"]), x[1], None)
            if op == "layer-norm": return scaled(normal(x[0], True, a["epsilon"]), x[1], x[2])
            if op == "bias-gelu": return activate["gelu"](tf.nn.bias_add(x[0], x[1]))
            if op == "attention": return attention(*x, a["heads"], a["kv_heads"], a["causal"])
            if op == "add":
                y = x[0] + x[1]
                return activate[a["activation"]](y if a["scale"] == 1.0 else y * tf.cast(a["scale"], y.dtype))
            if op == "conv2d":
                pad = [[0, 0], [a["padding"]] * 2, [a["padding"]] * 2, [0, 0]]
                return activate[a["activation"]](tf.nn.bias_add(tf.nn.conv2d(x[0], x[1], a["stride"], pad), x[2]))
            if op == "max-pool":
                pad = [[0, 0], [a["padding"]] * 2, [a["padding"]] * 2, [0, 0]]
                padded = tf.pad(x[0], pad, constant_values=x[0].dtype.min) if a["padding"] else x[0]
                return tf.nn.max_pool2d(padded, a["kernel"], a["stride"], "VALID")
            if op == "global-average-pool": return tf.reduce_mean(x[0], [1, 2])
            if op == "embedding-bag": return tf.reduce_sum(tf.gather(x[0], x[1]), 1)
            if op == "concat": return tf.concat(x, 1)
            raise Unsupported(f"TensorFlow: there is no translation of `{op}`")

        whole = graph_function(graph, names, apply)
        return tf.function(lambda *given: whole(given, fixed), autograph=False)

    def execute(self):
        with self.tf.device(self.place):
            self.last = self.run(*self.given)
        if self.place != "/CPU:0":
            self.tf.test.experimental.sync_devices()

    def outputs(self):
        last = self.tf.cast(self.last, self.tf.float32).numpy()
        return [last.transpose(0, 3, 1, 2) if last.ndim == 4 else last]

    def memory(self):
        if self.place == "/CPU:0":
            return {}
        return {"peak device memory": self.tf.config.experimental.get_memory_info(self.place[1:])["peak"]}
