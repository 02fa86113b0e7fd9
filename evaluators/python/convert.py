"""Makes a narrower form of an ONNX model: `convert.py REQUEST.json`, which names the model, the file to write, the variant
and the inputs to calibrate with. Prints one JSON object: {tools} or {absent} or {failed}."""
import importlib.metadata, json, logging, os, sys


def arrays(entries):
    """The inputs of one execution, from files of little-endian binary32 or 64-bit integers."""
    import numpy as np

    found = {}
    for entry in entries:
        kind = np.dtype("<f4") if entry["kind"] == "real" else np.dtype("<i8")
        values = np.fromfile(entry["file"], kind).reshape(entry["shape"])
        found[entry["name"]] = values.astype(entry["element"])
    return found


def excluded(request):
    """The standard's Attention: the tools take it for ONNX Runtime's own operator of that name, and break it."""
    import onnx

    nodes = onnx.load(request["model"], load_external_data=False).graph.node
    return [node.name for node in nodes if node.op_type == "Attention" and node.domain in ("", "ai.onnx")]


def dynamic(request, out):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(request["model"], out, weight_type=QuantType.QInt8, nodes_to_exclude=excluded(request))


def static(request, out):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.rest = iter(request["calibration"])

        def get_next(self):
            entries = next(self.rest, None)
            return entries and arrays(entries)

    quantize_static(
        request["model"], out, Reader(), quant_format=QuantFormat.QDQ, weight_type=QuantType.QInt8,
        activation_type=QuantType.QUInt8, nodes_to_exclude=excluded(request))


def half(request):
    """The model in binary16 between casts of its inputs and outputs."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    model = OnnxModel(convert_float_to_float16(onnx.load(request["model"]), keep_io_types=True))
    # The casts were added at the end.
    model.topological_sort()
    return model.model


def fp16(request, out):
    import onnx

    onnx.save(half(request), out)


def bf16(request, out):
    """As binary16, with every 16-bit float a bfloat16 of the original's value."""
    import ml_dtypes, onnx
    from onnx import TensorProto, numpy_helper

    def graphs(graph):
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                for inner in [attribute.g, *attribute.graphs]:
                    if inner.node:
                        yield from graphs(inner)

    exact = {}
    for graph in graphs(onnx.load(request["model"]).graph):
        for tensor in graph.initializer:
            if tensor.data_type == TensorProto.FLOAT:
                exact[tensor.name] = numpy_helper.to_array(tensor)

    def narrowed(tensor):
        if tensor.data_type != TensorProto.FLOAT16:
            return
        values = exact.get(tensor.name)
        values = numpy_helper.to_array(tensor).astype("float32") if values is None else values
        bits = values.astype(ml_dtypes.bfloat16).tobytes()
        del tensor.int32_data[:]
        tensor.data_type, tensor.raw_data = TensorProto.BFLOAT16, bits

    model = half(request)
    for graph in graphs(model.graph):
        for tensor in graph.initializer:
            narrowed(tensor)
        for value in [*graph.input, *graph.output, *graph.value_info]:
            kind = value.type.tensor_type
            if kind.elem_type == TensorProto.FLOAT16:
                kind.elem_type = TensorProto.BFLOAT16
        for node in graph.node:
            for attribute in node.attribute:
                for tensor in [attribute.t, *attribute.tensors]:
                    narrowed(tensor)
                if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT16:
                    attribute.i = TensorProto.BFLOAT16
    onnx.save(model, out)


VARIANTS = {"int8-dynamic": dynamic, "int8-static": static, "fp16": fp16, "bf16": bf16}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    # Libraries print where they like: what is answered goes to the real stdout, everything else to stderr.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logging.disable(logging.WARNING)
    try:
        VARIANTS[request["variant"]](request, request["file"])
        tools = {name: importlib.metadata.version(name) for name in ("onnxruntime", "onnx")}
        told = {"tools": tools}
    except ImportError as error:
        told = {"absent": str(error.name or error)}
    except Exception as error:  # whatever a tool raises becomes an answer
        lines = str(error).strip().splitlines() or [""]
        told = {"failed": f"{type(error).__name__}: {lines[0]}"[:400]}
    answer.write(json.dumps(told))
    answer.flush()
    # Libraries like to hang in their exit handlers; nothing here needs them.
    os._exit(0)


main()
