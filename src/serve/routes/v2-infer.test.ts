import { afterEach, beforeEach, expect, it } from "vitest";
import { inferAnswer } from "../../api/inference.ts";
import { stubAnswer, stubEngine } from "../../../test/fixtures/stub-engine.ts";
import { stubServer, type StubServer } from "../../../test/fixtures/stub-server.ts";

let server: StubServer;
beforeEach(async () => {
  server = await stubServer({ a: "a" }, () =>
    stubEngine(({ picture, outputs }) => {
      const values: Record<string, number[]> = { probabilities: [0.25, 0.75], neighbour_index: [picture[0]!] };
      return Promise.resolve(stubAnswer("red", Object.fromEntries(outputs.map((name) => [name, values[name]!]))));
    }),
  );
});
afterEach(() => server.close());

const pixels = {
  name: "pixels",
  datatype: "UINT8",
  shape: [2, 2, 2, 3],
  data: Array.from({ length: 24 }, (_, i) => i),
};
const post = async (payload: object, headers = {}, url = "/v2/models/a/infer") => {
  const answer = await server.http.inject({
    method: "POST",
    url,
    payload,
    headers: { "content-type": "application/json", ...headers },
  });
  return { status: answer.statusCode, body: answer.json<unknown>() };
};

it("gives all outputs, or those asked for, a row a picture", async () => {
  const { body } = await post({ id: "7", inputs: [pixels] });
  expect(inferAnswer.parse(body)).toEqual({
    model_name: "a",
    model_version: "000000000001",
    id: "7",
    outputs: [
      { name: "probabilities", datatype: "FP32", shape: [2, 2], data: [0.25, 0.75, 0.25, 0.75] },
      { name: "neighbour_index", datatype: "INT64", shape: [2, 1], data: [0, 12] },
    ],
  });
  const some = await post(
    { inputs: [pixels], outputs: [{ name: "neighbour_index" }] },
    {},
    "/v2/models/a/versions/000000000001/infer",
  );
  expect(inferAnswer.parse(some.body).outputs.map(({ name }) => name)).toEqual(["neighbour_index"]);
});

it("takes pixels as bytes behind the JSON", async () => {
  const { data, ...rest } = pixels;
  const head = Buffer.from(JSON.stringify({ inputs: [{ ...rest, parameters: { binary_data_size: 24 } }] }));
  const { body } = await post(Buffer.concat([head, Uint8Array.from(data)]), {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(head.length),
  });
  expect(inferAnswer.parse(body).outputs[1]!.data).toEqual([0, 12]);
});

it("refuses other models, versions, outputs and shapes", async () => {
  const codes = await Promise.all([
    post({ inputs: [pixels] }, {}, "/v2/models/b/infer"),
    post({ inputs: [pixels] }, {}, "/v2/models/a/versions/1/infer"),
    post({ inputs: [pixels], outputs: [{ name: "probability" }] }),
    post({ inputs: [{ ...pixels, shape: [2, 3, 2, 3] }] }),
    post({ inputs: [] }),
  ]);
  expect(codes).toMatchObject([
    { status: 404, body: { code: "E_MODEL_UNKNOWN" } },
    { status: 404, body: { code: "E_MODEL_VERSION_UNKNOWN" } },
    { status: 400, body: { code: "E_TENSOR", hint: 'Did you mean "probabilities"?' } },
    { status: 400, body: { code: "E_TENSOR" } },
    { status: 400, body: { code: "E_BODY_FIELDS" } },
  ]);
});
