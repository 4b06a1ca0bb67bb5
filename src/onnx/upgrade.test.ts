import { describe, expect, it } from "vitest";
import { floats, ints, numbersOf, type Tensor } from "../graph/dtype.ts";
import { openSession } from "../runtime/node.ts";
import { exportModel } from "./export.ts";
import { importModel } from "./import.ts";
import { encodeModel, type AttributeProto, type NodeProto } from "./proto.ts";
import { tensorToProto } from "./tensor.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const int = (name: string, i: number): AttributeProto => ({ name, type: 2, i });
const intList = (name: string, list: number[]): AttributeProto => ({ name, type: 7, ints: list });
const float = (name: string, f: number): AttributeProto => ({ name, type: 1, f });

/** A model of one operator in the form of an old operator set. */
const model = (opset: number, node: NodeProto, constants: Record<string, Tensor> = {}, outputs = 1): Uint8Array =>
  encodeModel({
    irVersion: 7,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: "old",
      node: [{ output: Array.from({ length: outputs }, (_, i) => `y${i}`), name: "n", ...node }],
      initializer: Object.entries(constants).map(([name, tensor]) => tensorToProto(tensor, name)),
      input: [
        {
          name: "x",
          type: { tensorType: { elemType: 1, shape: { dim: [2, 3, 4, 4].map((dimValue) => ({ dimValue })) } } },
        },
      ],
      output: Array.from({ length: outputs }, (_, i) => ({ name: `y${i}`, type: { tensorType: { elemType: 1 } } })),
    },
  });

const x = floats(
  [2, 3, 4, 4],
  Float32Array.from({ length: 96 }, (_, i) => Math.sin(i * 1.7) * 3),
);

const cases: [name: string, bytes: Uint8Array][] = [
  ["Clip of set 6", model(7, { opType: "Clip", input: ["x"], attribute: [float("min", -1), float("max", 2)] })],
  [
    "Pad of set 2",
    model(10, {
      opType: "Pad",
      input: ["x"],
      attribute: [intList("pads", [0, 0, 1, 2, 0, 0, 0, 1]), float("value", 0.5)],
    }),
  ],
  [
    "Slice of set 1",
    model(9, {
      opType: "Slice",
      input: ["x"],
      attribute: [intList("starts", [1, 0]), intList("ends", [3, 3]), intList("axes", [1, 3])],
    }),
  ],
  ["Squeeze of set 11", model(11, { opType: "Unsqueeze", input: ["x"], attribute: [intList("axes", [0])] })],
  [
    "ReduceSum of set 11",
    model(12, { opType: "ReduceSum", input: ["x"], attribute: [intList("axes", [2, 3]), int("keepdims", 0)] }),
  ],
  [
    "ReduceMean of set 13",
    model(17, { opType: "ReduceMean", input: ["x"], attribute: [intList("axes", [1]), int("keepdims", 1)] }),
  ],
  ["ReduceMax over all", model(12, { opType: "ReduceMax", input: ["x"] })],
  [
    "Split of set 11",
    model(12, { opType: "Split", input: ["x"], attribute: [int("axis", 3), intList("split", [1, 3])] }, {}, 2),
  ],
  ["Softmax of set 11 flattens", model(11, { opType: "Softmax", input: ["x"], attribute: [int("axis", 1)] })],
  ["LogSoftmax of set 1 by default", model(9, { opType: "LogSoftmax", input: ["x"] })],
  ["Dropout of set 7", model(9, { opType: "Dropout", input: ["x"], attribute: [float("ratio", 0.3)] })],
  [
    "Upsample of set 9",
    model(
      9,
      { opType: "Upsample", input: ["x", "scales"], attribute: [{ name: "mode", type: 3, s: text("nearest") }] },
      { scales: floats([4], [1, 1, 2, 2]) },
    ),
  ],
  [
    "Upsample, linear",
    model(
      9,
      { opType: "Upsample", input: ["x", "scales"], attribute: [{ name: "mode", type: 3, s: text("linear") }] },
      { scales: floats([4], [1, 1, 2, 2]) },
    ),
  ],
  [
    "Resize of set 10",
    model(
      10,
      { opType: "Resize", input: ["x", "scales"], attribute: [{ name: "mode", type: 3, s: text("nearest") }] },
      { scales: floats([4], [1, 1, 1.5, 2]) },
    ),
  ],
  [
    "GridSample of set 16",
    model(
      16,
      { opType: "GridSample", input: ["x", "grid"], attribute: [{ name: "mode", type: 3, s: text("bilinear") }] },
      {
        grid: floats(
          [2, 2, 2, 2],
          Float32Array.from({ length: 16 }, (_, i) => Math.cos(i)),
        ),
      },
    ),
  ],
  ["Reshape stays", model(8, { opType: "Reshape", input: ["x", "shape"] }, { shape: ints([2, -1]) })],
];

describe("operators of older sets, rewritten into set 20", () => {
  it.each(cases)("%s answers as before", async (_, bytes) => {
    const before = await openSession(bytes);
    const after = await openSession(exportModel(importModel(bytes).graph));
    const [wanted, got] = [await before.run({ x }), await after.run({ x })];
    await before.close();
    await after.close();
    expect(Object.keys(got)).toEqual(Object.keys(wanted));
    for (const [name, tensor] of Object.entries(wanted)) {
      expect(got[name]!.shape).toEqual(tensor.shape);
      numbersOf(tensor).forEach((value, i) => expect(numbersOf(got[name]!)[i]).toBeCloseTo(value, 5));
    }
  });

  it("refuses by name what it cannot rewrite", () => {
    expect(() => importModel(model(12, { opType: "Hardmax", input: ["x"] }))).toThrow(/Hardmax of operator set 12/);
  });
});
