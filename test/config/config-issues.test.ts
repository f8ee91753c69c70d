import { expect } from "chai";
import {
  anything,
  array,
  assert,
  constantFrom,
  dictionary,
  json,
  oneof,
  property,
  record,
  string,
} from "fast-check";

import { parseConfigText } from "../../src/config/config.ts";
import { GatewayError } from "../../src/domain/errors.ts";
import { refusal } from "../support/refusal.ts";

const FILE = "/work/switchgear.jsonc";
const around = { env: {}, cwd: "/work", home: "/home/anna", file: FILE };
const parse = (value: unknown) => parseConfigText(JSON.stringify(value, null, 2), around);

interface Issue {
  readonly path: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}
const issuesOf = (value: unknown) => refusal(() => parse(value)).details["issues"] as readonly Issue[];
const messagesOf = (value: unknown) => issuesOf(value).map(({ path, message }) => `${path}: ${message}`);

describe("the mistakes of a config", () => {
  for (const [typed, meant, entry] of [
    ["cmd", undefined, { command: "x" }],
    ["arg", "args", { command: "x" }],
    ["environment", "env", { command: "x" }],
    ["envs", "env", { command: "x" }],
    ["workdir", undefined, { command: "x" }],
    ["header", "headers", { url: "https://x" }],
    ["Headers", "headers", { url: "https://x" }],
    ["desc", undefined, { url: "https://x" }],
    ["descripton", "description", { url: "https://x" }],
    ["disable", "disabled", { url: "https://x" }],
    ["gatway", "gateway", { url: "https://x" }],
  ] as const) {
    it(`${meant === undefined ? "list the known keys for" : `suggest "${meant}" for`} "${typed}" in a server`, () => {
      const [message = ""] = messagesOf({ mcpServers: { a: { ...entry, [typed]: {} } } });

      if (meant === undefined) expect(message).to.match(/unknown key; (?:known here: type, |did you mean)/);
      else expect(message).to.equal(`mcpServers.a.${typed}: unknown key; did you mean "${meant}"?`);
    });
  }

  it("do not suggest a key that is there already", () => {
    const [message] = messagesOf({ mcpServers: { a: { url: "https://x", urll: "https://y" } } });

    expect(message).not.to.contain("did you mean");
  });

  it("suggest the settings that moved", () => {
    expect(messagesOf({ gateway: { limits: { connectMS: 1 } } })).to.deep.equal([
      'gateway.limits.connectMS: unknown key; did you mean "connectMs"?',
    ]);
    expect(messagesOf({ gateway: { log_level: "info" } })[0]).to.contain('did you mean "log"?');
    expect(messagesOf({ mcp_servers: {} })[0]).to.contain('did you mean "mcpServers"?');
  });

  it("are told for every server at once, each at its own place", () => {
    const issues = issuesOf({
      mcpServers: {
        one: { command: "x", args: {} },
        two: { url: "x" },
        three: {},
        four: { type: "sse" },
      },
    });

    expect(issues.map(({ path }) => path)).to.deep.equal([
      "mcpServers.one.args",
      "mcpServers.two.url",
      "mcpServers.three",
      "mcpServers.four.url",
    ]);
    expect(issues.map(({ line }) => line)).to.deep.equal([5, 8, 10, 11]);
  });

  it("are told deep inside the settings of a server", () => {
    const gateway = {
      cache: { ttl: "soon", tools: "get_*", scope: "all" },
      tools: { allow: [5] },
      era: 2025,
      attempts: 9,
    };

    expect(messagesOf({ mcpServers: { a: { command: "x", gateway } } })).to.deep.equal([
      "mcpServers.a.gateway.attempts: expected at most 5",
      'mcpServers.a.gateway.era: expected one of "2025", "2026", "auto", "assume-2026"',
      "mcpServers.a.gateway.cache.ttl: expected milliseconds, or a number with a unit: 500ms, 30s, 5m, 1h",
      "mcpServers.a.gateway.cache.tools: expected a list, found a text",
      'mcpServers.a.gateway.cache.scope: expected one of "caller", "shared"',
      "mcpServers.a.gateway.tools.allow[0]: expected a text, found a number",
    ]);
  });

  it("are told of profiles", () => {
    expect(messagesOf({ profiles: { dev: { servers: "a", mode: "some" } } })).to.deep.equal([
      "profiles.dev.servers: expected a list, found a text",
      'profiles.dev.mode: expected one of "full", "search", "hybrid", "auto"',
    ]);
  });

  for (const [value, found] of [
    [null, "null"],
    [[], "a list"],
    [5, "a number"],
    ["x", "a text"],
    [true, "true or false"],
  ] as const) {
    it(`say that ${JSON.stringify(value)} is ${found}`, () => {
      expect(messagesOf({ gateway: value })).to.deep.equal([`gateway: expected an object, found ${found}`]);
      expect(messagesOf({ mcpServers: value })).to.deep.equal([
        `mcpServers: expected an object, found ${found}`,
      ]);
    });
  }

  it("never are anything but a GatewayError with a place, whatever the text", () => {
    const texts = oneof(
      string(),
      json(),
      string().map((text) => `{"mcpServers":${text}`),
    );
    assert(
      property(texts, (text) => {
        try {
          parseConfigText(text, around);
        } catch (error) {
          expect(error).to.be.instanceOf(GatewayError);
          expect((error as GatewayError).message).to.match(/^switchgear\.jsonc:\d+:\d+ /);
        }
      }),
    );
  });

  it("never are anything but a GatewayError with a place, whatever the values", () => {
    const key = constantFrom(
      "command",
      "url",
      "type",
      "args",
      "env",
      "headers",
      "gateway",
      "disabled",
      "toString",
      "x",
    );
    const entries = dictionary(key, oneof(anything(), constantFrom("stdio", "sse", "https://x", "${V}")));
    const configs = record({
      mcpServers: oneof(dictionary(string(), entries), array(entries)),
      gateway: dictionary(
        constantFrom("listen", "limits", "calls", "cache", "log", "constructor"),
        anything(),
      ),
    });
    assert(
      property(configs, (value) => {
        try {
          parse(value);
        } catch (error) {
          expect(error).to.be.instanceOf(GatewayError);
          for (const issue of (error as GatewayError).details["issues"] as Issue[]) {
            expect(issue.line).to.be.greaterThan(0);
            expect(issue.column).to.be.greaterThan(0);
            expect(issue.text).to.match(/^switchgear\.jsonc:\d+:\d+ .*: ./s);
          }
        }
      }),
    );
  });
});
