import { afterEach, expect, it } from "vitest";
import { classifyAnswer } from "../../api/classify.ts";
import { stubAnswer, stubEngine } from "../../../test/fixtures/stub-engine.ts";
import { stubServer, type StubServer } from "../../../test/fixtures/stub-server.ts";
import { HandfulError } from "../../base/errors.ts";

let server: StubServer;
afterEach(() => server.close());

/** Blue for "b…", red for "r…", unknown for "?…", else no picture. */
const byText = () =>
  stubEngine(({ picture }) => {
    const [letter] = Buffer.from(picture).toString();
    if (letter === "b" || letter === "r") return Promise.resolve(stubAnswer(letter === "b" ? "blue" : "red"));
    if (letter === "?") return Promise.resolve(stubAnswer(null));
    return Promise.reject(new HandfulError("data", "E_IMAGE_EMPTY", "nothing", { hint: "more" }));
  });
const post = async (payload: Buffer | object, type: string, query = "") => {
  const answer = await server.http.inject({
    method: "POST",
    url: `/v1/classify${query}`,
    payload,
    headers: { "content-type": type },
  });
  return { status: answer.statusCode, body: answer.json<unknown>() };
};
const labels = (body: unknown): unknown[] =>
  classifyAnswer.parse(body).predictions.map((p) => ("label" in p ? p.label : p.code));

it("takes a picture raw, as JSON, and as a form, and answers alike", async () => {
  server = await stubServer({ a: "a" }, byText);
  for (const type of ["image/jpeg", "image/png", "image/webp", "application/octet-stream"])
    expect(labels((await post(Buffer.from("red"), type)).body)).toEqual(["red"]);
  const data = (text: string): string => Buffer.from(text).toString("base64");
  expect(labels((await post({ image: data("blue") }, "application/json")).body)).toEqual(["blue"]);
  const form = new FormData();
  for (const text of ["red", "?", "blue"]) form.append("file", new Blob([text]), `${text}.jpg`);
  const response = new Response(form);
  const { body } = await post(Buffer.from(await response.arrayBuffer()), response.headers.get("content-type")!);
  expect(labels(body)).toEqual(["red", "unknown", "blue"]);
  expect(body).toMatchObject({ model: "a", version: "000000000001", predictions: [{ name: "red.jpg" }, {}, {}] });
});

it("gives a bad picture among several its error, and a lone one the status", async () => {
  server = await stubServer({ a: "a" }, byText);
  const images = ["red", "x", "blue"].map((text) => ({ name: text, data: Buffer.from(text).toString("base64") }));
  const several = await post({ images }, "application/json");
  expect([several.status, labels(several.body)]).toEqual([200, ["red", "E_IMAGE_EMPTY", "blue"]]);
  expect(several.body).toMatchObject({ predictions: [{}, { name: "x", error: "nothing", hint: "more" }, {}] });
  expect(await post(Buffer.from("x"), "image/png")).toMatchObject({ status: 422, body: { code: "E_IMAGE_EMPTY" } });
});

it("lists classes likeliest first, as many as asked for, and chooses the model by name", async () => {
  server = await stubServer({ a: "a", b: "b" }, byText);
  const { body } = await post(Buffer.from("red"), "image/png", "?model=b&top=1");
  expect(body).toMatchObject({ model: "b", predictions: [{ probabilities: [{ label: "red", probability: 0.75 }] }] });
  expect(await post(Buffer.from("red"), "image/png")).toMatchObject({ status: 400, body: { code: "E_MODEL_NAME" } });
  expect(await post(Buffer.from("red"), "image/png", "?model=c")).toMatchObject({
    status: 404,
    body: { code: "E_MODEL_UNKNOWN" },
  });
});

it("tells whoever keeps count of each prediction, under the id that the client got", async () => {
  server = await stubServer({ a: "a" }, byText);
  const { body } = await post(Buffer.from("?"), "image/png", "?key=device-7");
  const [prediction] = classifyAnswer.parse(body).predictions;
  expect(server.answered).toEqual([
    expect.objectContaining({
      id: prediction && "id" in prediction ? prediction.id : null,
      model: "a",
      version: "000000000001",
      key: "device-7",
      label: null,
      likeliest: "blue",
    }),
  ]);
});
