import { expect } from "chai";

import { parseConfigText } from "../../src/config/config.ts";
import { refusal } from "../support/refusal.ts";

const parse = (text: string) =>
  parseConfigText(text, { env: {}, cwd: "/work", home: "/home/anna", file: "/work/switchgear.jsonc" });

describe("parseConfigText with a mistake in the text", () => {
  for (const [what, text, message] of [
    [
      "a misspelt key of a server",
      '{\n  "mcpServers": {\n    "github": {\n      "urll": "https://x"\n    }\n  }\n}',
      'switchgear.jsonc:4:7 mcpServers.github.urll: unknown key; did you mean "url"?',
    ],
    [
      "a misspelt key of the gateway",
      '{"gateway":{"allowed_host":[]}}',
      'switchgear.jsonc:1:13 gateway.allowed_host: unknown key; did you mean "allowedHosts"?',
    ],
    [
      "a misspelt limit",
      '{"gateway":{"limits":{"replybyte":1}}}',
      'switchgear.jsonc:1:23 gateway.limits.replybyte: unknown key; did you mean "replyBytes"?',
    ],
    [
      "VS Code's name for the servers",
      '{"servers":{}}',
      'switchgear.jsonc:1:2 servers: unknown key; did you mean "mcpServers"?',
    ],
    [
      "a misspelt key in a server's settings",
      '{"mcpServers":{"a":{"command":"x","gateway":{"tag":[]}}}}',
      'switchgear.jsonc:1:46 mcpServers.a.gateway.tag: unknown key; did you mean "tags"?',
    ],
    [
      "a key that nothing resembles",
      '{"zebra":1}',
      "switchgear.jsonc:1:2 zebra: unknown key; known here: $schema, mcpServers, profiles, gateway",
    ],
    [
      "a server without command and url",
      '{"mcpServers":{"a":{"tags":[]}}}',
      'switchgear.jsonc:1:16 mcpServers.a: expected an object with a "command" to start, or the "url" of a remote server',
    ],
    [
      "a server that is a text",
      '{"mcpServers":{"a":"npx x"}}',
      'switchgear.jsonc:1:16 mcpServers.a: expected an object with a "command" to start, or the "url" of a remote server',
    ],
    [
      "a command together with a url",
      '{"mcpServers":{"a":{"command":"x","url":"https://y"}}}',
      'switchgear.jsonc:1:35 mcpServers.a.url: a server has either a "command" or a "url", with "args" and "env" or "headers"',
    ],
    [
      "a missing url",
      '{"mcpServers":{"a":{"type":"sse"}}}',
      "switchgear.jsonc:1:16 mcpServers.a.url: missing; expected a text",
    ],
    [
      "a url of another kind",
      '{"mcpServers":{"a":{"url":"ftp://x"}}}',
      "switchgear.jsonc:1:21 mcpServers.a.url: expected an http or https URL",
    ],
    [
      "an unknown type",
      '{"mcpServers":{"a":{"type":"grpc","url":"https://x"}}}',
      'switchgear.jsonc:1:21 mcpServers.a.type: expected one of "http", "streamable-http", "streamableHttp"',
    ],
    [
      "args that are a text",
      '{"mcpServers":{"a":{"command":"x","args":"-y"}}}',
      "switchgear.jsonc:1:35 mcpServers.a.args: expected a list, found a text",
    ],
    [
      "an argument that is a number",
      '{"mcpServers":{"a":{"command":"x","args":["-p", 80]}}}',
      "switchgear.jsonc:1:49 mcpServers.a.args[1]: expected a text, found a number",
    ],
    [
      "a bad duration",
      '{"gateway":{"calls":{"timeout":"soon"}}}',
      "switchgear.jsonc:1:22 gateway.calls.timeout: expected milliseconds, or a number with a unit: 500ms, 30s, 5m, 1h",
    ],
    [
      "a bad size",
      '{"gateway":{"cache":{"maxBytes":"lots"}}}',
      "switchgear.jsonc:1:22 gateway.cache.maxBytes: expected bytes, or a number with a unit: 64KiB, 10MiB, 1GiB",
    ],
    [
      "a number below its bound",
      '{"gateway":{"cache":{"maxEntries":0}}}',
      "switchgear.jsonc:1:22 gateway.cache.maxEntries: expected at least 1",
    ],
    [
      "a bad log level",
      '{"gateway":{"log":{"level":"loud"}}}',
      'switchgear.jsonc:1:20 gateway.log.level: expected one of "debug", "info", "warn", "error", "silent"',
    ],
    [
      "a bad server name",
      '{"mcpServers":{"my server":{"url":"https://x"}}}',
      "switchgear.jsonc:1:16 mcpServers.my server: bad name: expected ",
    ],
    [
      "a bad listen address",
      '{"gateway":{"listen":"localhost"}}',
      "switchgear.jsonc:1:13 gateway.listen: expected <host>:<port>, like 127.0.0.1:4470",
    ],
    [
      "an origin with a path",
      '{"gateway":{"allowedOrigins":["https://a.example/x"]}}',
      "switchgear.jsonc:1:31 gateway.allowedOrigins[0]: expected an origin without a path, like https://app.example.com",
    ],
    [
      "a database of another kind",
      '{"gateway":{"database":"mysql://x"}}',
      "switchgear.jsonc:1:13 gateway.database: expected file:<path> or postgres://…",
    ],
    ["a missing comma", '{"gateway":{"demo":true\n"log":{}}}', "switchgear.jsonc:2:1 expected a comma"],
    ["an open brace", '{"gateway":{', 'switchgear.jsonc:1:13 expected "}"'],
    ["a file that is a list", "[]", "switchgear.jsonc:1:1 expected an object, found a list"],
    [
      "a key that stands twice",
      '{"mcpServers":{\n"a":{"url":"https://x"},\n"a":{"url":"https://y"}}}',
      "switchgear.jsonc:3:1 mcpServers.a: this key stands here twice",
    ],
    [
      "a prototype key",
      '{"mcpServers":{"__proto__":{"url":"https://x"}}}',
      "switchgear.jsonc:1:16 mcpServers.__proto__: this key is not allowed",
    ],
    [
      "an unset variable of the gateway",
      '{"gateway":{"database":"postgres://${NOT_SET}"}}',
      'switchgear.jsonc:1:13 gateway.database: The environment variable "NOT_SET" is not set.',
    ],
  ] as const) {
    it(`tells the place of ${what}`, () => {
      const error = refusal(() => parse(text));

      expect(error.message.slice(0, message.length)).to.equal(message);
      expect(error.code).to.be.oneOf(["config_invalid", "needs_input"]);
    });
  }

  it("gives file, line, column, path and what was expected to programs", () => {
    const error = refusal(() => parse('{"gateway":{"demo":"yes"}}'));

    expect(error.code).to.equal("config_invalid");
    expect(error.details).to.include({
      file: "switchgear.jsonc",
      line: 1,
      column: 13,
      path: "gateway.demo",
      expected: "true or false",
    });
  });

  it("tells all mistakes at once", () => {
    const error = refusal(() => parse('{"gateway":{"demo":1,"cache":{"maxEntries":"many"}},"zebra":0}'));

    expect(error.details["issues"]).to.have.length(3);
  });

  it("does not call the right spelling missing beside a misspelt key", () => {
    const error = refusal(() => parse('{"mcpServers":{"a":{"comand":"npx","args":["x"]}}}'));

    expect(error.details["issues"]).to.have.length(1);
    expect(error.message).to.contain('did you mean "command"?');
  });

  it("never repeats a value, which may be a secret", () => {
    const secret = "sk-live-4242";
    const texts = [
      `{"gateway":{"listen":"${secret}"}}`,
      `{"gateway":{"database":"${secret}"}}`,
      `{"mcpServers":{"a":{"url":"${secret}"}}}`,
      `{"mcpServers":{"a":{"url":"https://x","headers":["${secret}"]}}}`,
      `{"mcpServers":{"a":{"command":"x","env":{"K":{"v":"${secret}"}}}}}`,
      `{"mcpServers":{"a":{"url":"https://x","headers":{"A":"${secret}`,
    ];

    for (const text of texts) {
      const error = refusal(() => parse(text));
      expect(JSON.stringify({ message: error.message, details: error.details })).not.to.contain(secret);
    }
  });

  it("survives nesting that would exhaust the stack", () => {
    expect(refusal(() => parse("[".repeat(200_000))).code).to.equal("config_invalid");
  });
});
