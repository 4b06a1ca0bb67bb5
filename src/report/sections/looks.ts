import { caption } from "../book.ts";
import { colourScale } from "../colour-scale.ts";
import { name, percent } from "../format.ts";
import { html, join, type Html } from "../html.ts";
import type { Looks } from "../input.ts";
import type { WriteSection } from "../section.ts";
import { className, type View } from "../view.ts";

/** What in a few right and wrong photos speaks for which class. */
export const writeLooks: WriteSection = (view) => {
  const { looks } = view.input;
  if (!looks) return null;
  const [right, wrong] = [true, false].map((isRight) =>
    looks.rows.filter(({ row }) => (view.judgedAt.get(row)?.predicted === view.judgedAt.get(row)?.label) === isRight),
  );
  return {
    id: "looks",
    title: "Where it looks",
    lead:
      looks.rows.length === 0
        ? looks.text
        : `Bright parts raise the score of the class named below in the final model, which has learned from these photos; right and wrong are what models said that had not seen them. A map says where the model looks, not that it looks at the right thing: if it is bright on the ground or on a mark of the camera, the photos give the class away. Made by ${looks.text}.`,
    body: html`${looks.rows.length > 0 ? colourScale(looks.colours, "looks-scale") : null}
    ${group(view, "Mistaken", wrong!)} ${group(view, "Right", right!)}`,
  };
};

const group = (view: View, title: string, rows: Looks["rows"]): Html | null =>
  rows.length === 0
    ? null
    : html`<h3>${title}</h3>
        <ul class="looks">
          ${join(rows.map((one) => look(view, one)))}
        </ul>`;

const look = (view: View, { row, maps }: Looks["rows"][number]): Html => {
  const judged = view.judgedAt.get(row);
  const share = (label: number): string =>
    label === judged?.predicted ? percent(judged.probability, 0) : percent(judged?.truth, 0);
  return html`<li>
    <div class="maps">
      ${join(
        maps.map(
          ({ label, picture }) =>
            html`<figure>
              <span class="picture"><img src="${picture}" alt="what speaks for ${className(view, label)}" /></span>
              <figcaption>
                <span class="${label === judged?.label ? "truth" : "guess"}"
                  >${name(className(view, label), 20)}<b>${share(label)}</b></span
                >
              </figcaption>
            </figure>`,
        ),
      )}
    </div>
    ${caption(view.rows[row]?.name ?? "")}
  </li>`;
};
