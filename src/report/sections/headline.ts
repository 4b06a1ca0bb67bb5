import { weakestFirst, type Estimate, type Evidence } from "../../evaluate/evidence.ts";
import { facts } from "../book.ts";
import { count, name, percent, percentRange, plural } from "../format.ts";
import { html, join, type Html } from "../html.ts";
import type { WriteSection } from "../section.ts";
import { className, type View } from "../view.ts";

/** The first thing seen: how good the model is, how sure that is, and what to look at. */
export const writeHeadline: WriteSection = (view) => ({
  id: "headline",
  title: "In short",
  lead: "",
  body: html`
    <div class="card">${view.input.evidence.accuracy ? figures(view, view.input.evidence.accuracy) : cannot(view)}</div>
    ${findings(view)}
  `,
});

const figure = (value: string, label: string, detail: string, big = false): Html => html`
  <div class="figure${big ? " big" : ""}">
    <div class="value">${value}</div>
    <div class="label">${label}</div>
    <div class="detail">${detail}</div>
  </div>
`;

const interval = (estimate: Estimate): string =>
  estimate.interval
    ? `95 % interval ${percentRange([estimate.interval.low, estimate.interval.high])}`
    : "no interval can be given";

const figures = (view: View, accuracy: Estimate): Html => {
  const { evidence, backbone } = view.input;
  const balanced = evidence.balancedAccuracy;
  return html`
    <div class="figures">
      ${figure(percent(accuracy.value), "accuracy", interval(accuracy), true)}
      ${balanced ? figure(percent(balanced.value), "balanced accuracy", interval(balanced)) : null} ${heldOut(view)}
      ${figure(percent(evidence.majorityBaseline), "always naming the largest class", "what any model must beat")}
      ${figure(count(evidence.images), "images", imagesText(evidence))}
    </div>
    <p class="meaning">${meaning(accuracy)}</p>
    ${madeOf(view, [
      ["Measured by", evidence.protocol.text],
      ["Interval", evidence.protocol.intervalText],
      ["Backbone", html`${name(backbone.name)} — ${backbone.text}`],
    ])}
  `;
};

/** On a test set of its own, where there is one. */
const heldOut = (view: View): Html | null => {
  const found = view.input.heldOut;
  return found
    ? figure(
        percent(found.accuracy.value),
        `on ${plural(found.images, "held-out image")}`,
        `${interval(found.accuracy)}, ${found.text}`,
      )
    : null;
};

const imagesText = (evidence: Evidence): string =>
  evidence.groups === evidence.images
    ? plural(evidence.classes.length, "class", "classes")
    : `${plural(evidence.classes.length, "class", "classes")}, ${count(evidence.groups)} independent groups`;

const meaning = (accuracy: Estimate): string => {
  const expected = `Of 100 new photos taken in the same way as these, expect about ${Math.round(accuracy.value * 100)} right answers.`;
  const limits =
    "It says nothing about other cameras, light, places or classes: test on photos from there before relying on it.";
  if (!accuracy.interval) return `${expected} How far off that figure may be is not known. ${limits}`;
  const { low, high } = accuracy.interval;
  return (
    `${expected} The figure is itself uncertain: computed this way on many such sets, ` +
    `19 of 20 intervals hold the true accuracy; here it reaches from ${percent(low)} to ${percent(high)}. ${limits}`
  );
};

const cannot = (view: View): Html => {
  const { evidence, backbone } = view.input;
  return html`
    <div class="figures">
      ${figure("–", "accuracy cannot be estimated", evidence.cannotEstimate ?? evidence.protocol.text, true)}
      ${heldOut(view)}
      ${figure(percent(evidence.majorityBaseline), "always naming the largest class", "what any model must beat")}
      ${figure(count(evidence.images), "images", imagesText(evidence))}
    </div>
    <p class="meaning">
      The model is trained and can be used, but nobody knows how often it is right: every image was needed to learn from
      and none was left to test on. With two images a class a first estimate can be made, with ten a useful one.
    </p>
    ${madeOf(view, [["Backbone", html`${name(backbone.name)} — ${backbone.text}`]])}
  `;
};

const madeOf = (view: View, first: readonly (readonly [string, Html | string])[]): Html =>
  facts([...first, ["Head", view.input.evidence.selection.text]]);

const link = (id: string, text: Html | string): Html => html`<a href="#${id}">${text}</a>`;

/** What a person should look at, most telling first. */
const findings = (view: View): Html | null => {
  const { audit, evidence, dataset } = view.input;
  const found = [
    ...[...evidence.warnings, ...(view.input.notes ?? [])].map((text) => html`${text}`),
    ...[...dataset.warnings, ...audit.warnings].map(({ message }) => html`${message}`),
    ...weakest(view),
    ...counted(view.suspects.length, "suspects", (n) => `${plural(n, "label")} may be wrong`),
    ...counted(audit.leaks.length, "problems", (n) => `${plural(n, "pair")} of look-alikes across train and test`),
    ...counted(audit.conflicts.length, "problems", (n) => `${plural(n, "image")} with two labels`),
    ...counted(audit.unreadable.length, "problems", (n) => `${plural(n, "file")} could not be read`),
  ];
  return found.length === 0
    ? null
    : html`<h3>To look at</h3>
        <ul class="findings">
          ${join(found.map((one) => html`<li>${one}</li>`))}
        </ul>`;
};

const counted = (n: number, id: string, say: (n: number) => string): Html[] => (n > 0 ? [link(id, say(n))] : []);

/** The class missed most, where one stands out. */
const weakest = (view: View): Html[] => {
  const { balancedAccuracy } = view.input.evidence;
  const worst = weakestFirst(view.input.evidence)[0];
  if (!worst || !balancedAccuracy) return [];
  const recall = worst.recall.value;
  if (recall >= 1 || recall > balancedAccuracy.value - 0.03) return [];
  const taken =
    worst.mostlyTakenFor === null ? null : html`, mostly taken for ${name(className(view, worst.mostlyTakenFor), 40)}`;
  return [html`Weakest class: ${link("classes", name(worst.name, 40))}, ${percent(recall, 0)} recognised${taken}`];
};
