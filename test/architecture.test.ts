import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";

import { expect } from "chai";

/** The steps of src/, from the ground up. A folder imports from lower steps only, never sideways or up, not even types. */
const STEPS = [
  ["domain", "observability", "demo", "redis"],
  ["config", "storage", "cache", "resilience", "secrets", "events", "wire", "traffic"],
  ["auth", "calls", "registry", "search", "upstream"],
  ["proxy", "discovery", "listing"],
  ["http", "mcp", "cli"],
];
/** Vocabulary: all files of these folders are open (wire: docs/adr/0002). Elsewhere only `folder/folder.ts` is. */
const OPEN = new Set(["domain", "observability", "wire"]);
/** A library lives in one folder, so that it can be exchanged there. */
const HOMES: readonly (readonly [library: RegExp, folders: readonly string[]])[] = [
  [/^express$|^helmet$|^compression$|^zod-openapi/, ["http"]],
  [/^@modelcontextprotocol\//, ["mcp", "upstream", "wire"]],
  [/^kysely$|^libsql$|^pg$/, ["storage"]],
  [/^opossum$/, ["resilience"]],
  [/^ioredis$/, ["redis"]],
  [/^rate-limiter-flexible$/, ["traffic"]],
  [/^lru-cache$/, ["cache", "auth"]],
  [/^prom-client$|^pino$/, ["observability"]],
  [/^undici$/, ["wire", "upstream", "cli"]],
  [/^commander$/, ["cli"]],
  [/^jsonc-parser$/, ["config"]],
  [/^ajv/, ["upstream"]],
  [/^minisearch$|^@huggingface\//, ["search"]],
];
const MAX_LINES = 300;
const MEDIAN_LINES = 90;

const root = join(process.cwd(), "src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((path) => path.split(sep).join("/"))
  .filter((path) => path.endsWith(".ts"));
const text = new Map(files.map((path) => [path, readFileSync(join(root, path), "utf8")]));
const specifiers = new Map([...text].map(([path, source]) => [path, specifiersOf(source)]));
const imports = new Map(
  [...specifiers].map(([path, all]) => [path, all.filter(isRelative).map((to) => resolve(path, to))]),
);

function specifiersOf(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\b[^"';]*?["']([^"']+)["']/gms);
  const dynamic = source.matchAll(/\bimport\(\s*["']([^"']+)["']/g);
  return [...statements, ...dynamic].map((match) => match[1] ?? "");
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith(".");
}

function resolve(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

const folderOf = (path: string) => (path.includes("/") ? (path.split("/")[0] ?? "") : "");
const stepOf = (folder: string) => STEPS.findIndex((folders) => folders.includes(folder));
const lines = (source: string) => source.split("\n").length - 1;
/** Code without comments and the insides of strings. */
const codeOf = (source: string) =>
  source
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');

describe("architecture", () => {
  it("has a step for every folder of src/", () => {
    const strangers = new Set(files.map(folderOf).filter((folder) => folder !== "" && stepOf(folder) < 0));
    expect([...strangers]).to.deep.equal([]);
  });

  it("imports downward only", () => {
    const upward = [...imports].flatMap(([path, targets]) =>
      targets
        .filter((target) => folderOf(path) !== "" && folderOf(target) !== folderOf(path))
        .filter((target) => folderOf(target) === "" || stepOf(folderOf(target)) >= stepOf(folderOf(path)))
        .map((target) => `${path} -> ${target}`),
    );
    expect(upward).to.deep.equal([]);
  });

  it("enters a folder through its face", () => {
    const sideDoors = [...imports].flatMap(([path, targets]) =>
      targets
        .filter(
          (target) =>
            folderOf(target) !== folderOf(path) && folderOf(target) !== "" && !OPEN.has(folderOf(target)),
        )
        .filter((target) => target !== `${folderOf(target)}/${folderOf(target)}.ts`)
        .map((target) => `${path} -> ${target}`),
    );
    expect(sideDoors).to.deep.equal([]);
  });

  it("has no import cycle, types counted", () => {
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      expect(trail, `cycle: ${[...trail, path].join(" -> ")}`).to.not.include(path);
      if (done.has(path)) return;
      for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    };
    for (const path of files) visit(path, []);
  });

  it("keeps each library in its folder", () => {
    const strays = [...specifiers].flatMap(([path, all]) =>
      all.flatMap((specifier) =>
        HOMES.filter(
          ([library, folders]) => library.test(specifier) && !folders.includes(folderOf(path)),
        ).map(() => `${path} -> ${specifier}`),
      ),
    );
    expect(strays).to.deep.equal([]);
  });

  it("reads the environment in main.ts and config/ only", () => {
    const readers = [...text]
      .filter(([, source]) => codeOf(source).includes("process.env"))
      .map(([path]) => path);
    expect(readers.filter((path) => path !== "main.ts" && folderOf(path) !== "config")).to.deep.equal([]);
  });

  it("throws typed errors only", () => {
    const bare = [...text].filter(
      ([path, source]) =>
        folderOf(path) !== "demo" && /\bnew (?:Error|TypeError|RangeError)\(/.test(codeOf(source)),
    );
    expect(bare.map(([path]) => path)).to.deep.equal([]);
  });

  it("says what a type is, or that it is unknown", () => {
    const loose = [...text].filter(([, source]) => /[:<(,|&]\s*any\b|\bas any\b/.test(codeOf(source)));
    expect(loose.map(([path]) => path)).to.deep.equal([]);
  });

  it(`keeps every file under ${MAX_LINES} lines and half of them under ${MEDIAN_LINES}`, () => {
    const long = [...text].filter(([, source]) => lines(source) > MAX_LINES).map(([path]) => path);
    const sizes = [...text.values()].map(lines).sort((a, b) => a - b);

    expect(long).to.deep.equal([]);
    expect(sizes[Math.floor(sizes.length / 2)]).to.be.at.most(MEDIAN_LINES);
  });

  it("mirrors src/ in test/, at one and a half lines of test for a line of source", () => {
    const tests = readdirSync(join(root, "../test"), { recursive: true, encoding: "utf8" })
      .map((path) => path.split(sep).join("/"))
      .filter((path) => path.endsWith(".ts"));
    const own = new Set(["", "e2e", "support", "fixtures", "conformance"]);
    const orphans = new Set(tests.map(folderOf).filter((folder) => !own.has(folder) && stepOf(folder) < 0));
    const testLines = tests.map((path) => lines(readFileSync(join(root, "../test", path), "utf8")));
    const sum = (numbers: readonly number[]) => numbers.reduce((total, next) => total + next, 0);

    expect([...orphans]).to.deep.equal([]);
    expect(sum(testLines) / sum([...text.values()].map(lines))).to.be.at.least(1.5);
  });

  it("has no drawer for odds and ends", () => {
    const drawers = files.filter((path) =>
      /(?:^|[/-])(?:utils?|helpers?|common|misc|manager|service)s?(?:\.ts|\/|-)/.test(path),
    );
    expect(drawers).to.deep.equal([]);
  });
});
