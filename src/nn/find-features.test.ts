import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasShared, weights } from "../../test/fixtures/shared.ts";
import { importModel } from "../onnx/import.ts";
import { findFeatures } from "./find-features.ts";

/** A real model with nothing but its class scores left as output. */
const classifierOnly = (name: string) => {
  const { graph } = importModel(readFileSync(weights(name)));
  const scores = graph.outputs.find((v) => v.name === "logits")!;
  graph.outputs.splice(0, Infinity, scores);
  return graph;
};

describe.skipIf(!hasShared)("the feature value of a real classifier", () => {
  it.each(["mobilenet_v1_0.5_160", "mobilenet_v2_1.0_224"])("%s: what goes into the last layer", (name) => {
    const { value, found } = findFeatures(classifierOnly(name));
    expect(value.name).toBe("features");
    expect(found).toContain("1000 classes");
  });

  it("squeezenet: the map before the convolution that names classes, since pooling comes after it", () => {
    const { value } = findFeatures(classifierOnly("squeezenet_v1.1_227"));
    expect(value.producer!.op.type).toBe("Concat");
  });

  it("takes an output that is called features", () => {
    const { graph } = importModel(readFileSync(weights("mobilenet_v2_1.0_224")));
    expect(findFeatures(graph).found).toBe('output "features"');
  });

  it("takes what was asked for, or says what there is", () => {
    const { graph } = importModel(readFileSync(weights("mobilenet_v2_1.0_224")));
    expect(findFeatures(graph, "feature_map").value.name).toBe("feature_map");
    expect(findFeatures(graph, "feature_map").found).toBe('value "feature_map", as asked for');
    const settled = findFeatures(graph, "feature_map", "as the settings say");
    expect(settled.found).toBe('value "feature_map", as the settings say'); // nobody asked
    expect(() => findFeatures(graph, "nonsense")).toThrow(/no value named "nonsense"/);
  });
});
