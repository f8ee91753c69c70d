import { readFileSync } from "node:fs";

import { expect } from "chai";

import { ConfigText } from "../../src/config/config-text.ts";
import { configJsonSchema, parseConfigText } from "../../src/config/config.ts";

const around = { env: {}, cwd: "/work", home: "/home/anna" };
const example = readFileSync("config/switchgear.example.jsonc", "utf8");

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
}

/** Where globs on the names of tools stand beside other keys. */
const TOOLS = "mcpServers.*.gateway.tools";

/** Every key that the schema knows, as `a.b.c`; the name of a server or profile is `*`. */
function keysOf(node: SchemaNode, path = ""): string[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, inner]) => {
    const at = path === "" ? key : `${path}.${key}`;
    return [at, ...keysOf(inner, at)];
  });
  const named =
    typeof node.additionalProperties === "object" ? keysOf(node.additionalProperties, `${path}.*`) : [];
  return [...own, ...named, ...(node.anyOf ?? []).flatMap((inner) => keysOf(inner, path))];
}

function keysUsed(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isNamed = path === "mcpServers" || path === "profiles" || (path === TOOLS && key.includes("*"));
    const name = isNamed ? "*" : key;
    const at = path === "" ? name : `${path}.${name}`;
    return [at, ...keysUsed(inner, at)];
  });
}

describe("config/switchgear.example.jsonc", () => {
  it("is a valid config", () => {
    const config = parseConfigText(example, { ...around, file: "/work/switchgear.jsonc" });

    expect(Object.keys(config.mcpServers)).to.deep.equal(["files", "github", "legacy"]);
  });

  it("shows every key that the schema knows", () => {
    const used = new Set(keysUsed(new ConfigText(example, undefined).value));

    const hidden = keysOf(configJsonSchema() as SchemaNode).filter((key) => !used.has(key));

    expect([...new Set(hidden)]).to.deep.equal(["gateway.database"]);
    expect(example).to.contain('// "database": "file:~/.switchgear/switchgear.db"');
  });

  it("shows the true defaults of the gateway", () => {
    const shown = parseConfigText(example, around).gateway;

    expect(shown).to.deep.equal(parseConfigText("", around).gateway);
  });

  it("starts none of its servers when it is used as it is", () => {
    const { mcpServers } = parseConfigText(example, around);

    expect(Object.values(mcpServers).every((entry) => entry.disabled === true)).to.equal(true);
  });
});

describe("config/switchgear.schema.json", () => {
  it("is what the code would write (npm run schema)", () => {
    const file = readFileSync("config/switchgear.schema.json", "utf8");

    expect(file).to.equal(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  });

  it("describes every key of the gateway section", () => {
    const { properties } = configJsonSchema() as { properties: { gateway: SchemaNode } };
    const leaves = (node: SchemaNode): string[] =>
      Object.entries(node.properties ?? {}).flatMap(([key, inner]) =>
        inner.properties === undefined ? ("description" in inner ? [] : [key]) : leaves(inner),
      );

    expect(leaves(properties.gateway)).to.deep.equal([]);
  });
});
