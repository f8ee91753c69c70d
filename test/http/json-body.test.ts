import { type IncomingMessage, type Server, createServer, request as httpRequest } from "node:http";
import { type AddressInfo } from "node:net";

import { expect } from "chai";

import { GatewayError } from "../../src/domain/errors.ts";
import { readJsonBody } from "../../src/http/json-body.ts";

const LIMITS = { requestBytes: 1_000, jsonDepth: 5 };

describe("readJsonBody", () => {
  let server: Server;
  let outcome: Promise<unknown>;

  before(async () => {
    server = createServer((request: IncomingMessage, response) => {
      outcome = readJsonBody(request, ["application/json"], LIMITS);
      outcome.catch(() => {}).finally(() => response.end());
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Sends the pieces one after the other, without saying how long all is. */
  async function read(
    pieces: readonly (string | Buffer)[],
    headers: Record<string, string> = {},
  ): Promise<unknown> {
    const { port } = server.address() as AddressInfo;
    const options = { port, host: "127.0.0.1", method: "POST", agent: false };
    await new Promise<void>((done, failed) => {
      const request = httpRequest(
        { ...options, headers: { "content-type": "application/json", ...headers } },
        (response) => {
          response.resume().on("end", done);
        },
      );
      request.on("error", failed);
      for (const piece of pieces) request.write(piece);
      request.end();
    });
    return outcome;
  }

  const codeOf = (pieces: readonly (string | Buffer)[], headers?: Record<string, string>): Promise<unknown> =>
    read(pieces, headers).then(
      () => "none",
      (error: unknown) => (error instanceof GatewayError ? error.code : error),
    );

  it("puts together what comes in pieces, also when a character is cut in two", async () => {
    const bytes = Buffer.from('{"a":"ü€"}');

    expect(await read([bytes.subarray(0, 7), bytes.subarray(7, 9), bytes.subarray(9)])).to.deep.equal({
      a: "ü€",
    });
  });

  for (const [text, value] of [
    ["null", null],
    ["5", 5],
    ['"x"', "x"],
    ["[]", []],
    [" {} \n", {}],
  ] as const) {
    it(`takes ${JSON.stringify(text)} for what it is`, async () => {
      expect(await read([text])).to.deep.equal(value);
    });
  }

  it("takes an empty body for none", async () => {
    expect(await read([])).to.equal(undefined);
  });

  it("keeps a key deep inside that names the prototype, as a field", async () => {
    const value = (await read(['{"arguments":{"deep":{"__proto__":1}}}'])) as {
      arguments: { deep: object };
    };

    expect(Object.keys(value.arguments.deep)).to.deep.equal(["__proto__"]);
  });

  for (const [what, text, code] of [
    ["at the limit of depth", '{"a":[[[[1]]]]}', "none"],
    ["beyond the limit of depth", '{"a":[[[[[1]]]]]}', "invalid_request"],
    ["with brackets in text only", `{"a":"${"[".repeat(50)}"}`, "none"],
    ["at the limit of size", `"${"x".repeat(998)}"`, "none"],
    ["beyond the limit of size", `"${"x".repeat(999)}"`, "payload_too_large"],
    ["that is cut off", '{"a":', "invalid_request"],
    ["with something behind it", "{} {}", "invalid_request"],
    ["with a byte order mark", "\ufeff{}", "invalid_request"],
    ["with a bad escape", '{"a":"\\x"}', "invalid_request"],
    ["with a key that is given twice", '{"a":1,"\\u0061":2}', "invalid_request"],
  ] as const) {
    it(`answers ${code} for a body ${what}`, async () => {
      expect(await codeOf([text])).to.equal(code);
    });
  }

  for (const [type, code] of [
    ["application/json", "none"],
    ["Application/JSON ; charset=UTF-8", "none"],
    ["application/jsonp", "unsupported_media_type"],
    ["text/json", "unsupported_media_type"],
    ["multipart/form-data; boundary=x", "unsupported_media_type"],
  ] as const) {
    it(`answers ${code} for the type ${type}`, async () => {
      expect(await codeOf(["{}"], { "content-type": type })).to.equal(code);
    });
  }

  for (const encoding of ["gzip", "br", "deflate", "gzip, identity"]) {
    it(`does not unpack ${encoding}: a small body could become a large one`, async () => {
      expect(await codeOf(["{}"], { "content-encoding": encoding })).to.equal("unsupported_media_type");
    });
  }

  it("takes a body that says it is not compressed", async () => {
    expect(await codeOf(["{}"], { "content-encoding": "identity" })).to.equal("none");
  });
});
