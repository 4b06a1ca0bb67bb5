import { randomUUID } from "node:crypto";
import { classifyAnswer, classifyRequest, type ClassifyAnswer } from "../../api/classify.ts";
import { HandfulError } from "../../base/errors.ts";
import { askPictures } from "../ask-pictures.ts";
import type { Ask, Parts, Route } from "../route.ts";
import type { ServedModel } from "../served-model.ts";
import { readClassifyForm, readClassifyQuery, type ClassifyAsk } from "../read-pictures.ts";
import { publicMessage, requestError } from "../statuses.ts";
import type { EngineAnswer } from "../wire.ts";

const readAsk = async ({ settings, json }: Parts, { body, contentType, query }: Ask): Promise<ClassifyAsk> => {
  const [type = ""] = contentType.split(";");
  const { maxPictures } = settings;
  const asked = readClassifyQuery(query);
  // What the body says goes before what the address says.
  const within = (inside: ClassifyAsk): ClassifyAsk => ({
    ...inside,
    model: inside.model ?? asked.model,
    key: inside.key ?? asked.key,
    top: inside.top ?? asked.top,
  });
  switch (type.trim().toLowerCase()) {
    case "application/json":
      return within(await json.classify({ body, maxPictures }));
    case "multipart/form-data":
      return within(readClassifyForm(body, contentType, maxPictures));
    case "image/jpeg":
    case "image/png":
    case "image/webp":
    case "application/dicom":
    case "application/octet-stream":
      return { ...asked, pictures: [{ name: null, image: body }] };
    default:
      throw requestError(
        "E_BODY_TYPE",
        "wanted image/jpeg, image/png, image/webp, application/octet-stream, multipart/form-data or application/json",
        "curl -F image=@photo.jpg …",
      );
  }
};

type Answered = EngineAnswer & { readonly version: string };

const describe = (
  { prediction }: Answered,
  labels: readonly string[],
  { id, name, top }: { readonly id: string; readonly name: string | null; readonly top: number | null },
): ClassifyAnswer["predictions"][number] => {
  const { label, likeliest, probability, probabilities, set, unknownScore, nearest } = prediction;
  const order = probabilities.map((_, c) => c).sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  return {
    id,
    name,
    label: label ?? "unknown",
    unknown: label === null,
    likeliest,
    probability,
    probabilities: order
      .slice(0, top ?? order.length)
      .map((c) => ({ label: labels[c]!, probability: probabilities[c]! })),
    set: [...set],
    unknownScore,
    nearest: [...nearest],
  };
};

/** Counts a picture and tells whoever keeps count of it. */
const note = (
  { metrics, answered }: Parts,
  ask: Ask,
  { model, key, id, answer }: { model: string; key: string | null; id: string; answer: Answered },
): void => {
  const { label, likeliest, probability } = answer.prediction;
  metrics.picture(model, label === null ? "unknown" : "known");
  const { version } = answer;
  answered({ id, requestId: ask.id, model, version, key, label, likeliest, probability, ms: ask.elapsedMs() });
};

export const route: Route = {
  method: "POST",
  paths: ["/v1/classify"],
  scope: "classify",
  works: true,
  summary: "Name what one or several pictures show, or say that it is unknown.",
  bodies: {
    "image/jpeg": "One picture as it is; also image/png, image/webp, application/octet-stream. ?model= names a model.",
    "multipart/form-data": "Every file is a picture; model, key and top are plain fields.",
    "application/json": classifyRequest,
  },
  answers: { "application/json": classifyAnswer },
  handle: async (parts, ask) => {
    const { model: name, key, top, pictures } = await readAsk(parts, ask);
    const model: ServedModel = parts.choose({ model: name, key }, parts.models);
    const questions = pictures.map(({ image }) => ({ picture: image, ready: false, outputs: [] }));
    const answers = await askPictures(model, questions, { remainingMs: ask.remainingMs(), signal: ask.signal });
    const [first] = answers;
    for (const answer of answers) if (answer instanceof HandfulError) parts.metrics.picture(model.name, answer.code);
    if (answers.length === 1 && first instanceof HandfulError) throw first;
    const labels = model.info?.labels ?? [];
    let version = "";
    const predictions = answers.map((answer, i): ClassifyAnswer["predictions"][number] => {
      const { name: picture } = pictures[i]!;
      if (answer instanceof HandfulError) {
        const { code, hint } = answer;
        return { name: picture, error: publicMessage(answer, ask.id), code, ...(hint !== undefined && { hint }) };
      }
      const id = randomUUID();
      ({ version } = answer);
      note(parts, ask, { model: model.name, key, id, answer });
      return describe(answer, labels, { id, name: picture, top });
    });
    const body: ClassifyAnswer = { model: model.name, version: version || (model.info?.version ?? ""), predictions };
    return { body };
  },
};
