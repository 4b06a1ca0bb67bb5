import { createHash } from "node:crypto";
import type { ArtifactMetadata } from "../artifact/metadata.ts";
import type { Renumbering } from "./renumber-classes.ts";

/** What a model file says of itself, but for its test vectors. */
export type Facts = Omit<ArtifactMetadata, "vectors">;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** No figure of the model before is one of the changed model; the accuracy is kept in words. */
const outdated = ({ evidence }: Facts): Facts["evidence"] => {
  const { accuracy, interval, method } = evidence;
  const range = interval ? ` (95 %: ${percent(interval[0])} to ${percent(interval[1])})` : "";
  return {
    ...evidence,
    accuracy: null,
    interval: null,
    balancedAccuracy: null,
    falseAcceptRate: null,
    falseRejectRate: null,
    method: accuracy === null ? method : `before its classes were changed ${percent(accuracy)}${range}, ${method}`,
  };
};

/** Facts after a change of the classes: none of the evidence holds any more, and the data are others. */
export const changedFacts = (
  facts: Facts,
  { text, version }: { readonly text: string; readonly version: string },
): Facts => ({
  ...facts,
  evidence: outdated(facts),
  changes: [...(facts.changes ?? []), text],
  dataset: {
    ...facts.dataset,
    version: createHash("sha256")
      .update(JSON.stringify([facts.dataset.version, text]))
      .digest("hex"),
  },
  producer: `handful ${version}`,
});

/** Training photos that the file keeps and whose class stays, by index. */
export const rowsThatStay = ({ training }: Facts, { becomes }: Renumbering): number[] =>
  training.labels.flatMap((label, row) => (becomes[label]! < 0 ? [] : [row]));

/** Facts with classes numbered anew: labels, counts, the columns of the head, and the training photos that stay. */
export const renumberedFacts = (facts: Facts, renumbering: Renumbering): Facts => {
  const { head, dataset, training } = facts;
  const { labels, becomes } = renumbering;
  const columns = head.columns ?? facts.labels.map((_, c) => c);
  const rows = rowsThatStay(facts, renumbering);
  const counts = labels.map((_, c) =>
    dataset.counts.reduce((sum, count, old) => (becomes[old] === c ? sum + count : sum), 0),
  );
  return {
    ...facts,
    labels: [...labels],
    head: { ...head, columns: columns.map((c) => (c < 0 ? -1 : becomes[c]!)) },
    dataset: { ...dataset, counts },
    training: {
      ...training,
      names: rows.map((row) => training.names[row]!),
      labels: rows.map((row) => becomes[training.labels[row]!]!),
      ...(training.lengths && { lengths: rows.map((row) => training.lengths![row]!) }),
      ...(training.groups && { groups: rows.map((row) => training.groups![row]!) }),
    },
  };
};
