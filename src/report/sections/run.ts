import { facts } from "../book.ts";
import { duration, moment, shortName } from "../format.ts";
import { html, type Html } from "../html.ts";
import type { WriteSection } from "../section.ts";

/** Where the model comes from: enough to make it again. */
export const writeRun: WriteSection = (view) => {
  const { run, dataset } = view.input;
  return {
    id: "run",
    title: "The run",
    lead: "The same photos, seed and versions give the same model.",
    body: facts([
      ["Command", code(run.command)],
      ["Photos", html`<bdi>${shortName(dataset.root, 200)}</bdi>`],
      ["Seed", String(run.seed)],
      ["Finished", moment(run.finishedAt)],
      ["Took", [duration(run.seconds), ...run.stages.map((one) => `${one.name} ${duration(one.seconds)}`)].join(" · ")],
      ["Machine", run.machine],
      ...(run.made ?? []).map((text): [string, string] => ["Made pictures", text]),
      ...run.versions.map(([what, value]): [string, string] => [`${what} version`, value]),
      ...run.hashes.map(([what, value]): [string, Html] => [`${what}, sha256`, code(value)]),
    ]),
  };
};

const code = (text: string): Html => html`<code>${shortName(text, 400)}</code>`;
