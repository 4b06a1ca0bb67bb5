import type { Attribute, Graph, Node, Value } from "./graph.ts";

const typeOf = ({ dtype, shape, dims }: Value): string => `${dtype}[${(shape ?? dims)?.join(", ") ?? "?"}]`;

const printAttribute = (attribute: Attribute): string =>
  typeof attribute === "object" && "dtype" in attribute
    ? `${attribute.dtype}[${attribute.shape.join(", ")}]`
    : JSON.stringify(attribute);

const printInput = (v: Value | null): string => {
  if (!v) return "-";
  if (!v.constant) return v.name;
  const { data } = v.constant;
  return data.length <= 8
    ? `[${[...data].map((n) => (typeof n === "number" ? +n.toPrecision(6) : n)).join(", ")}]`
    : `${v.name}: ${typeOf(v)}`;
};

const printNode = ({ op, inputs, attributes, outputs }: Node): string => {
  const settings = Object.entries(attributes ?? {})
    .filter((entry): entry is [string, Attribute] => entry[1] !== undefined)
    .map(([name, value]) => ` ${name}=${printAttribute(value)}`);
  const made = outputs.map((y) => `${y.name}: ${typeOf(y)}`).join(", ");
  return `  ${made} = ${op.type}(${inputs.map(printInput).join(", ")})${settings.join("")}`;
};

/** A graph as text, a line for each node: `y: float32[2, 3] = Relu(x)`. Small constants are written out. */
export const printGraph = (g: Graph): string => {
  const inputs = g.inputs.map((v) => `${v.name}: ${typeOf(v)}`).join(", ");
  return [
    `${g.name}(${inputs}) {`,
    ...g.nodes.map(printNode),
    `  return ${g.outputs.map(printInput).join(", ")}`,
    "}",
  ].join("\n");
};
